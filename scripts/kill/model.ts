import { type Call, callsOf, isOf, isShared, type Workload } from './calls.ts'

/** What keeps each document: itself, or editions. */
type Kept = ReadonlyMap<number, ReadonlySet<number>>

function after(calls: readonly Call[]): Kept {
  const kept = new Map<number, Set<number>>()
  for (const call of calls) {
    for (const document of call.documents) {
      if (call.verb === 'unpin') {
        for (const [member, roots] of kept) if (roots.delete(document) && roots.size === 0) kept.delete(member)
      } else kept.set(document, (kept.get(document) ?? new Set()).add(call.root ?? document))
    }
  }
  return kept
}

/** What is wrong with what was found. */
export interface Faults {
  /** Documents that an acknowledged call keeps, and that are not kept. */
  readonly lost: number
  /** Documents that an acknowledged call let go, and that are kept. */
  readonly undone: number
  /** Calls that were not acknowledged, and have taken place in part. */
  readonly halved: number
  /** Documents that are kept for more or fewer than they should be. */
  readonly miscounted: number
}

/**
 * Holds what is pinned, and by how many, against what was acknowledged. Of each lane the call after its last
 * acknowledged one was under way: it may have taken place or not, but not in part.
 */
export function faultsOf(
  { seed, pins }: Pick<Workload, 'seed' | 'pins'>,
  acknowledged: readonly number[],
  pinned: ReadonlyMap<number, number>
): Faults {
  const faults = { lost: 0, undone: 0, halved: 0, miscounted: 0 }
  const expected = new Map<number, number>()
  for (const [lane, done] of acknowledged.entries()) {
    const calls = callsOf(seed, lane, pins)
    const [before, next] = [after(calls.slice(0, done)), after(calls.slice(0, done + 1))]
    const mine = new Set(
      [...before.keys(), ...next.keys(), ...pinned.keys()].filter((document) => isOf(lane, document))
    )
    const fits = (state: Kept): boolean => [...mine].every((document) => state.has(document) === pinned.has(document))
    const state = fits(next) ? next : before
    if (!fits(state)) {
      const { lost, undone } = faults
      for (const document of mine) {
        if (before.has(document) && next.has(document) && !pinned.has(document)) faults.lost++
        if (!before.has(document) && !next.has(document) && pinned.has(document)) faults.undone++
      }
      if (faults.lost === lost && faults.undone === undone) faults.halved++
    }
    for (const [document, roots] of state) expected.set(document, (expected.get(document) ?? 0) + roots.size)
  }
  for (const [document, count] of expected) {
    const found = pinned.get(document)
    if (found === undefined && isShared(document)) faults.lost++
    if (found !== undefined && found !== count) faults.miscounted++
  }
  for (const document of pinned.keys()) if (isShared(document) && !expected.has(document)) faults.undone++
  return faults
}
