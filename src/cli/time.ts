import { UsageError } from './usage.ts'

const DURATION = /^([1-9][0-9]{0,5})([smhdw])$/
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/
const TIMESTAMP = /^(?:0|[1-9][0-9]{0,11})$/

/** A point in time, or a time from now, both in seconds. */
export type Moment = { readonly at: number } | { readonly in: number }

/** Reads `30m`, `1h`, `30d`, `2w` as seconds. @throws UsageError */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  if (count !== undefined) return Number(count) * SECONDS[unit]!
  throw new UsageError(`'${text}' is no duration`, 'a duration is a number and s, m, h, d or w: 30m, 1h, 30d')
}

/** Reads an RFC 3339 instant, or seconds since 1970 as the registry counts them. @throws UsageError */
export function parseTime(text: string): number {
  return timeIn(text, '')
}

/** Reads either. @throws UsageError */
export function parseMoment(text: string): Moment {
  return DURATION.test(text) ? { in: parseDuration(text) } : { at: timeIn(text, '30m, 1d, ') }
}

/** @param more what else would do */
function timeIn(text: string, more: string): number {
  if (TIMESTAMP.test(text)) return Number(text)
  const time = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return Math.floor(time / 1000)
  throw new UsageError(`'${text}' is no time`, `a time is ${more}2026-12-31T23:59:59Z, or seconds since 1970`)
}
