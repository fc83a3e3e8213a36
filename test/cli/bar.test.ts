import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barText, clockText, type Job, jobText } from '../../src/cli/bar.ts'
import { widthOf } from '../../src/cli/fit.ts'

const job = (more: Partial<Job> = {}): Job => ({
  name: 'pinning',
  unit: 'documents',
  done: 4_000,
  total: 10_000,
  from: 0,
  elapsed: 2_000,
  ...more
})

describe('a bar', () => {
  test.each([
    [120, {}, 'pinning  [============>                 ]  4,000 of 10,000 documents  2,000/s  0:03 left'],
    [80, {}, 'pinning  [========>            ]  4,000 of 10,000 documents  2,000/s  0:03 left'],
    [60, {}, 'pinning  [=====>        ]  4,000/10,000  2,000/s  0:03 left'],
    [40, {}, 'pinning  4,000/10,000  0:03 left'],
    [30, {}, 'pinning  4,000/10,000'],
    [12, {}, '4,000/10,0…'],
    [80, { total: undefined }, 'pinning  4,000 documents  2,000/s'],
    [80, { done: 0 }, 'pinning  [>                             ]  0 of 10,000 documents'],
    [80, { done: 10_000 }, 'pinning  [==============================]  10,000 of 10,000 documents  5,000/s'],
    [80, { elapsed: 20 }, 'pinning  [============>                 ]  4,000 of 10,000 documents'],
    [80, { from: 3_990 }, 'pinning  [=========>              ]  4,000 of 10,000 documents  5/s  20:00 left'],
    [60, { unit: 'bytes', done: 1.5e6, total: 45e6 }, 'pinning  [>                    ]  1.5 MB/45.0 MB  0:58 left'],
    [40, { name: '漢'.repeat(30) }, '漢漢漢漢漢漢…  4,000/10,000  0:03 left'],
    [80, { name: '漢'.repeat(30) }, `${'漢'.repeat(13)}…  [=====>        ]  4,000/10,000  2,000/s  0:03 left`]
  ] as const)('in %d columns of %o', (columns, more, shown) => {
    expect(barText(job(more), columns)).toBe(shown)
  })

  test('is never as wide as the terminal, whatever it tells', () => {
    const count = fc.nat({ max: 2 ** 40 })
    fc.assert(
      fc.property(
        fc.record({
          name: fc.string({ unit: 'grapheme' }),
          unit: fc.constantFrom('documents', 'bytes'),
          done: count,
          total: fc.option(count, { nil: undefined }),
          from: count,
          elapsed: fc.double({ min: 0, max: 1e9, noNaN: true })
        }),
        fc.integer({ min: 2, max: 200 }),
        (any, columns) => {
          const text = barText(any, columns)
          expect(widthOf(text)).toBeLessThan(columns)
          expect(text).not.toMatch(/NaN|Infinity|undefined/)
        }
      )
    )
  })

  test('in a log is a sentence', () => {
    expect(jobText(job())).toBe('pinning: 4,000 of 10,000 documents, 2,000/s, 0:03 left')
    expect(jobText(job({ done: 1, total: undefined, elapsed: 0 }))).toBe('pinning: 1 document')
  })
})

test('a time that is left is told in minutes, and in hours where there are any', () => {
  expect([0, 0.2, 59, 60, 3_599.5, 36_061].map(clockText)).toEqual([
    '0:00',
    '0:01',
    '0:59',
    '1:00',
    '1:00:00',
    '10:01:01'
  ])
})
