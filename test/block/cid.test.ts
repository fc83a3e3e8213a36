import * as fc from 'fast-check'
import { base32upper } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import * as Digest from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import { checkBlock, toBlock } from '../../src/block/block.ts'
import { cidOf, fromBytes32, fromDigest, isTrendCid, parseCid, toBytes32 } from '../../src/block/cid.ts'

const NAME = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'
const outside = (rule: string): unknown =>
  expect.objectContaining({ code: 'UNSUPPORTED_CID', details: { cid: expect.any(String), rule } })

function tryTo<Made>(make: () => Made): Made | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

describe('the CID of a document', () => {
  test('is the one Helia gives to the same bytes', async () => {
    const bytes = new TextEncoder().encode('{"hello":"world"}')
    expect(String(await cidOf(bytes))).toBe(NAME)
    expect(String((await toBlock({ hello: 'world' })).cid)).toBe(NAME)
  })

  test('is read in every base', () => {
    const cid = parseCid(NAME)
    expect(parseCid(cid.toString(base58btc)).equals(cid)).toBe(true)
    expect(parseCid(cid.toString(base36)).equals(cid)).toBe(true)
    expect(parseCid(NAME.toUpperCase()).equals(cid)).toBe(true)
  })

  test('and 32 bytes on chain name each other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const cid = fromDigest(digest)
        const hex = toBytes32(cid)
        expect(hex).toMatch(/^0x[0-9a-f]{64}$/)
        expect(fromBytes32(hex).equals(cid)).toBe(true)
        expect(fromBytes32(`0x${hex.slice(2).toUpperCase()}`).equals(cid)).toBe(true)
        expect(parseCid(String(cid)).equals(cid)).toBe(true)
      })
    )
  })

  test('is as good as one of multiformats wherever that is taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const cid = fromDigest(digest)
        const theirs = CID.createV1(json.code, Digest.create(0x12, digest))
        expect(CID.parse(String(cid)).equals(theirs)).toBe(true)
        expect(CID.asCID(cid)?.equals(theirs)).toBe(true)
        expect([cid.equals(theirs), theirs.equals(cid)]).toEqual([true, true])
        expect([cid.equals(CID.createV1(0x55, theirs.multihash)), cid.equals(undefined)]).toEqual([false, false])
        expect(cid.toString(base58btc)).toBe(theirs.toString(base58btc))
        expect(JSON.stringify(cid)).toBe(JSON.stringify(theirs))
        expect(parseCid(theirs.toString(base36)).bytes).toEqual(theirs.bytes)
      })
    )
  })

  test('is read as multiformats reads it, or not at all', () => {
    const letters = fc.constantFrom(...'bBkzQmabcdefghijklmnopqrstuvwxyz234567ABCDEF019')
    const other = fc.string({ unit: letters, maxLength: 80 })
    const near = fc
      .tuple(fc.nat({ max: NAME.length - 1 }), letters)
      .map(([at, one]) => NAME.slice(0, at) + one + NAME.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(other, near), (text) => {
        const theirs = tryTo(() => CID.parse(text, text.startsWith('B') ? base32upper : undefined))
        const ours = tryTo(() => parseCid(text))
        if (ours !== undefined) expect(theirs?.equals(ours)).toBe(true)
        // Digits in the case of another base are read by multiformats, and not by us: one name, one spelling in each base.
        else if (theirs !== undefined && isTrendCid(theirs)) expect(text).toMatch(/^(?:[bk].*[A-Z]|B.*[a-z])/)
      }),
      { numRuns: 3_000 }
    )
  })

  test.each(['0x', '0x00', `0x${'0'.repeat(63)}`, `0x${'0'.repeat(65)}`, `0x${'g'.repeat(64)}`])(
    'is not read from %s',
    (hex) => {
      expect(() => fromBytes32(hex as `0x${string}`)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CID' }))
    }
  )
})

describe('a CID outside the profile is refused', () => {
  const digest = Digest.create(0x12, new Uint8Array(32))

  const sized = (size: number): Digest.Digest<number, number> => Digest.create(0x12, new Uint8Array(size))
  const CASES: readonly (readonly [string, CID, string])[] = [
    ['version 0', CID.createV0(Digest.create(0x12, new Uint8Array(32))), 'must be CIDv1'],
    ['codec raw', CID.createV1(0x55, digest), 'the codec must be json (0x0200)'],
    ['codec dag-json', CID.createV1(0x0129, digest), 'the codec must be json (0x0200)'],
    ['codec dag-pb', CID.createV1(0x70, digest), 'the codec must be json (0x0200)'],
    ['sha2-512', CID.createV1(json.code, Digest.create(0x13, new Uint8Array(64))), 'the digest must be sha2-256'],
    ['keccak-256', CID.createV1(json.code, Digest.create(0x1b, new Uint8Array(32))), 'the digest must be sha2-256'],
    ['identity', CID.createV1(json.code, Digest.create(0, new Uint8Array(32))), 'the digest must be sha2-256'],
    ...[0, 1, 20, 31, 33].map((size): readonly [string, CID, string] => [
      `a digest of ${size} bytes`,
      CID.createV1(json.code, sized(size)),
      'the digest must be 32 bytes'
    ])
  ]

  test.each(CASES)('%s', (_, cid, rule) => {
    expect(() => parseCid(String(cid))).toThrow(outside(rule))
  })

  test.each(['', 'bagaaiera', `${NAME}a`, NAME.slice(0, -1), ` ${NAME}`, 'ipfs://x', 'Qm', '<script>'])(
    '%j',
    (text) => {
      expect(() => parseCid(text)).toThrow(outside('not a CID'))
    }
  )
})

test('no flip of a bit passes for the block', async () => {
  const { cid, bytes } = await toBlock({ slug: 'edge-ai', n: 1000 })
  expect(await checkBlock(cid, bytes)).toEqual({ cid, bytes })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = bytes.slice()
    other[bit >> 3]! ^= 1 << (bit & 7)
    expect(await checkBlock(cid, other)).toBeUndefined()
  }
})
