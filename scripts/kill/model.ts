import { type Call, callsOf, isOf, isShared, LANES } from './calls.ts'

/** What is kept after some calls: in its own right, and on behalf of which edition. */
interface Kept {
  readonly own: Set<number>
  readonly members: Map<number, Set<number>>
}

function after(calls: readonly Call[]): Kept {
  const kept: Kept = { own: new Set(), members: new Map() }
  for (const call of calls) {
    for (const document of call.documents) {
      if (call.verb === 'unpin') {
        kept.own.delete(document)
        kept.members.delete(document)
      } else if (call.root === undefined) kept.own.add(document)
      else kept.members.set(call.root, (kept.members.get(call.root) ?? new Set()).add(document))
    }
  }
  return kept
}

const allOf = ({ own, members }: Kept): ReadonlySet<number> =>
  new Set([...own, ...[...members.values()].flatMap((documents) => [...documents])])

/** What is wrong with what was found after a kill. */
export interface Faults {
  /** Documents that an acknowledged call keeps, and that are not kept. */
  readonly lost: number
  /** Documents that an acknowledged call let go, and that are kept. */
  readonly undone: number
  /** Calls that were not acknowledged, and have taken place in part. */
  readonly halved: number
}

/**
 * Holds what is pinned against what was acknowledged. Of each lane the call after its last acknowledged one was under
 * way: it may have taken place or not, but not in part.
 */
export function faultsOf(
  { seed, pins }: { readonly seed: number; readonly pins: number },
  acknowledged: readonly number[],
  pinned: ReadonlySet<number>
): Faults {
  const faults = { lost: 0, undone: 0, halved: 0 }
  const shared = new Set<number>()
  for (let lane = 0; lane < LANES; lane++) {
    const calls = callsOf(seed, lane, pins)
    const done = acknowledged[lane] ?? 0
    const [before, next] = [allOf(after(calls.slice(0, done))), allOf(after(calls.slice(0, done + 1)))]
    const mine = [...before.union(next).union(pinned)].filter((document) => isOf(lane, document))
    const fits = (state: ReadonlySet<number>): boolean =>
      mine.every((document) => state.has(document) === pinned.has(document))
    for (const document of mine) {
      if (before.has(document) && next.has(document) && !pinned.has(document)) faults.lost++
      if (!before.has(document) && !next.has(document) && pinned.has(document)) faults.undone++
    }
    if (!fits(before) && !fits(next) && faults.lost + faults.undone === 0) faults.halved++
    for (const document of fits(next) ? next : before) if (isShared(document)) shared.add(document)
  }
  for (const document of shared) if (!pinned.has(document)) faults.lost++
  for (const document of pinned) if (isShared(document) && !shared.has(document)) faults.undone++
  return faults
}
