import assert from 'node:assert/strict'
import canonicalize from 'canonicalize'
import { canonicalText } from '../src/document/canonical.ts'
import type { Trend } from '../src/document/document.ts'
import type { Job } from './bar.ts'
import { type Case, compare } from './compare.ts'
import { documents } from './documents.ts'

const LIMIT = 'JSON.stringify (limit, not canonical)'
const OURS = 'trend-archive, keys as an author writes them'
const ORDERED = 'trend-archive, keys in order'
const ORDERED_LIMIT = 'JSON.stringify, keys in order'
const PEER = 'canonicalize'

/** Canonical text of documents that come with their keys out of order, and in order. */
export const encodeText = (count: number): Job => ({
  run: async () => {
    const all = documents(count)
    const ordered = all.map((one) => JSON.parse(canonicalText(one)) as Trend)
    for (const one of all.slice(0, 50)) assert.equal(canonicalText(one), canonicalize(one))
    const cases = [
      over(LIMIT, all, JSON.stringify),
      over(OURS, all, canonicalText),
      over(PEER, all, canonicalize),
      over(ORDERED_LIMIT, ordered, JSON.stringify),
      over(ORDERED, ordered, canonicalText)
    ]
    return await compare('canonical text of 4 KB', count, cases, 25)
  },
  bars: [
    { row: OURS, over: LIMIT, by: 'cpu', atMost: 2.1 },
    { row: ORDERED, over: ORDERED_LIMIT, by: 'cpu', atMost: 1.2 },
    { row: OURS, over: PEER, atLeast: 1.7 }
  ]
})

const over = (name: string, all: readonly Trend[], spell: (document: Trend) => unknown): Case => ({
  name,
  run: () => {
    for (const one of all) spell(one)
  }
})
