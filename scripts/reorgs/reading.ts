import { setTimeout as sleep } from 'node:timers/promises'
import type { TrendCid } from '../../src/block/cid.ts'
import type { memoryBlocks } from '../../src/block/memory.ts'
import { quorumRegistry } from '../../src/registry/quorum.ts'
import type { Finality, Registry } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import { stateRegistry } from '../../src/registry/state-registry.ts'
import { verify } from '../../src/verdict/verify.ts'
import type { Random } from '../kill/random.ts'
import { CHAIN } from './author.ts'
import type { ReorgChain } from './chain.ts'
import type { Shadow } from './shadow.ts'

const FINALITIES: readonly Finality[] = ['final', 'safe', 'unsafe']

/** Whoever takes a node's word for it, whoever has it prove what it says, and whoever wants two of three to say the same. */
export function readersOf({ registry: address, request }: ReorgChain): readonly Registry[] {
  const told = (trust: string): Registry => rpcRegistry({ chain: CHAIN, address, request, trust })
  const proven = stateRegistry({ chain: CHAIN, address, state: rpcState({ chain: CHAIN, request }) })
  return [told('rpc:one'), proven, quorumRegistry([told('rpc:one'), told('rpc:two'), proven], { agree: 2 })]
}

export interface ReadingPlan {
  readonly chain: ReorgChain
  readonly shadow: Shadow
  readonly blocks: ReturnType<typeof memoryBlocks>
  /** Documents that were made, and those of them that were called final. */
  readonly cids: () => readonly TrendCid[]
  readonly sure: () => readonly TrendCid[]
  readonly random: Random
}

/** Judges what there is, over and over, as readers who trust what the node calls final, safe or latest. */
export async function reading(
  { chain, shadow, blocks, cids, sure, random }: ReadingPlan,
  signal: AbortSignal
): Promise<void> {
  const readers = readersOf(chain)
  while (!signal.aborted) {
    const settled = random.chance(0.5) ? sure() : []
    const known = settled.length > 0 ? settled : cids()
    if (known.length === 0) {
      await sleep(5)
      continue
    }
    const [registry, cid, finality] = [random.pick(readers), random.pick(known), random.pick(FINALITIES)]
    const since = chain.version()
    const verdict = await verify({ sources: [blocks], registries: [registry] }, { cid }, { policy: { finality } })
    // What a transaction mined is learned with the next change.
    if (verdict.chain !== undefined && chain.knows(verdict.chain.block.hash) === undefined) await chain.look()
    shadow.judged(verdict, since)
  }
}
