import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Workload } from './calls.ts'
import { killModule, type Moment, runModule } from './child.ts'
import type { Found } from './inspect.ts'
import { lanesOf } from './lanes.ts'
import { type Random, randomOf } from './random.ts'

/** What a new process found in an archive that was written to the last moment. */
export interface Inspected extends Found {
  readonly reopened: number
  readonly acknowledged: number
}

/** What became of the pins of killed writers. */
export interface PinDamage extends Inspected {
  readonly rounds: number
  /** Writers that were killed; the others had ended before. */
  readonly killed: number
  /** Files that have no business in the archive's folder. */
  readonly litter: number
}

/** While it is open, and the last one until it has been made; after a clean end there is the first one alone. */
const FILES = ['archive.db', 'archive.db-wal', 'archive.db-shm', 'archive.db-journal']
const LANES = 6
/** What a writer says before its first acknowledgement. */
const READY = 1
const OPEN = 2

/** Draws calls that pin about so many documents. */
export const workloadOf = (random: Random, pins: number): Workload => ({
  seed: random.below(2 ** 31),
  pins: Math.ceil(pins / LANES),
  lanes: LANES
})

/** What a writer is told. */
export const writerArgs = (file: string, { seed, pins, lanes }: Workload, first = 0, end = lanes): readonly string[] =>
  [file, seed, pins, ...Array.from({ length: end - first }, (_, i) => first + i)].map(String)

/** Kills a writer at a moment that follows from the seed, and looks at what it left. */
export async function pinRound(seed: number, round: number, pins: number): Promise<PinDamage> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-kill-'))
  try {
    const archive = join(folder, 'archive')
    const file = join(archive, 'archive.db')
    const random = randomOf(seed, round)
    const workload = workloadOf(random, pins)
    // In one round of four another process writes the same archive, and is not killed.
    const mine = random.chance(0.25) ? LANES / 2 : LANES
    const moment = momentOf(random, { ...workload, lanes: mine })
    const [{ lines, signal }, other] = await Promise.all([
      killModule('writer', writerArgs(file, workload, 0, mine), moment),
      mine === LANES ? undefined : runModule('writer', writerArgs(file, workload, mine))
    ])
    const lanes = acknowledgedOf([...lines, ...(other?.lines ?? [])])
    const dirty = filesIn(archive).filter((name) => !FILES.includes(name))
    const found = await inspectAnew(file, workload, lanes)
    const left = filesIn(archive).filter((name) => name !== FILES[0])
    return { ...found, rounds: 1, killed: signal === 'SIGKILL' ? 1 : 0, litter: dirty.length + left.length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Opens the archive in a new process, and holds it against what was acknowledged, by lane. */
export async function inspectAnew(
  file: string,
  { seed, pins }: Workload,
  lanes: readonly number[]
): Promise<Inspected> {
  const acknowledged = lanes.reduce((sum, count) => sum + count, 0)
  const nothing = { lost: 0, undone: 0, halved: 0, miscounted: 0, torn: 0, strangers: 0, damaged: 0 }
  try {
    const { lines } = await runModule('inspector', [file, String(seed), String(pins), lanes.join(' ')])
    return { ...(JSON.parse(lines[0]!) as Found), reopened: 1, acknowledged }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return { ...nothing, reopened: 0, acknowledged }
  }
}

/** One in ten while the store is opened, one in ten while it is closed, the others in the middle of the calls. */
export function momentOf(random: Random, workload: Workload): Moment {
  const calls = lanesOf(workload).flat().length
  const phase = random.below(10)
  if (phase === 0) return { lines: READY, delay: random.below(30) }
  if (phase === 1) return { lines: OPEN + calls, delay: random.below(4) }
  return { lines: OPEN + random.below(calls), delay: random.chance(0.5) ? 0 : random.below(8) }
}

/** How many calls of each lane were acknowledged. */
export function acknowledgedOf(lines: readonly string[], count: number = LANES): readonly number[] {
  const lanes = lines.filter((line) => /^\d+$/.test(line)).map(Number)
  return Array.from({ length: count }, (_, lane) => lanes.filter((one) => one === lane).length)
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Killed before it made one.
    return []
  }
}

/** So many things are not as they must be. */
export function inspectedFaults(rounds: number, found: Inspected): number {
  const { lost, undone, halved, miscounted, torn, strangers, damaged, reopened } = found
  return rounds - reopened + lost + undone + halved + miscounted + torn + strangers + damaged
}

export const pinFaults = (found: PinDamage): number => inspectedFaults(found.rounds, found) + found.litter
