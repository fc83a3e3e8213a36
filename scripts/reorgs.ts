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
 * has the node call blocks final so many too early, which has to be found.
 */
import { parseArgs } from 'node:util'
import { anySeed } from './kill/random.ts'
import { inRounds } from './kill/rounds.ts'
import { runEra } from './reorgs/era.ts'
import { type EraFigures, lineOf, missedBy } from './reorgs/figures.ts'

export interface Reorgs {
  readonly rounds: number
  /** Rounds on one chain, at most. */
  readonly era: number
  readonly below: number
  readonly seed: number
  readonly early?: number | undefined
}

/** Chains at once: one mostly waits for its node, or for its own next look. */
const AT_ONCE = 4
/** Reorganises chains so often in all, and adds up what came of it. */
export async function reorgs({ rounds, era: length, ...plan }: Reorgs): Promise<EraFigures> {
  const count = Math.ceil(rounds / length)
  const before = (era: number): number => Math.floor((era * rounds) / count)
  return await inRounds({ count, atOnce: AT_ONCE }, async (era) => {
    const figures = await runEra({ ...plan, era, rounds: before(era + 1) - before(era) })
    console.error(`era ${era}: ${figures.rounds} reorganisations, ${figures.done} of ${figures.acts} acts`)
    return figures
  })
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

if (import.meta.main) {
  const holds = await main().catch((error: unknown) => {
    console.error(error)
    console.log(`reorgs: BROKEN: ${error instanceof Error ? error.message : error}`)
    return false
  })
  // Other chains may be under way.
  process.exit(holds ? 0 : 1)
}
