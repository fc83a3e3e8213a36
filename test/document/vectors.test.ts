import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import canonicalize from 'canonicalize'
import { describe, expect, test } from 'vitest'
import { parseCid, toBytes32 } from '../../src/block/cid.ts'
import { encode, type Json } from '../../src/document/canonical.ts'
import { issuesOf, readDocument } from '../../src/document/parse.ts'
import { isArchiveError } from '../../src/errors.ts'
import { leafOf } from '../../src/registry/tree.ts'
import cids from '../vectors/cids.json' with { type: 'json' }
import documents from '../vectors/documents.json' with { type: 'json' }
import refused from '../vectors/refused.json' with { type: 'json' }

const PREFIX = Buffer.from('0180041220', 'hex')

/** Base32 of RFC 4648 in lower case without padding, by the book. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits.match(/.{1,5}/g) ?? []
  return letters.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

describe('the golden documents', () => {
  // Nothing of this project makes the expected values here.
  test.each(documents)('$name: bytes, CID, bytes32 and leaf follow from the standards', (vector) => {
    const text = canonicalize(vector.document) ?? ''
    const bytes = Buffer.from(text)
    const digest = createHash('sha256').update(bytes).digest()
    const binary = Buffer.concat([PREFIX, digest])
    expect(vector.canonical).toBe(text)
    expect(vector.bytes).toBe(bytes.length)
    expect(vector.cid).toBe(`b${base32(binary)}`)
    expect(vector.bytes32).toBe(`0x${digest.toString('hex')}`)
    expect(vector.leaf).toBe(`0x${Buffer.from(keccak_256(binary)).toString('hex')}`)
  })

  test.each(documents)('$name: is read, keeps every rule and encodes to the same', ({ document, canonical, cid }) => {
    expect(issuesOf(document)).toEqual([])
    expect(Buffer.from(encode(document as Json)).toString()).toBe(canonical)
    expect(readDocument(Buffer.from(canonical))).toEqual(JSON.parse(canonical))
    expect(leafOf(toBytes32(parseCid(cid)))).toMatch(/^0x[0-9a-f]{64}$/)
  })
})

describe('the golden refusals', () => {
  test.each(refused)('$name: $code', (vector) => {
    const bytes =
      vector.base64 !== undefined
        ? Buffer.from(vector.base64, 'base64')
        : Buffer.from(vector.text ?? (vector.parts ?? []).map(([part, n]) => String(part).repeat(Number(n))).join(''))
    expect.assertions(1)
    try {
      readDocument(bytes)
    } catch (error) {
      if (!isArchiveError(error)) throw error
      const { code, details } = error
      const found =
        'offset' in details ? { code, offset: details.offset } : 'path' in details ? { code, path: details.path } : code
      const { offset, path } = vector
      expect(found).toEqual(offset === undefined ? { code: vector.code, path } : { code: vector.code, offset })
    }
  })
})

describe('the golden CIDs', () => {
  test.each(cids.accepted)('$name names the same document', ({ text, bytes32 }) => {
    expect(toBytes32(parseCid(text))).toBe(bytes32)
    expect(String(parseCid(text))).toBe(`b${base32(Buffer.concat([PREFIX, Buffer.from(bytes32.slice(2), 'hex')]))}`)
  })

  test.each(cids.refused)('$name is refused', ({ text, code }) => {
    expect.assertions(1)
    try {
      parseCid(text)
    } catch (error) {
      expect(isArchiveError(error) && error.code).toBe(code)
    }
  })
})

test.each(['schema', 'vectors'])('what scripts/%s.ts generates is up to date', (script) => {
  const file = new URL(`../../scripts/${script}.ts`, import.meta.url).pathname
  expect(() => execFileSync(process.execPath, [file, '--check'])).not.toThrow()
})
