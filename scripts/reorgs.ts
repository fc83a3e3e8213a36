/**
 * `npm run test:reorgs`: a thousand reorganisations of depth 1 to 64 while publishers publish, edit, retract, point, relay
 * and set editors, waiting until that is included, safe or final, and while everything is verified at all three: by whoever
 * takes a node's word, by state proofs and by a quorum. A shadow knows every block that the chain ever had, and holds each
 * claim and each verdict to it:
 *
 *   early         called final while no block of that height was final yet
 *   notFinal      called final, and another block is final at that height
 *   notCanonical  verified at a block that was on the chain at no time between the question and the verdict
 *   notRecorded   verified, or called final, at a block under which nothing was recorded that vouches for the document
 *   denied        readers of the one node were said to disagree about what is final
 *   kept          called final once, and not on the chain in the end
 *   lost          not there exactly once when all of it was done again
 *   sentTwice     sent again when it was there
 *   planted       versions that left the chain together were not restored, each under its CID
 *
 * The chain is changed between two requests of the library and never during one, so each answer is of one version of it.
 * Then finality itself is violated, by reorganisations that reach below the final block: what was final there is no longer
 * called so, and can be published again.
 *
 * Every `--era 50` rounds begin on a chain of their own, for anvil gets slower with every block. `--rounds 1000`,
 * `--below 1` violations an era; `--seed` draws the same again, though who is quicker is up to the machine. `--early 40`
 * has the node call blocks final too early, which has to be found.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { anySeed } from './kill/random.ts'
import { inRounds } from './kill/rounds.ts'
import { type EraFigures, runEra } from './reorgs/era.ts'

export interface Reorgs {
  readonly rounds: number
  /** Rounds on one chain, at most. */
  readonly era: number
  readonly below: number
  readonly seed: number
  readonly early?: number | undefined
}

/** More at once would only wait for each other. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism()))
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

/** Reorganises chains so often in all, and adds up what came of it. */
export async function reorgs({ rounds, era: length, ...plan }: Reorgs): Promise<EraFigures> {
  return await inRounds({ count: Math.ceil(rounds / length), atOnce: AT_ONCE }, async (era) => {
    const figures = await runEra({ ...plan, era, rounds: Math.min(length, rounds - era * length) })
    console.error(`era ${era}: ${figures.rounds} reorganisations, ${figures.done} of ${figures.acts} acts`)
    return figures
  })
}

/** What is not as it has to be, in words. */
export function missedBy(found: EraFigures): readonly string[] {
  const counted = FAULTS.filter((kind) => found[kind] > 0).map((kind) => `${kind}: ${found[kind]}`)
  const few: readonly (readonly [boolean, string])[] = [
    [found.done < found.rounds / 2, `${found.done} acts in ${found.rounds} rounds: fewer than one in two`],
    [found.verified < found.rounds, `${found.verified} verdicts in ${found.rounds} rounds: fewer than one in each`],
    [found.final * found.safe * found.unsafe === 0, 'not judged at all three'],
    [found.calledFinal === 0, 'nothing was called final'],
    [found.restored === 0, 'nothing was restored']
  ]
  return [...counted, ...few.filter(([isMissed]) => isMissed).map(([, told]) => told)]
}

export function lineOf(found: EraFigures, seed: number, seconds: number): string {
  const kinds = ['publish', 'edit', 'edition', 'retract', 'point', 'relay', 'editor'] as const
  const acts = kinds.map((kind) => `${kind} ${found[kind]}`).join(', ')
  const wrong = found.early + found.notFinal + found.kept
  return (
    `reorgs: ${found.rounds} (${found.deepest} of depth 64), ${wrong} final for something not final; ` +
    `${found.done} of ${found.acts} acts done amid them (${acts}), ${found.claims} claims, ${found.calledFinal} of them final; ` +
    `${found.dropped} dropped and done again, ${found.restored} restored over others that left with them, ${found.again} documents recorded again in all; ` +
    `${found.verdicts} verdicts (${found.final} final, ${found.safe} safe, ${found.unsafe} unsafe), ${found.verified} verified: ` +
    `${found.notCanonical} at no canonical block, ${found.notRecorded} unrecorded, ${found.denied} denied; ` +
    `in the end ${found.lost} lost, ${found.sentTwice} sent twice; ` +
    `${found.below} violations of finality, ${found.violated} unnoticed; ${seconds} s (seed ${seed})`
  )
}

async function main(): Promise<boolean> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { rounds: text, era: text, below: text, seed: text, early: text } })
  const { rounds = '1000', era = '50', below = '1', early = '0' } = values
  const seed = Number(values.seed ?? anySeed())
  console.error(`seed ${seed}`)
  const found = await reorgs({
    rounds: Number(rounds),
    era: Number(era),
    below: Number(below),
    early: Number(early),
    seed
  })
  const missed = missedBy(found)
  for (const what of missed) console.error(what)
  console.log(lineOf(found, seed, Math.round(performance.now() / 1000)))
  return missed.length === 0
}

if (import.meta.main && !(await main())) process.exitCode = 1
