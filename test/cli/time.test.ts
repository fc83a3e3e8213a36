import { expect, test } from 'vitest'
import { parseDuration, parseMoment, parseTime } from '../../src/cli/time.ts'

test.each([
  ['1s', 1],
  ['90s', 90],
  ['30m', 1800],
  ['1h', 3600],
  ['30d', 2_592_000],
  ['2w', 1_209_600]
])('%s is so many seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
  expect(parseMoment(text)).toEqual({ in: seconds })
})

test.each([
  ['2026-12-31T23:59:59Z', 1_798_761_599],
  ['2026-12-31T23:59Z', 1_798_761_540],
  ['2027-01-01T00:59:59+01:00', 1_798_761_599],
  ['1798761599', 1_798_761_599],
  ['0', 0]
])('%s is a time', (text, seconds) => {
  expect(parseTime(text)).toBe(seconds)
  expect(parseMoment(text)).toEqual({ at: seconds })
})

test.each(['', '1', 'h', '1y', '0h', '-1h', '1.5h', '1 h', '9999999d'])('%s is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test.each(['', 'tomorrow', '2026-12-31', '2026-02-30T00:00:00', '2026-13-01T00:00:00Z', '-5', '01'])(
  '%s is no time',
  (text) => {
    expect(() => parseTime(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    const hint = 'a time is 30m, 1d, 2026-12-31T23:59:59Z, or seconds since 1970'
    expect(() => parseMoment(text)).toThrow(expect.objectContaining({ code: 'USAGE', hint }))
  }
)
