import type { Faults } from './shadow.ts'
import type { Work } from './works.ts'

/** What was found when the rounds were over, in words. */
export type Found = Readonly<Record<'kept' | 'lost' | 'planted' | 'violated', readonly string[]>>

/** What eras did, and how often something was not as it has to be. */
export type EraFigures = Readonly<
  Record<Work['kind'] | Did | Verdicts | keyof Faults | keyof Found | 'sentTwice', number>
>

type Did =
  | 'rounds'
  | 'deepest'
  | 'acts'
  | 'done'
  | 'claims'
  | 'calledFinal'
  | 'dropped'
  | 'restored'
  | 'recordedAgain'
  | 'below'

type Verdicts = 'verdicts' | 'verified' | 'final' | 'safe' | 'unsafe'

export const KINDS = ['publish', 'edit', 'edition', 'retract', 'point', 'relay', 'editor'] as const
const FAULTS = [
  'early',
  'notFinal',
  'notCanonical',
  'notRecorded',
  'denied',
  'kept',
  'lost',
  'sentTwice',
  'planted',
  'violated'
] as const

/** What is not as it has to be, in words: what went wrong, and where too little was done for that to mean anything. */
export function missedBy(found: EraFigures): readonly string[] {
  const wrong = FAULTS.filter((kind) => found[kind] > 0).map((kind) => `${kind}: ${found[kind]}`)
  const few: readonly (readonly [boolean, string])[] = [
    [found.done < found.rounds / 2, `${found.done} acts in ${found.rounds} rounds: fewer than one in two`],
    [found.verified < found.rounds / 2, `${found.verified} verified in ${found.rounds} rounds: fewer than one in two`],
    [found.final * found.safe * found.unsafe === 0, 'not judged at all three of final, safe and unsafe'],
    [found.calledFinal === 0, 'nothing was called final'],
    [found.restored === 0, 'nothing was restored']
  ]
  return [...wrong, ...few.filter(([isMissed]) => isMissed).map(([, told]) => told)]
}

export function lineOf(found: EraFigures, seed: number, seconds: number): string {
  const acts = KINDS.map((kind) => `${kind} ${found[kind]}`).join(', ')
  const wrong = found.early + found.notFinal
  return (
    `reorgs: ${found.rounds} (${found.deepest} of depth 64), ${wrong} final for something not final, ${found.kept} not kept; ` +
    `${found.done} acts done amid them (${acts}), ${found.claims} claims, ${found.calledFinal} of them final; ` +
    `${found.dropped} dropped and done again, ${found.recordedAgain} documents recorded again, ` +
    `${found.restored} versions restored below another; ` +
    `${found.verdicts} verdicts (${found.final} final, ${found.safe} safe, ${found.unsafe} unsafe), ` +
    `${found.verified} verified: ${found.notCanonical} at no canonical block, ${found.notRecorded} unrecorded, ` +
    `${found.denied} denied; in the end ${found.lost} lost, ${found.sentTwice} sent twice, ${found.planted} not restored; ` +
    `${found.below} violations of finality, ${found.violated} unnoticed; ${seconds} s (seed ${seed})`
  )
}
