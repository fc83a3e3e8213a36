import { canonicalText } from '../../src/document/canonical.ts'
import cids from '../../test/vectors/cids.json' with { type: 'json' }
import accepted from '../../test/vectors/documents.json' with { type: 'json' }
import refused from '../../test/vectors/refused.json' with { type: 'json' }
import { type Case, REFUSED } from './case.ts'

/** A vector spells bytes as text, as base64, or as texts that are repeated. */
interface Spelled {
  readonly text?: string
  readonly base64?: string
  readonly parts?: readonly (readonly (string | number)[])[]
}

const bytesOf = ({ text = '', base64, parts }: Spelled): Uint8Array => {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return Buffer.from(
    parts === undefined ? text : parts.map(([part, times]) => String(part).repeat(Number(times))).join('')
  )
}

/** Bytes that are a document's, and bytes that must not pass for one. */
export const documentCases: readonly Case[] = [
  ...accepted.map(
    ({ name, document, cid }): Case => ({
      name,
      about: `a document: ${name}`,
      ask: ['document', '@document.json'],
      files: { 'document.json': Buffer.from(canonicalText(document)) },
      exit: 0,
      answer: { cid }
    })
  ),
  ...(refused as readonly ({ readonly name: string } & Spelled)[]).map(
    (vector): Case => ({
      name: vector.name,
      about: `not a document: ${vector.name}`,
      ask: ['document', '@document.json'],
      files: { 'document.json': bytesOf(vector) },
      exit: REFUSED
    })
  )
]

export const cidCases: readonly Case[] = [
  ...cids.accepted.map(
    ({ name, text, bytes32 }): Case => ({
      name,
      about: `a CID that the registry can name: ${name}`,
      ask: ['cid', text],
      exit: 0,
      answer: { digest: bytes32 }
    })
  ),
  ...cids.refused.map(
    ({ name, text }): Case => ({
      name,
      about: `not a CID that the registry can name: ${name}`,
      ask: ['cid', text],
      exit: REFUSED
    })
  )
]
