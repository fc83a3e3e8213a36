import { join } from 'node:path'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { changingOneBit, gatewayOver, serve } from '../../test/e2e/published.ts'
import vectors from '../../test/vectors/bundles.json' with { type: 'json' }
import { draft } from '../../test/world.ts'
import { startDevChain } from '../dev-chain.ts'

/** What a runtime is told, as JSON: where the chain and the gateways answer, and what to ask them for. */
export interface World {
  readonly rpc: string
  /** URLs of a gateway that is honest, and of one that changes a bit. */
  readonly honest: string
  readonly liar: string
  /** CIDs. */
  readonly good: string
  readonly retracted: string
  readonly proof: {
    /** In base64. */
    readonly file: string
    readonly blockHash: string
    /** Bytes to change, one at a time. */
    readonly flips: readonly number[]
  }
}

const CHAIN = 'eip155:31337'
/** Every so many bytes of the proof one is flipped. */
const STRIDE = 101

/** A chain with the registry, two documents on it of which one is taken back, and gateways that serve both. */
export async function startWorld(
  folder: string
): Promise<{ readonly world: World; readonly stop: () => Promise<void> }> {
  const chain = await startDevChain({ stateFile: join(folder, 'chain.json'), kind: 'anvil' })
  const provider = jsonRpcProvider(chain.url, CHAIN)
  const signer = walletFromKey(DEV_KEY, provider)
  const { address } = await deployRegistry(signer)
  const blocks = memoryBlocks()
  const registry = await ethersRegistry({ chain: CHAIN, address, signer })
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, [draft('good'), draft('taken-back')])
  const [good, taken] = steps.map(({ named }) => named)
  await retract(ports, taken!)
  const honest = await serve(gatewayOver(blocks, (bytes) => bytes))
  const liar = await serve(gatewayOver(blocks, changingOneBit))
  return {
    world: {
      rpc: chain.url,
      honest: honest.url,
      liar: liar.url,
      good: `${good!.cid}`,
      retracted: `${taken!.cid}`,
      proof
    },
    async stop() {
      provider.destroy()
      await Promise.all([honest.stop(), liar.stop(), chain.stop()])
    }
  }
}

const { file, block } = vectors.bundles.find(({ story }) => story === 'alone')!
const size = Buffer.from(file, 'base64').length
const proof = {
  file,
  blockHash: block.hash,
  flips: Array.from({ length: Math.ceil(size / STRIDE) }, (_, i) => i * STRIDE)
}
