import type { CidText, Edition, Notice, Trend, TrendDocument } from '../../src/document/document.ts'
import type { Placement } from '../../src/document/draft.ts'
import vectors from '../vectors/documents.json' with { type: 'json' }

/** A fresh copy of a golden document. */
export function sample(name: 'every field of a trend' | 'minimal trend' | 'second version'): Trend
export function sample(name: 'edition'): Edition
export function sample(name: 'notice of a retraction'): Notice
export function sample(name: string): TrendDocument {
  return structuredClone(vectors.find((vector) => vector.name === name)?.document) as TrendDocument
}

export const cidOfSample = (name: string): CidText => vectors.find((vector) => vector.name === name)?.cid ?? ''

export const placement: Placement = {
  publisher: 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  version: 1,
  published: '2025-01-15T09:00:00Z'
}
