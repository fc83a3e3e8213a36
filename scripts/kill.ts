/**
 * `npm run test:kill`: kills processes with SIGKILL while they pin, and while they publish on a real chain, each at
 * another moment, then interrupts some, and looks at what they left from a new process. What was acknowledged must be there and whole, no call
 * may be there in part, the chain may name nothing that nobody holds, and running it again must end as if nothing had
 * happened.
 *
 * `--rounds 100` writers and `--publishes 20` publications are killed and `--interrupts 30` interrupted; `--seed` has the
 * same moments again.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { openKillChain } from './kill/chain.ts'
import { type PinDamage, pinFaults, pinRound } from './kill/pins.ts'
import { type Attack, type PublishDamage, publishFaults, publishRound } from './kill/publishes.ts'
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

/** Kills or interrupts so many publications, and adds up what became of them. */
export async function endPublishes(signal: Attack['signal'], count: number, seed: number): Promise<PublishDamage> {
  const chain = await openKillChain()
  try {
    return await inRounds({ count, atOnce: AT_ONCE }, (round) => publishRound(chain, { signal, seed, round }))
  } finally {
    await chain.stop()
  }
}

async function main(): Promise<boolean> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { rounds: text, publishes: text, interrupts: text, seed: text } })
  const { rounds = '100', publishes = '20', interrupts = '30', seed = String(anySeed()) } = values
  console.log(`seed ${seed}`)
  const told: string[] = []
  let faults = 0
  if (Number(rounds) > 0) {
    const pins = await killPins(Number(rounds), Number(seed))
    faults += pinFaults(pins)
    told.push(ofPins(pins))
  }
  for (const [signal, count] of [
    ['SIGKILL', publishes],
    ['SIGINT', interrupts]
  ] as const) {
    if (Number(count) === 0) continue
    const published = await endPublishes(signal, Number(count), Number(seed))
    faults += publishFaults(published)
    told.push(ofPublishes(signal, published))
  }
  for (const line of told) console.log(line)
  const holds = told.length > 0 && faults === 0
  console.log(`${holds ? 'holds' : 'BROKEN'}: ${told.join('; ')} (seed ${seed})`)
  return holds
}

const ofPins = ({ rounds, killed, reopened, acknowledged, ...found }: PinDamage): string =>
  `${killed} writers killed, ${acknowledged} calls acknowledged: ${found.lost} lost, ${found.torn} torn, ` +
  `${found.undone} unpinned came back, ${found.halved} half done, ${found.miscounted} miscounted, ${reopened}/${rounds} reopened, ${found.litter} litter`

const ofPublishes = (signal: Attack['signal'], { rounds, killed, midway, named, ...found }: PublishDamage): string =>
  `${killed} of ${rounds} publications ended by ${signal}, ${midway} midway, ${found.unruly} unruly, ${named} CIDs on chain by ` +
  `then: ${found.unheld} held by nobody, ${found.torn} torn; run again: ${found.failed} failed, ${found.missing} missing, ` +
  `${found.doubled} doubled, ${found.orphans} orphans, ${found.pending} still under way, ${found.litter} litter`

if (import.meta.main && !(await main())) process.exitCode = 1
