import { encodeRlp as encodeWithEthers } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadProof } from '../../src/registry/bad-proof.ts'
import { fromHex, toBytes32 as toHex } from '../../src/registry/keccak.ts'
import { decodeRlp, encodeRlp, type Rlp } from '../../src/registry/rlp.ts'

const bytes = (hex: string): Uint8Array => fromHex(`0x${hex}`)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const plain = (value: Rlp): unknown => (value instanceof Uint8Array ? toHex(value) : value.map(plain))

const { tree: anyRlp } = fc.letrec<{ tree: Rlp }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.uint8Array({ maxLength: 70 }),
    fc.uint8Array({ minLength: 250, maxLength: 300 }),
    fc.array(tie('tree'), { maxLength: 6 })
  )
}))

/** A list of one item, which is encoded already. */
const listAround = (item: Uint8Array): Uint8Array => {
  const { length } = item
  const prefix = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : [0xf9, length >> 8, length & 255]
  return Uint8Array.of(...prefix, ...item)
}

/** What decoding comes to: a value, or that there is none. Anything else but a refusal fails the test. */
function decoded(encoding: Uint8Array): Rlp | undefined {
  try {
    return decodeRlp(encoding)
  } catch (error) {
    if (error instanceof BadProof) return undefined
    throw error
  }
}

const isOwnEncoding = (encoding: Uint8Array): boolean => {
  const value = decoded(encoding)
  return value === undefined || toHex(encodeRlp(value)) === toHex(encoding)
}

describe('RLP', () => {
  // The examples of ethereum.org's page on RLP.
  test.each<readonly [string, Rlp]>([
    ['83646f67', text('dog')],
    ['c88363617483646f67', [text('cat'), text('dog')]],
    ['80', text('')],
    ['c0', []],
    ['00', bytes('00')],
    ['0f', bytes('0f')],
    ['820400', bytes('0400')],
    ['c7c0c1c0c3c0c1c0', [[], [[]], [[], [[]]]]],
    [
      'b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c6974',
      text('Lorem ipsum dolor sit amet, consectetur adipisicing elit')
    ]
  ])('has %s for a value, and the value for that', (encoding, value) => {
    expect(toHex(encodeRlp(value))).toBe(`0x${encoding}`)
    expect(plain(decodeRlp(bytes(encoding)))).toEqual(plain(value))
  })

  test('gives back every value, and encodes it as ethers does', () => {
    fc.assert(
      fc.property(anyRlp, (value) => {
        const encoding = encodeRlp(value)
        expect(plain(decodeRlp(encoding))).toEqual(plain(value))
        expect(toHex(encoding)).toBe(encodeWithEthers(plain(value) as string))
      })
    )
  })

  test('takes nothing but the one encoding of a value', () => {
    for (let first = 0; first < 256; first++) {
      expect(isOwnEncoding(Uint8Array.of(first))).toBe(true)
      for (let second = 0; second < 256; second++) {
        if (!isOwnEncoding(Uint8Array.of(first, second))) expect.fail(`${first} ${second}`)
      }
    }
    fc.assert(
      fc.property(anyRlp, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const encoding = Uint8Array.from(encodeRlp(value))
        encoding[at % encoding.length] = byte
        expect(isOwnEncoding(encoding)).toBe(true)
      }),
      { numRuns: 2000 }
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), isOwnEncoding), { numRuns: 2000 })
  })

  test.each([
    ['a prefix before a byte that stands for itself', '8100'],
    ['such a prefix inside of a list', 'c2817f'],
    ['a long form for short bytes', `b801${'ff'}`],
    ['a long form for 55 bytes', `b837${'aa'.repeat(55)}`],
    ['a long form for a short list', 'f800'],
    ['a length with a zero before it', `b90038${'aa'.repeat(56)}`],
    ['the same of a list', `f90038${'80'.repeat(56)}`],
    ['fewer bytes than announced', '83646f'],
    ['a list that ends inside of an item', 'c283646f67'],
    ['an item that ends behind its list', 'c183646f67'],
    ['bytes behind the value', '83646f6700'],
    ['no bytes', ''],
    ['half a length', 'b9ff'],
    ['a length beyond all numbers', `bf${'ff'.repeat(8)}`],
    ['the same of a list', `ff${'ff'.repeat(8)}${'80'.repeat(60)}`]
  ])('has no %s', (_, encoding) => {
    expect(() => decodeRlp(bytes(encoding))).toThrow(BadProof)
  })

  test('has an end to how deep, how wide and how long it is', () => {
    let nested: Rlp = []
    for (let depth = 1; depth < 16; depth++) nested = [nested]
    expect(plain(decodeRlp(encodeRlp(nested)))).toEqual(plain(nested))
    expect(() => decodeRlp(encodeRlp([nested]))).toThrow('16 lists deep')
    /** A thousand lists in one another, each with its right length. */
    let bomb: Uint8Array = Uint8Array.of(0xc0)
    for (let depth = 0; depth < 1000; depth++) bomb = listAround(bomb)
    const started = performance.now()
    expect(() => decodeRlp(bomb)).toThrow('16 lists deep')
    const wide = encodeRlp(Array.from({ length: 65_000 }, () => []))
    expect(decodeRlp(wide)).toHaveLength(65_000)
    expect(() => decodeRlp(new Uint8Array(16 << 20).fill(0xc0))).toThrow('more than 65536 bytes')
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
