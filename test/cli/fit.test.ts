import { describe, expect, test } from 'vitest'
import { fitted } from '../../src/cli/fit.ts'

const terminal = (columns: number) => ({ isTTY: true, columns, write: () => undefined })

describe('a title', () => {
  test.each([
    ['fits', 'Edge computing', 20, 40, 'Edge computing'],
    ['fits exactly', 'x'.repeat(20), 20, 40, 'x'.repeat(20)],
    ['is cut where the row ends', 'x'.repeat(21), 20, 40, `${'x'.repeat(19)}…`],
    ['is cut where the second row ends', 'x'.repeat(50), 60, 40, `${'x'.repeat(19)}…`],
    ['begins another row where little is left', 'x'.repeat(60), 35, 40, `${'x'.repeat(44)}…`],
    ['is counted in columns, and its letters stay whole', '漢'.repeat(11), 20, 40, `${'漢'.repeat(9)}…`],
    ['is counted as it is shown', `${'x'.repeat(15)}\u202e`, 20, 40, `${'x'.repeat(15)}\\u20…`],
    ['keeps its accents', 'e\u0301'.repeat(21), 20, 40, `${'e\u0301'.repeat(19)}…`]
  ])('%s', (_, title, before, columns, shown) => {
    expect(fitted(title, before, terminal(columns))).toBe(shown)
  })

  test('is whole where there is no terminal, or none that says how wide it is', () => {
    const long = 'x'.repeat(500)
    expect(fitted(long, 20, { isTTY: false, columns: 40, write: () => undefined })).toBe(long)
    expect(fitted(long, 20, { isTTY: true, write: () => undefined })).toBe(long)
  })
})
