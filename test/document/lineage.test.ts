import { describe, expect, test } from 'vitest'
import type { TrendDocument } from '../../src/document/document.ts'
import { entriesOf } from '../../src/document/edition.ts'
import { brokenLineage, sameContent } from '../../src/document/lineage.ts'
import { refusalOf } from './refusal.ts'
import { cidOfSample, placement, sample } from './samples.ts'

const first = { cid: cidOfSample('minimal trend'), document: sample('minimal trend') }
const second = sample('second version')
const other = 'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045'

describe('lineage', () => {
  test('holds from a version to the next one', () => {
    expect(brokenLineage(first, second)).toBeUndefined()
  })

  test.each<[string, TrendDocument]>([
    ['publisher', { ...second, publisher: other }],
    ['slug', { ...second, slug: 'other' }],
    ['type', { ...sample('edition'), slug: second.slug, version: 2, previous: first.cid }],
    ['version', { ...second, version: 3 }],
    ['previous', { ...second, previous: cidOfSample('second version') }]
  ])('is broken by another %s', (field, next) => {
    expect(brokenLineage(first, next)).toContain(field)
  })
})

describe('sameContent', () => {
  test('ignores what the tool fills in and the order of keys', () => {
    const placed = {
      ...first.document,
      publisher: other,
      version: 7,
      previous: first.cid,
      published: '2030-01-01T00:00:00Z'
    } as const
    const reordered = Object.fromEntries(Object.entries(placed).toReversed()) as unknown as TrendDocument
    expect(sameContent(first.document, reordered)).toBe(true)
  })

  test('sees any other difference', () => {
    expect(sameContent(first.document, { ...first.document, title: 'Edge' })).toBe(false)
    expect(sameContent(first.document, { ...first.document, tags: [] })).toBe(false)
    expect(sameContent(first.document, second)).toBe(false)
  })
})

describe('entriesOf', () => {
  const full = { cid: cidOfSample('every field of a trend'), document: sample('every field of a trend') }

  test('sorts by slug, whatever the order of the documents', () => {
    const expected = [
      { cid: first.cid, slug: 'edge-computing', version: 1 },
      { cid: full.cid, slug: 'serverless', version: 1 }
    ]
    expect(entriesOf([full, first])).toEqual(expected)
    expect(entriesOf([first, full])).toEqual(expected)
  })

  test('refuses none, another publisher and one slug twice', () => {
    const foreign = { ...full, document: { ...full.document, publisher: other } as const }
    expect(refusalOf(() => entriesOf([])).details.path).toBe('$.entries')
    expect(refusalOf(() => entriesOf([first, foreign])).message).toContain(placement.publisher)
    expect(refusalOf(() => entriesOf([first, full, { ...first, document: second }])).details.path).toBe('$.entries[2]')
  })
})
