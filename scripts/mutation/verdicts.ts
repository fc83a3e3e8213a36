import type { Mutant, MutantName } from './mutants.ts'
import type { Judgement } from './worker.ts'

/** A mutant that no test can tell from the contract, or none should, and why that is so. */
export interface Accepted extends MutantName {
  readonly reason: string
}

/** What became of all mutants. Those that count are the killed and the survivors. */
export interface Verdicts {
  /** The compiler refused them. */
  readonly refused: readonly Mutant[]
  /** They compile to the very code of the contract. */
  readonly same: readonly Mutant[]
  /** They compile to the code of an earlier mutant. */
  readonly repeated: readonly Mutant[]
  readonly killed: readonly Mutant[]
  readonly survivors: readonly (Mutant & { readonly reason: string | undefined })[]
  /** Accepted survivors that there are no more. */
  readonly stale: readonly Accepted[]
}

/** Sorts mutants by what became of them. `original` is the code of the contract. */
export function verdictsOf(
  mutants: readonly Mutant[],
  judgements: readonly Judgement[],
  { original, accepted }: { readonly original: string; readonly accepted: readonly Accepted[] }
): Verdicts {
  const seen = new Set<string>()
  const fates = mutants.map((mutant, i) => {
    const { code, killer } = judgements[i]!
    if (code === undefined) return { mutant, fate: 'refused' }
    if (code === original) return { mutant, fate: 'same' }
    if (seen.has(code)) return { mutant, fate: 'repeated' }
    seen.add(code)
    return { mutant, fate: killer === undefined ? 'survived' : 'killed' }
  })
  const of = (fate: string): readonly Mutant[] => fates.filter((one) => one.fate === fate).map(({ mutant }) => mutant)
  const survivors = of('survived').map((mutant) => ({
    ...mutant,
    reason: accepted.find((one) => isSame(one, mutant))?.reason
  }))
  return {
    refused: of('refused'),
    same: of('same'),
    repeated: of('repeated'),
    killed: of('killed'),
    survivors,
    stale: accepted.filter((one) => !survivors.some((mutant) => isSame(one, mutant)))
  }
}

function isSame(a: MutantName, b: MutantName): boolean {
  return a.operator === b.operator && a.within === b.within && a.before === b.before && a.after === b.after
}

/** The share that was killed of those that count, from 0 to 1. */
export const scoreOf = ({ killed, survivors }: Verdicts): number => killed.length / (killed.length + survivors.length)
