import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { didOf, isPublisher, type Publisher, parsePublisher, tryPublisher } from '../../src/document/publisher.ts'

const PUBLISHER: Publisher = 'eip155:1:0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb'
const MIXED = 'did:pkh:eip155:1:0xAB16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb'

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: 40, maxLength: 40 })
const chainId = fc.bigInt({ min: 0n, max: 10n ** 32n - 1n })

describe('a publisher', () => {
  test('has one normal form, whether it is an account or a DID in any case of hex', () => {
    expect(tryPublisher(PUBLISHER)).toBe(PUBLISHER)
    expect(tryPublisher(MIXED)).toBe(PUBLISHER)
    expect(parsePublisher(MIXED)).toEqual({ chain: 'eip155:1', address: PUBLISHER.slice('eip155:1:'.length) })
    fc.assert(
      fc.property(chainId, hex, (id, digits) => {
        const account: Publisher = `eip155:${id}:0x${digits.toLowerCase()}`
        expect(tryPublisher(`did:pkh:eip155:${id}:0x${digits}`)).toBe(account)
        expect(tryPublisher(didOf(account))).toBe(account)
        expect(parsePublisher(didOf(account))).toEqual(parsePublisher(account))
      })
    )
  })

  test('is in a document the account alone', () => {
    expect(isPublisher(MIXED)).toBe(false)
    expect(isPublisher(didOf(PUBLISHER))).toBe(false)
  })

  test.each([
    `${MIXED}#blockchainAccountId`,
    `${MIXED}/path`,
    `${MIXED}?versionId=1`,
    `${MIXED};service=files`,
    `${MIXED} `,
    ` ${MIXED}`,
    `${MIXED}\n`,
    `${MIXED}0`,
    MIXED.slice(0, -1),
    MIXED.replace('did:', 'DID:'),
    MIXED.replace('pkh', 'PKH'),
    MIXED.replace('eip155', 'EIP155'),
    MIXED.replace('0x', '0X'),
    MIXED.replace(':1:', ':01:'),
    MIXED.replace(':1:', ':-1:'),
    MIXED.replace(':1:', '::'),
    MIXED.replace('pkh:', 'pkh::'),
    MIXED.replace('eip155:1:', 'bip122:000000000019d6689c085ae165831e93:'),
    MIXED.replace('pkh', 'ethr'),
    MIXED.replace('pkh:', 'pkh:did:pkh:'),
    MIXED.replace('pkh:', '%70kh:'),
    MIXED.replace('AB16', '%41B16'),
    MIXED.replace('AB16', 'AB1\u0036\u200b'),
    PUBLISHER.replace('ab16', 'AB16'),
    ''
  ])('is not %j', (text) => {
    expect(tryPublisher(text)).toBeUndefined()
    expect(() => parsePublisher(text)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })

  test('is nothing that one character was put into, taken from or changed in, but for the case of hex', () => {
    fc.assert(
      fc.property(fc.nat(MIXED.length), fc.nat(1), fc.string({ unit: 'grapheme', maxLength: 1 }), (at, cut, put) => {
        const text = MIXED.slice(0, at) + put + MIXED.slice(at + cut)
        const taken = tryPublisher(text)
        if (taken === undefined) return
        expect(text).toMatch(/^did:pkh:eip155:[0-9]+:0x[0-9a-fA-F]{40}$/)
        expect(taken).toBe(text.slice('did:pkh:'.length).toLowerCase())
      }),
      { numRuns: 2000 }
    )
  })
})
