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
import { createKeeping, type Keeping } from './archive/keeping.ts'
import { healing } from './block/healing.ts'
import { heliaBlocks, openHelia } from './block/helia.ts'
import { publicGateways } from './block/public-gateway.ts'
import { receiptsIn } from './block/receipts.ts'
import type { Remote } from './block/remote.ts'
import type { BlockSink } from './block/sink.ts'
import { openStore } from './block/store.ts'
import type { Chain } from './document/publisher.ts'
import { jsonRpcProvider, walletFromKey } from './registry/account.ts'
import { addressOn } from './registry/deployments.ts'
import { ethersRegistry, requestOf } from './registry/ethers.ts'
import type { SenderOptions } from './registry/sender.ts'
import { isSignedOnChain, signPublish } from './registry/signature.ts'

export type { Absent, ChainPorts, OnChain } from './archive/absent.ts'
export {
  type Audit,
  type AuditEvent,
  type AuditOptions,
  type AuditPart,
  type AuditPorts,
  audit
} from './archive/audit.ts'
export type { CopiesFound, CopyFigures } from './archive/elsewhere.ts'
export type { Healing, Lost } from './archive/heal.ts'
export type { Copies, Keeping } from './archive/keeping.ts'
export { type LastAudit, lastAudit } from './archive/last-audit.ts'
export type { DocumentFigures, Missed } from './archive/missed.ts'
export {
  type Proof,
  type ProvableChain,
  type ProveEvent,
  type ProveOptions,
  type ProvePorts,
  prove
} from './archive/prove.ts'
export type { Fault, Kept, ReplicateEvent, ReplicateOptions, Replication } from './archive/replicate.ts'
export { type Bucket, type BucketOptions, bucketBlocks } from './block/bucket.ts'
export { healing } from './block/healing.ts'
export { type PinningService, type PinningServiceOptions, pinningService } from './block/pinning-service.ts'
export { type PublicFetch, type PublicFetchOptions, publicFetch } from './block/public-fetch.ts'
export { type PublicGatewayOptions, type PublicGateways, publicGateways } from './block/public-gateway.ts'
export type { PinReceipt } from './block/receipts.ts'
export type { Remote, RemotePin } from './block/remote.ts'
export * from './car.ts'
export { parseMarkdown } from './document/markdown.ts'
export * from './ethers.ts'
export * from './helia.ts'
export * from './index.ts'
export { type LightClient, type LightClientKind, type LightClientOptions, lightClient } from './registry/helios.ts'
export { type MemoryChain, type MemoryChainOptions, memoryChain } from './registry/memory.ts'
export { type Shown, shownBy } from './verdict/shown.ts'
export * from './verify-proof.ts'

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
  /** Where else a publish keeps what it is about to record, e.g. a bucket; it waits for all of them. */
  readonly sinks?: readonly BlockSink[] | undefined
  /** Who else keeps what is pinned with `pin`: pinning services and buckets. */
  readonly remotes?: readonly Remote[] | undefined
  /** Whether these may be at addresses of a private network, by plain http too. @default only where the URL names this machine */
  readonly allowPrivate?: boolean | undefined
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
  sinks = [],
  remotes = [],
  allowPrivate,
  ...sending
}: OpenArchiveOptions): Promise<Archive & Delegation & Keeping & AsyncDisposable> {
  const address = addressOn(chain)
  const provider = jsonRpcProvider(rpcUrl, chain)
  const signer = walletFromKey(key, provider)
  const registry = await ethersRegistry({ chain, address, signer, ...sending })
  const store = openStore(`${folder}/archive.db`)
  const node = await openHelia(store)
  const blocks = heliaBlocks(node, store)
  const remote = publicGateways(gateways, { allowPrivate })
  const sources = [blocks, ...remote.sources.map((source) => healing(store, source))]
  const ports: DelegationPorts = {
    sources,
    sinks: [blocks, ...sinks],
    registry,
    pending: store.pending,
    signMessage: (message) => signPublish(signer, registry, message),
    checkSignature: (...claim) => isSignedOnChain(requestOf(signer), ...claim)
  }
  return {
    ...createArchive(ports),
    ...createDelegation(ports),
    ...createKeeping({ blocks, sources, registries: [registry], remotes, receipts: receiptsIn(store) }),
    async [Symbol.asyncDispose]() {
      await remote.close()
      await node.stop()
      store.close()
      provider.destroy()
    }
  }
}
