import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callsOf, LANES } from './calls.ts'
import { killModule, type Moment, runModule } from './child.ts'
import type { Faults } from './model.ts'
import { type Random, randomOf } from './random.ts'

/** What became of the pins of killed writers. */
export interface PinDamage extends Faults {
  readonly rounds: number
  /** Writers that were killed; the others had ended before. */
  readonly killed: number
  readonly reopened: number
  readonly acknowledged: number
  /** Blocks that are pinned and not there, or not what they should be. */
  readonly torn: number
  /** Pins that nobody asked for. */
  readonly strangers: number
  /** Faults that SQLite finds in its file. */
  readonly damaged: number
  /** Files that have no business in the archive's folder. */
  readonly litter: number
}

/** While it is open; after a clean end there is the first one alone. */
const FILES = ['archive.db', 'archive.db-wal', 'archive.db-shm']
/** What a writer says before its first acknowledgement. */
const READY = 1
const OPEN = 2

/** Kills a writer at a moment that follows from the seed, and looks at what it left. */
export async function pinRound(seed: number, round: number, pins: number): Promise<PinDamage> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-kill-'))
  try {
    const archive = join(folder, 'archive')
    const file = join(archive, 'archive.db')
    const random = randomOf(seed, round)
    const workload = [file, String(random.below(2 ** 31)), String(Math.ceil(pins / LANES))] as const
    const { lines, signal } = await killModule('writer', workload, momentOf(random, callCount(workload)))
    const lanes = acknowledgedOf(lines)
    const list = join(folder, 'acknowledged')
    writeFileSync(list, lanes.join(' '))
    const dirty = filesIn(archive).filter((name) => !FILES.includes(name))
    const inspected = await runModule('inspector', [...workload, list]).catch(() => undefined)
    const left = filesIn(archive).filter((name) => name !== FILES[0])
    const found = inspected === undefined ? UNREADABLE : (JSON.parse(inspected.lines[0]!) as typeof UNREADABLE)
    return {
      ...found,
      rounds: 1,
      killed: signal === 'SIGKILL' ? 1 : 0,
      reopened: inspected === undefined ? 0 : 1,
      acknowledged: lanes.reduce((sum, count) => sum + count, 0),
      litter: dirty.length + left.length
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const UNREADABLE = { lost: 0, undone: 0, halved: 0, torn: 0, strangers: 0, damaged: 0 }

/** One in ten while the store is opened, one in ten while it is closed, the others in the middle of the calls. */
function momentOf(random: Random, calls: number): Moment {
  const phase = random.below(10)
  if (phase === 0) return { lines: READY, delay: random.below(30) }
  if (phase === 1) return { lines: OPEN + calls, delay: random.below(4) }
  return { lines: OPEN + random.below(calls), delay: random.chance(0.5) ? 0 : random.below(8) }
}

const callCount = ([, seed, pins]: readonly [string, string, string]): number =>
  Array.from({ length: LANES }, (_, lane) => callsOf(Number(seed), lane, Number(pins))).flat().length

/** How many calls of each lane were acknowledged. */
function acknowledgedOf(lines: readonly string[]): readonly number[] {
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

/** So many of them are not as they must be. */
export const pinFaults = (found: PinDamage): number =>
  found.rounds -
  found.reopened +
  (found.lost + found.undone + found.halved + found.torn + found.strangers + found.damaged + found.litter)
