import type { Advance } from '../options.ts'
import { cut, widthOf } from './fit.ts'

/** How far one long work is, and since when. */
export interface Job {
  /** What is being done, in a word or two. */
  readonly name: string
  readonly unit: Advance['unit']
  readonly done: number
  readonly total?: number | undefined
  /** What was done already when it was first told. */
  readonly from: number
  /** Milliseconds since then. */
  readonly elapsed: number
}

const WIDEST_BAR = 30
/** A narrower one shows nothing. */
const NARROWEST_BAR = 10
/** Of the row. */
const WIDEST_NAME = 0.35
const GAP = '  '
/** Milliseconds in which no rate can be told yet. */
const TOO_SOON = 500

/**
 * A job as one row of a terminal, never wider than it: name, bar, count, rate and the time that is left, and of these
 * what there is room for. ASCII, for letters that draw boxes are twice as wide on some terminals.
 */
export function barText(job: Job, columns: number): string {
  const room = roomOf(columns)
  const [long, short] = [countText(job), shortCount(job)]
  const [rate, left] = paceTexts(job)
  const name = cut(job.name, Math.max(NARROWEST_BAR, Math.floor(room * WIDEST_NAME)))
  const tries = [
    [long, ...rate, ...left],
    [short, ...rate, ...left],
    [short, ...left]
  ]
  const part = job.total === undefined ? undefined : job.done / Math.max(job.total, 1)
  for (const facts of part === undefined ? [] : tries) {
    const width = room - widthOf([name, '[]', ...facts].join(GAP))
    if (width >= NARROWEST_BAR) return [name, `[${filled(part!, Math.min(width, WIDEST_BAR))}]`, ...facts].join(GAP)
  }
  const rows = [...tries, [short]].map((facts) => [name, ...facts].join(GAP))
  return rows.find((row) => widthOf(row) <= room) ?? cut(short, room)
}

/** Any text as one row of a terminal. */
export const rowText = (text: string, columns: number): string => cut(text, roomOf(columns))

/** A row that is full to its last column wraps on some terminals. */
const roomOf = (columns: number): number => Math.max(columns - 1, 1)

/** The same for a log, where nothing is drawn over. */
export function jobText(job: Job): string {
  const [rate, left] = paceTexts(job)
  return [`${job.name}: ${countText(job)}`, ...rate, ...left].join(', ')
}

/** So much of so much. */
export function countText({ unit, done, total }: Pick<Job, 'unit' | 'done' | 'total'>): string {
  if (unit === 'bytes') return total === undefined ? bytesText(done) : `${bytesText(done)} of ${bytesText(total)}`
  const count = total === undefined ? grouped(done) : `${grouped(done)} of ${grouped(total)}`
  const one = unit === 'blocks' ? 'block' : 'document'
  return `${count} ${(total ?? done) === 1 ? one : `${one}s`}`
}

function shortCount({ unit, done, total }: Job): string {
  const text = unit === 'bytes' ? bytesText : grouped
  return total === undefined ? text(done) : `${text(done)}/${text(total)}`
}

function paceTexts({ unit, done, total, from, elapsed }: Job): readonly [rate: string[], left: string[]] {
  const pace = (done - from) / (elapsed / 1000)
  if (elapsed < TOO_SOON || !(pace > 0)) return [[], []]
  const rate =
    unit === 'bytes'
      ? `${bytesText(pace)}/s`
      : `${grouped(pace < 10 ? Math.round(pace * 10) / 10 : Math.round(pace))}/s`
  return [[rate], total === undefined || done >= total ? [] : [`${clockText((total - done) / pace)} left`]]
}

function filled(part: number, width: number): string {
  const full = Math.floor(Math.min(Math.max(part, 0), 1) * width)
  return `${'='.repeat(full)}${full < width ? '>' : ''}`.padEnd(width).slice(0, width)
}

const grouped = (value: number): string => value.toLocaleString('en-US')

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

function bytesText(bytes: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`
}

/** Seconds as m:ss or h:mm:ss. */
export function clockText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const parts = whole < 3600 ? [whole / 60, whole % 60] : [whole / 3600, (whole / 60) % 60, whole % 60]
  return parts.map((part, i) => String(Math.floor(part)).padStart(i === 0 ? 1 : 2, '0')).join(':')
}
