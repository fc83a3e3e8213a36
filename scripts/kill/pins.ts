import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callsOf, LANES } from './calls.ts'
import { killModule, type Moment, runModule } from './child.ts'
import type { Faults } from './model.ts'
import { type Random, randomOf } from './random.ts'

/** What a new process found in an archive that was written to the last moment. */
export interface Inspected extends Faults {
  readonly reopened: number
  readonly acknowledged: number
  /** Blocks that are pinned and not there, or not what they should be. */
  readonly torn: number
  /** Pins that nobody asked for. */
  readonly strangers: number
  /** Faults that SQLite finds in its file. */
  readonly damaged: number
}

/** What became of the pins of killed writers. */
export interface PinDamage extends Inspected {
  readonly rounds: number
  /** Writers that were killed; the others had ended before. */
  readonly killed: number
  /** Files that have no business in the archive's folder. */
  readonly litter: number
}

/** While it is open; after a clean end there is the first one alone. */
const FILES = ['archive.db', 'archive.db-wal', 'archive.db-shm']
/** What a writer says before its first acknowledgement. */
const READY = 1
const OPEN = 2

/** What a writer has to do, as its arguments and the inspector's. */
export interface Workload {
  readonly calls: number
  readonly args: readonly string[]
}

/** Draws calls that pin about so many documents. */
export function workloadOf(random: Random, pins: number): Workload {
  const [seed, share] = [random.below(2 ** 31), Math.ceil(pins / LANES)]
  const lanes = Array.from({ length: LANES }, (_, lane) => callsOf(seed, lane, share))
  return { calls: lanes.flat().length, args: [String(seed), String(share)] }
}

/** Kills a writer at a moment that follows from the seed, and looks at what it left. */
export async function pinRound(seed: number, round: number, pins: number): Promise<PinDamage> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-kill-'))
  try {
    const archive = join(folder, 'archive')
    const file = join(archive, 'archive.db')
    const random = randomOf(seed, round)
    const workload = workloadOf(random, pins)
    const { lines, signal } = await killModule('writer', [file, ...workload.args], momentOf(random, workload))
    const lanes = acknowledgedOf(lines)
    const dirty = filesIn(archive).filter((name) => !FILES.includes(name))
    const found = await inspect(file, workload, lanes)
    const left = filesIn(archive).filter((name) => name !== FILES[0])
    return { ...found, rounds: 1, killed: signal === 'SIGKILL' ? 1 : 0, litter: dirty.length + left.length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Opens the archive in a new process, and holds it against what was acknowledged, by lane. */
export async function inspect(file: string, { args }: Workload, lanes: readonly number[]): Promise<Inspected> {
  const acknowledged = lanes.reduce((sum, count) => sum + count, 0)
  const nothing = { lost: 0, undone: 0, halved: 0, torn: 0, strangers: 0, damaged: 0 }
  try {
    const { lines } = await runModule('inspector', [file, ...args, lanes.join(' ')])
    return { ...(JSON.parse(lines[0]!) as typeof nothing), reopened: 1, acknowledged }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return { ...nothing, reopened: 0, acknowledged }
  }
}

/** One in ten while the store is opened, one in ten while it is closed, the others in the middle of the calls. */
export function momentOf(random: Random, { calls }: Workload): Moment {
  const phase = random.below(10)
  if (phase === 0) return { lines: READY, delay: random.below(30) }
  if (phase === 1) return { lines: OPEN + calls, delay: random.below(4) }
  return { lines: OPEN + random.below(calls), delay: random.chance(0.5) ? 0 : random.below(8) }
}

/** How many calls of each lane were acknowledged. */
export function acknowledgedOf(lines: readonly string[]): readonly number[] {
  const lanes = lines.filter((line) => /^\d+$/.test(line)).map(Number)
  return Array.from({ length: LANES }, (_, lane) => lanes.filter((one) => one === lane).length)
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
export const inspectedFaults = (rounds: number, found: Inspected): number =>
  rounds - found.reopened + found.lost + found.undone + found.halved + found.torn + found.strangers + found.damaged

export const pinFaults = (found: PinDamage): number => inspectedFaults(found.rounds, found) + found.litter
