import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { billedBytes, ofEditions } from '../../bench/gas/figures.ts'
import type { Spent } from '../../bench/gas/meter.ts'
import { type Figure, type Figures, ROWS, type Row } from '../../bench/gas/peer.ts'
import { digestOf, editionOf, hasZeroByte, NAME, nameOf } from '../../bench/gas/samples.ts'
import { show, tableOf, times, toMarkdown, toText } from '../../bench/gas/table.ts'
import { refOf } from '../../src/registry/ref.ts'
import snapshot from '../contract/gas.json' with { type: 'json' }

const NONE: Figure = { note: 'cannot' }
const figures = (some: Partial<Figures>): Figures =>
  ({ ...Object.fromEntries(Object.keys(ROWS).map((row) => [row, NONE])), ...some }) as Figures

describe('the table of figures', () => {
  const columns = [
    { name: 'ours', figures: figures({ next: { value: 50_000 }, newSlots: { value: 1 } }) },
    { name: 'theirs', figures: figures({ next: { value: 190_000, note: 'linked' }, newSlots: { value: 7 } }) }
  ]
  const { cells, notes } = tableOf(columns)
  const rowOf = (row: Row): readonly string[] => cells.find(([name]) => name === ROWS[row]) ?? []

  test('says beside each figure of a peer how many times ours it is', () => {
    expect(rowOf('next')).toEqual(['publish a next version', '50,000', '190,000² 3.8×'])
  })

  test('compares no slots with each other, and nothing with what is missing', () => {
    expect(rowOf('newSlots').slice(1)).toEqual(['1', '7'])
    expect(rowOf('retract').slice(1)).toEqual(['–¹', '–¹'])
  })

  test('says each remark once', () => {
    expect(notes).toEqual(['cannot', 'linked'])
  })

  test('is aligned as text, and a table as Markdown', () => {
    const lines = toText({ cells, notes }).split('\n')
    expect(new Set(lines.slice(0, cells.length).map(({ length }) => length)).size).toBe(1)
    expect(lines.slice(-2)).toEqual(['¹ cannot', '² linked'])
    const markdown = toMarkdown({ cells, notes }).split('\n')
    expect(markdown.slice(0, 2)).toEqual(['|  | ours | theirs |', '|---|--:|--:|'])
    expect(markdown).toContain('| publish a next version | 50,000 | 190,000² 3.8× |')
  })

  test('rounds no further than two figures can be told apart', () => {
    expect([145_784.39, 539, 53.852, 0.2804].map(show)).toEqual(['145,784', '539', '53.9', '0.28'])
    expect([2706.6, 27.1, 3.84, 1, 0.866].map(times)).toEqual(['2,707×', '27×', '3.8×', '1.0×', '0.87×'])
  })
})

describe('publishing many documents', () => {
  /** A registry that takes so much gas for each document, and counts how many came at once. */
  const measure = async (gas: number) => {
    const batches: number[] = []
    const figures = await ofEditions(async (digests): Promise<Spent> => {
      batches.push(digests.length)
      return { gas: gas * digests.length, hash: '0x', raw: `0x${'11'.repeat(32 * digests.length)}`, logs: [] }
    })
    return { batches, figures }
  }

  test('takes one transaction each time where that holds them', async () => {
    const { batches, figures } = await measure(10_000)
    expect(batches).toEqual([10, 100, 1000])
    expect(figures.each1000).toEqual({ value: 10_000, note: undefined })
  })

  test('takes as few transactions as hold them, evenly filled, and says so', async () => {
    const { batches, figures } = await measure(180_000)
    expect(batches).toEqual([10, 50, 50, ...Array(10).fill(91), 90])
    expect(figures.each1000.value).toBe(180_000)
    expect(figures.each1000.note).toContain('16,777,216')
    expect(figures.bytesListed.value).toBe(32)
  })

  test('never puts more into a transaction than it may use', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 1_000_000 }), async (gas) => {
        const { batches } = await measure(gas)
        expect(Math.max(...batches) * gas).toBeLessThanOrEqual(16_777_216)
        expect(batches.reduce((sum, size) => sum + size)).toBe(1110)
      })
    )
  })
})

describe('the bytes that an OP Stack chain bills', () => {
  test('are never fewer than a hundred', () => {
    expect(billedBytes('0x')).toBe(100)
    expect(billedBytes(`0x${'01'.repeat(1000)}`)).toBe(100)
  })

  test('are 0.8365 of what FastLZ makes of them, less 42.5856', () => {
    // Nothing in it repeats, so FastLZ adds a byte for every 32 and takes none away.
    const raw = `0x${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => digestOf(n).slice(2)).join('')}`
    expect(billedBytes(raw)).toBe(Math.round(0.8365 * 33 * 8 - 42.5856))
  })
})

describe('what is published to measure', () => {
  test('has no zero byte', () => {
    expect([hasZeroByte('0x1100'), hasZeroByte('0x0011'), hasZeroByte('0x1001')]).toEqual([true, true, false])
    for (let n = 0; n < 1000; n++) expect(hasZeroByte(digestOf(n))).toBe(false)
    for (const size of [10, 100, 1000]) expect(hasZeroByte(editionOf(size, 10_000).tree.root)).toBe(false)
  })

  test('is never the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, n) => digestOf(n))).size).toBe(1000)
    expect(editionOf(10, 10_000)).not.toEqual(editionOf(10, 20_000))
  })

  test('goes under slugs of 19 letters', () => {
    for (const name of [NAME, nameOf(0), nameOf(999)])
      expect(refOf(name)).toMatch(/^0x(?!.*00.+[1-9a-f]$)(..){19}0{26}$/)
  })
})

describe('docs/gas.md', () => {
  const page = readFileSync(new URL('../../docs/gas.md', import.meta.url), 'utf8')

  test.each<[Row, keyof typeof snapshot, number]>([
    ['first', 'publish, first of a ref', 1],
    ['next', 'publish, next version', 1],
    ['named', 'point, next version', 1],
    ['each1000', 'publish an edition of 1,000, next version', 1000],
    ['tenVersions', 'multicall of 10 points and an edition of the ten, next versions', 10],
    ['relayed', 'publishFor, next version, signed by the publisher', 1],
    ['relayedForEditor', 'publishFor, next version, signed by an editor', 1],
    ['retract', 'retract, one published alone', 1],
    ['disown', 'setEditor, disowning what it did after a time', 1],
    ['read', 'verify, one published alone', 1],
    ['readListed', 'verify, one of 1,000', 1],
    ['deployment', 'deployment', 1],
    ['size', 'deployment, bytes of code', 1]
  ])('says the same of the registry as the snapshot: %s', (row, name, documents) => {
    const [, ours] = new RegExp(`^\\| ${ROWS[row]} \\| ([\\d,.]+)`, 'm').exec(page) ?? []
    expect(ours).toBe(show(snapshot[name] / documents))
  })
})
