import { type Block, toBlock } from '../../src/block/block.ts'
import { type Random, randomOf } from './random.ts'

/** One call of a lane. Documents are numbers: their bytes follow from them, so writer and inspector need not talk. */
export type Call =
  | { readonly verb: 'pin'; readonly documents: readonly number[]; readonly root?: number | undefined }
  | { readonly verb: 'unpin'; readonly documents: readonly number[] }

/** What is to be done on one archive: so many documents of each lane are pinned. */
export interface Workload {
  readonly seed: number
  readonly pins: number
  readonly lanes: number
}

/** Documents that any lane may put into its editions. */
export const SHARED = 40
/** Each lane has numbers of its own. */
const LANE_SIZE = 1_000_000

export const isShared = (document: number): boolean => document < SHARED
const laneOf = (document: number): number => Math.floor(document / LANE_SIZE) - 1
export const isOf = (lane: number, document: number): boolean => laneOf(document) === lane

/** The calls of one lane, which pin so many documents of its own. */
export function callsOf(seed: number, lane: number, pins: number): readonly Call[] {
  const random = randomOf(seed, lane)
  const calls: Call[] = []
  let fresh = (lane + 1) * LANE_SIZE
  const last = fresh + pins
  const take = (count: number): readonly number[] => {
    const taken = Array.from({ length: Math.min(count, last - fresh) }, (_, i) => fresh + i)
    fresh += taken.length
    return taken
  }
  while (fresh < last) {
    const dice = random.below(100)
    if (dice < 45) calls.push({ verb: 'pin', documents: take(1) })
    else if (dice < 65) calls.push({ verb: 'pin', documents: take(2 + random.below(9)) })
    else if (dice < 80) calls.push(editionOf(random, take(1)[0]!, take(random.below(6))))
    else if (calls.length > 0) calls.push({ verb: dice < 95 ? 'unpin' : 'pin', documents: someOf(random, calls) })
  }
  return calls
}

/** An edition of documents of its own and of some that other lanes list too. */
function editionOf(random: Random, root: number, own: readonly number[]): Call {
  const shared = Array.from({ length: random.below(8) }, () => random.below(SHARED))
  return { verb: 'pin', documents: [root, ...own, ...new Set(shared)], root }
}

/** Documents of earlier calls; of an edition, the edition. */
function someOf(random: Random, calls: readonly Call[]): readonly number[] {
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(calls))
  return [
    ...new Set(chosen.flatMap((call) => (call.verb === 'pin' && call.root ? [call.root] : call.documents)))
  ].filter((document) => !isShared(document))
}

/** The document of a number: 0.1 to 6 kB. */
export async function documentBlock(document: number): Promise<Block> {
  const size = randomOf(document).below(6_000)
  return await toBlock({ document, text: 'x'.repeat(size) })
}
