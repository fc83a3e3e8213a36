import { TypedDataEncoder, verifyTypedData, Wallet } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address, Chain } from '../../src/document/publisher.ts'
import { DEV_KEY } from '../../src/registry/account.ts'
import type { PublishMessage, Signature } from '../../src/registry/registry.ts'
import { isSignedBy, signPublish } from '../../src/registry/signature.ts'
import {
  DOCUMENT_TYPES,
  documentDigest,
  documentTypedDataOf,
  type Place,
  PUBLISH_TYPES,
  publishDigest,
  registryDomain,
  typedDataOf
} from '../../src/registry/typed-data.ts'
import { PUBLISH } from '../contract/fixture.ts'

const hex = (bytes: number): fc.Arbitrary<`0x${string}`> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((value) => `0x${Buffer.from(value).toString('hex')}` as const)
const place: fc.Arbitrary<Place> = fc.record({
  chain: fc.bigInt({ min: 0n, max: 2n ** 64n }).map((id): Chain => `eip155:${id}`),
  address: hex(20)
})
const message: fc.Arbitrary<PublishMessage> = fc.record({
  publisher: hex(20),
  editor: hex(20),
  ref: hex(32),
  digest: hex(32),
  parent: hex(32),
  tree: hex(32),
  deadline: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.constantFrom(0n, 2n ** 256n - 1n))
})
const mutable = { Publish: [...PUBLISH_TYPES.Publish] }
const word = (byte: string): Bytes32 => `0x${byte.repeat(32)}`
const SIGNER = new Wallet(DEV_KEY)
const ADDRESS = SIGNER.address.toLowerCase() as Address
const HERE: Place = { chain: 'eip155:31337', address: `0x${'7e'.repeat(20)}` }
const MESSAGE: PublishMessage = {
  publisher: ADDRESS,
  editor: ADDRESS,
  ref: word('01'),
  digest: word('d1'),
  parent: word('00'),
  tree: word('00'),
  deadline: 4_000_000_000n
}

describe('what is signed', () => {
  test('of a statement has the digest that ethers makes of it, and as wallets are asked for it', async () => {
    const statement = fc.record({ publisher: hex(20), digest: hex(32) })
    const types = { Document: [...DOCUMENT_TYPES.Document] }
    fc.assert(
      fc.property(place, statement, (at, signed) => {
        const domain = { ...registryDomain(at) }
        expect(documentDigest(at, signed)).toBe(TypedDataEncoder.hash(domain, types, signed))
        const { domain: asked, types: named, message: value, primaryType } = documentTypedDataOf(at, signed)
        expect(primaryType).toBe('Document')
        expect(TypedDataEncoder.hash({ ...asked }, { Document: [...named.Document!] }, value)).toBe(
          documentDigest(at, signed)
        )
      }),
      { numRuns: 200 }
    )
  })

  test('has the digest that ethers makes of it, whatever is in it', () => {
    fc.assert(
      fc.property(place, message, (at, signed) => {
        const domain = { ...registryDomain(at) }
        expect(publishDigest(at, signed)).toBe(TypedDataEncoder.hash(domain, mutable, signed))
      }),
      { numRuns: 300 }
    )
  })

  test('has the types that the contract has', () => {
    expect(mutable.Publish.map(({ name, type }) => `${type} ${name}`)).toEqual(
      PUBLISH.Publish.map(({ name, type }) => `${type} ${name}`)
    )
    expect(TypedDataEncoder.from({ Document: [...DOCUMENT_TYPES.Document] }).encodeType('Document')).toBe(
      'Document(address publisher,bytes32 digest)'
    )
  })

  test('is the same to a wallet that is given it as JSON', () => {
    fc.assert(
      fc.property(place, message, (at, signed) => {
        const { domain, types, primaryType, message: shown } = JSON.parse(JSON.stringify(typedDataOf(at, signed)))
        const { EIP712Domain, ...own } = types
        expect(EIP712Domain.map((field: { name: string }) => field.name)).toEqual(
          Object.keys(domain).toSorted(domainOrder)
        )
        expect(Object.keys(own)).toEqual([primaryType])
        expect(TypedDataEncoder.hash(domain, own, shown)).toBe(publishDigest(at, signed))
      }),
      { numRuns: 50 }
    )
  })

  test('is refused where a value does not fit its word', () => {
    const refusal = expect.objectContaining({ code: 'INVALID_OPTION' })
    for (const deadline of [2n ** 256n, 2n ** 264n, -1n]) {
      expect(() => publishDigest(HERE, { ...MESSAGE, deadline })).toThrow(refusal)
    }
    expect(() => publishDigest(HERE, { ...MESSAGE, ref: `${word('01')}00` })).toThrow(refusal)
  })
})

const DOMAIN_ORDER = ['name', 'version', 'chainId', 'verifyingContract']
const domainOrder = (a: string, b: string): number => DOMAIN_ORDER.indexOf(a) - DOMAIN_ORDER.indexOf(b)

describe('a signature', () => {
  test('is that of the typed data, by the account that the message names', async () => {
    const signature = await signPublish(SIGNER, HERE, MESSAGE)
    expect(verifyTypedData({ ...registryDomain(HERE) }, mutable, MESSAGE, signature)).toBe(SIGNER.address)
    expect(isSignedBy(ADDRESS, publishDigest(HERE, MESSAGE), signature)).toBe(true)
    expect(isSignedBy(SIGNER.address as Address, publishDigest(HERE, MESSAGE), signature)).toBe(true)
    expect(isSignedBy(`0x${'11'.repeat(20)}`, publishDigest(HERE, MESSAGE), signature)).toBe(false)
  })

  test('is asked of nobody but the editor that the message names', async () => {
    const another = { ...MESSAGE, editor: `0x${'11'.repeat(20)}` as const }
    await expect(signPublish(SIGNER, HERE, another)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { option: 'editor' }
    })
  })

  test("is not made with the dev chain's key for a chain that matters", async () => {
    await expect(signPublish(SIGNER, { ...HERE, chain: 'eip155:1' }, MESSAGE)).rejects.toMatchObject({
      code: 'NO_ACCOUNT'
    })
  })

  test('that is declined is told as a key that is refused', async () => {
    class Declining extends Wallet {
      override async signTypedData(): Promise<string> {
        throw Object.assign(new Error('user rejected'), { code: 'ACTION_REJECTED' })
      }
    }
    await expect(signPublish(new Declining(DEV_KEY), HERE, MESSAGE)).rejects.toMatchObject({
      code: 'NO_ACCOUNT',
      details: { rule: `${ADDRESS} declined to sign` }
    })
  })

  test('that a wallet cannot make is told as such, without what it was asked', async () => {
    class Unable extends Wallet {
      override async signTypedData(): Promise<string> {
        throw new Error('method not supported (payload={"secret":1})')
      }
    }
    await expect(signPublish(new Unable(DEV_KEY), HERE, MESSAGE)).rejects.toMatchObject({
      code: 'NO_ACCOUNT',
      message: `${ADDRESS} cannot sign typed data: method not supported`
    })
  })

  test.each<[string, (good: string) => string]>([
    ['nothing', () => '0x'],
    ['one byte more', (good) => `${good}00`],
    ['one byte less', (good) => good.slice(0, -2)],
    ['v of 0 or 1', (good) => `${good.slice(0, -2)}${good.endsWith('1b') ? '00' : '01'}`],
    ['another v', (good) => `${good.slice(0, -2)}${good.endsWith('1b') ? '1c' : '1b'}`],
    ['a high s', (good) => withHighS(good)],
    ['no r', (good) => `0x${'0'.repeat(64)}${good.slice(66)}`],
    ['no s', (good) => `${good.slice(0, 66)}${'0'.repeat(64)}${good.slice(130)}`],
    ['no hex', (good) => good.replace(/.$/, 'g')]
  ])('with %s is none', async (_, change) => {
    const changed = change(await signPublish(SIGNER, HERE, MESSAGE)) as Signature
    expect(isSignedBy(ADDRESS, publishDigest(HERE, MESSAGE), changed)).toBe(false)
  })
})

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function withHighS(good: string): string {
  const s = (CURVE_ORDER - BigInt(`0x${good.slice(66, 130)}`)).toString(16).padStart(64, '0')
  return `${good.slice(0, 66)}${s}${good.endsWith('1b') ? '1c' : '1b'}`
}
