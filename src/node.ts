/**
 * Everything for Node: the library, the store on disk, Helia and wallets. `memoryChain` is a registry without a chain,
 * with the contract's exact rules, for tests of what is built on this.
 *
 * @example
 * await using archive = await openArchive({ folder: '.trend-archive', rpcUrl: 'http://127.0.0.1:8545', key: DEV_KEY })
 * const { steps } = await archive.publish([{ title: 'Edge', body: 'Code runs near its users.' }])
 */
import { type Archive, createArchive } from './archive/archive.ts'
import { createDelegation, type Delegation, type DelegationPorts } from './archive/delegation.ts'
import { gateway } from './block/gateway.ts'
import { heliaBlocks, openHelia } from './block/helia.ts'
import { openStore } from './block/store.ts'
import type { Chain } from './document/publisher.ts'
import { jsonRpcProvider, walletFromKey } from './registry/account.ts'
import { addressOn } from './registry/deployments.ts'
import { ethersRegistry, requestOf } from './registry/ethers.ts'
import type { SenderOptions } from './registry/sender.ts'
import { isSignedOnChain, signPublish } from './registry/signature.ts'

export * from './car.ts'
export { parseMarkdown } from './document/markdown.ts'
export * from './ethers.ts'
export * from './helia.ts'
export * from './index.ts'
export { type MemoryChain, type MemoryChainOptions, memoryChain } from './registry/memory.ts'

export interface OpenArchiveOptions extends SenderOptions {
  /** Where the store is, and made where there is none. The command line's is `.trend-archive`. */
  readonly folder: string
  /** The node to read the chain from and to send through. */
  readonly rpcUrl: string
  /** The publisher's private key. */
  readonly key: string
  /** @default eip155:31337, the local dev chain */
  readonly chain?: Chain | undefined
  /** Trustless gateways to read from what is not in the store. */
  readonly gateways?: readonly string[] | undefined
}

/**
 * Opens an archive that is ready to publish: the store in a folder, a Helia node over it, and the registry of a chain.
 * @throws STORE_UNAVAILABLE, NO_ACCOUNT
 */
export async function openArchive({
  folder,
  rpcUrl,
  key,
  chain = 'eip155:31337',
  gateways = [],
  ...sending
}: OpenArchiveOptions): Promise<Archive & Delegation & AsyncDisposable> {
  const address = addressOn(chain)
  const provider = jsonRpcProvider(rpcUrl, chain)
  const signer = walletFromKey(key, provider)
  const registry = await ethersRegistry({ chain, address, signer, ...sending })
  const store = openStore(`${folder}/archive.db`)
  const node = await openHelia(store)
  const blocks = heliaBlocks(node, store)
  const sources = [blocks, ...gateways.map((url) => gateway(url))]
  const ports: DelegationPorts = {
    sources,
    sinks: [blocks],
    registry,
    pending: store.pending,
    signMessage: (message) => signPublish(signer, registry, message),
    checkSignature: (...claim) => isSignedOnChain(requestOf(signer), ...claim)
  }
  return {
    ...createArchive(ports),
    ...createDelegation(ports),
    async [Symbol.asyncDispose]() {
      await node.stop()
      store.close()
      provider.destroy()
    }
  }
}
