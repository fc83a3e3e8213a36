/**
 * `npm run test:kill`: kills processes with SIGKILL while they pin, and while they publish on a real chain, each at
 * another moment, and looks at what they left from a new process. What was acknowledged must be there and whole, no call
 * may be there in part, the chain may name nothing that nobody holds, and running it again must end as if nothing had
 * happened.
 *
 * `--rounds 100` and `--publishes 20` say how many are killed, `--seed` which moments are had again; nothing else is
 * done with `--rounds 0` or `--publishes 0`.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { openKillChain } from './kill/chain.ts'
import { type PinDamage, pinFaults, pinRound } from './kill/pins.ts'
import { type PublishDamage, publishFaults, publishRound } from './kill/publishes.ts'
import { anySeed } from './kill/random.ts'
import { inRounds } from './kill/rounds.ts'

/** Documents that a writer has to pin. */
const PINS = 1_000
/** More at once would only wait for each other. */
const AT_ONCE = Math.max(2, Math.min(4, availableParallelism()))

/** Kills so many writers, and adds up what became of their pins. */
export async function killPins(count: number, seed: number, pins = PINS): Promise<PinDamage> {
  return await inRounds({ count, atOnce: AT_ONCE }, (round) => pinRound(seed, round, pins))
}

/** Kills so many publications, and adds up what became of them. */
export async function killPublishes(count: number, seed: number): Promise<PublishDamage> {
  const chain = await openKillChain()
  try {
    return await inRounds({ count, atOnce: AT_ONCE }, (round) => publishRound(chain, seed, round))
  } finally {
    await chain.stop()
  }
}

async function main(): Promise<boolean> {
  const options = { rounds: { type: 'string' }, publishes: { type: 'string' }, seed: { type: 'string' } } as const
  const { rounds = '100', publishes = '20', seed = String(anySeed()) } = parseArgs({ options }).values
  console.log(`seed ${seed}`)
  const pins = Number(rounds) > 0 ? await killPins(Number(rounds), Number(seed)) : undefined
  if (pins !== undefined) console.log(`pins ${JSON.stringify(pins)}`)
  const published = Number(publishes) > 0 ? await killPublishes(Number(publishes), Number(seed)) : undefined
  if (published !== undefined) console.log(`publishes ${JSON.stringify(published)}`)
  const told = [
    ...(pins === undefined ? [] : [ofPins(pins)]),
    ...(published === undefined ? [] : [ofPublishes(published)])
  ]
  const faults = (pins === undefined ? 0 : pinFaults(pins)) + (published === undefined ? 0 : publishFaults(published))
  console.log(`${faults === 0 ? 'holds' : 'BROKEN'}: ${told.join('; ')} (seed ${seed})`)
  return faults === 0
}

const ofPins = ({ rounds, killed, reopened, acknowledged, ...found }: PinDamage): string =>
  `${killed} writers killed, ${acknowledged} calls acknowledged: ${found.lost} lost, ${found.torn} torn, ` +
  `${found.undone} unpinned came back, ${found.halved} half done, ${found.miscounted} miscounted, ${reopened}/${rounds} reopened, ${found.litter} litter`

const ofPublishes = ({ rounds, killed, midway, named, ...found }: PublishDamage): string =>
  `${killed} of ${rounds} publications killed, ${midway} of them midway, ${named} CIDs on chain by then: ${found.unheld} held by ` +
  `nobody, ${found.torn} torn; run again: ${found.failed} failed, ${found.missing} missing, ${found.doubled} doubled, ` +
  `${found.orphans} orphans, ${found.pending} still under way`

if (import.meta.main && !(await main())) process.exitCode = 1
