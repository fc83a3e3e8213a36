import type { Trend, TrendDraft } from '../src/document/document.ts'
import { complete } from '../src/document/draft.ts'
import type { Publisher } from '../src/document/publisher.ts'

export const PUBLISHER: Publisher = 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

/** A seeded generator of numbers from 0 to 1 (mulberry32): the same seed gives the same documents. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const WORDS = ['edge', 'latency', 'wasm', 'über', 'queue', 'schema', 'proof', 'ledger', 'cache', 'runtime']

/** Drafts of about 4 KB: prose, claims, evidence and a metric, with keys in the order an author writes them. */
export function drafts(count: number, seed = 1): readonly TrendDraft[] {
  const next = random(seed)
  const prose = (words: number): string =>
    Array.from({ length: words }, () => WORDS[Math.floor(next() * WORDS.length)]).join(' ')
  return Array.from({ length: count }, (_, i) => ({
    title: `Trend ${i}: ${prose(4)}`,
    slug: `trend-${i}`,
    summary: prose(30),
    published: '2025-06-01T09:00:00Z',
    body: Array.from({ length: 4 }, () => prose(92)).join('\n\n'),
    thesis: prose(15),
    claims: Array.from({ length: 4 }, (_unused, n) => ({
      id: `c${n}`,
      kind: 'observation' as const,
      text: prose(20),
      confidence: Math.floor(next() * 100),
      evidence: ['e1']
    })),
    evidence: [{ id: 'e1', kind: 'report', title: prose(6), url: 'https://example.org/report' }],
    tags: ['backend', 'bench']
  }))
}

/** The same as documents of a publisher, each the first of its lineage. */
export const documents = (count: number, seed = 1): readonly Trend[] =>
  drafts(count, seed).map((draft) => complete(draft, { publisher: PUBLISHER, version: 1, published: '' }))
