import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDevChain } from '../../scripts/dev-chain.ts'
import { publish } from '../../src/archive/publish.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import type { Address } from '../../src/document/publisher.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import type { Question } from '../../src/registry/registry.ts'
import type { Named } from '../../src/verdict/library.ts'
import { drafts } from '../documents.ts'
import { startGateway } from './gateway.ts'

export const CHAIN = 'eip155:31337'

/** A real chain and a real gateway on the loopback interface, and documents of one publisher on both. */
export interface World {
  readonly rpc: string
  readonly gateway: string
  readonly address: Address
  readonly publisher: Address
  readonly documents: readonly (Named & Question & { readonly bytes: Uint8Array<ArrayBuffer> })[]
  readonly close: () => Promise<void>
}

export async function openWorld(count: number): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))
  const chain = await startDevChain({ stateFile: join(folder, 'chain.json'), kind: 'anvil' })
  const provider = jsonRpcProvider(chain.url, CHAIN)
  const { address } = await deployRegistry(walletFromKey(DEV_KEY, provider))
  const registry = await ethersRegistry({ chain: CHAIN, address, signer: walletFromKey(DEV_KEY, provider) })
  const blocks = memoryBlocks()
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, drafts(count))
  const documents = await Promise.all(
    steps.map(async ({ named }) => ({
      ...named,
      digest: toBytes32(named.cid),
      ref: refOf(named.document.slug),
      bytes: await blocks.get(named.cid)
    }))
  )
  const gateway = await startGateway(new Map(documents.map(({ cid, bytes }) => [String(cid), bytes])))
  provider.destroy()
  return {
    rpc: chain.url,
    gateway: gateway.url,
    address,
    publisher: registry.account,
    documents,
    async close() {
      await gateway.close()
      await chain.stop()
      rmSync(folder, { recursive: true })
    }
  }
}
