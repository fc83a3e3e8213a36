import { concat, dataLength, recoverAddress, Signature, TypedDataEncoder, toBeHex, Wallet, ZeroAddress } from 'ethers'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, expectRefusal, PUBLISH, type Publish, send } from './fixture.ts'
import { addressOf, firstOf, NOW, relayOf } from './signing.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, editor, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet]
const relay = relayOf(evm, relayer)
const asPublisher = contractOf(evm.address, publisher)
const MESSAGE = firstOf(publisher)

/** The order of the curve secp256k1, and the prime of its field. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn
const MAX = 2n ** 256n - 1n

describe('a signature', () => {
  test('of the publisher lets anyone publish, in the name of the publisher', async () => {
    await evm.at(NOW)
    await relay.land(MESSAGE, await relay.sign(publisher, MESSAGE))
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ publishedAt: BigInt(NOW), editor: MESSAGE.publisher })
    expect(await relay.headOf(MESSAGE)).toBe(MESSAGE.digest)
  })

  test('of an editor counts while it is one, and names it in the record', async () => {
    const message = { ...MESSAGE, editor: addressOf(editor) }
    const signature = await relay.sign(editor, message)
    await expectRefusal(relay.tryOut(message, signature), 'NotEditor', publisher.address, editor.address)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await evm.at(NOW)
    await relay.land(message, signature)
    expect(await relay.recordOf(message)).toMatchObject({ editor: message.editor })
  })

  test('is that of the account it names, not of any that might have signed', async () => {
    await send(asPublisher, 'setEditor', editor.address, NOW)
    const message = { ...MESSAGE, editor: addressOf(editor) }
    await relay.expectBad(message, await relay.sign(publisher, message))
    await relay.expectBad(MESSAGE, await relay.sign(editor, MESSAGE))
  })

  test('covers every field', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    await relay.tryOut(MESSAGE, signature)
    const changes: readonly Partial<Publish>[] = [
      { publisher: addressOf(editor) },
      { editor: addressOf(editor) },
      { ref: refOf('another') },
      { digest: digest(2) },
      { parent: digest(2) },
      { tree: digest(2) },
      { deadline: MESSAGE.deadline + 1n }
    ]
    expect(changes.map((change) => Object.keys(change)[0])).toEqual(PUBLISH.Publish.map(({ name }) => name))
    for (const change of changes) await relay.expectBad({ ...MESSAGE, ...change }, signature)
  })

  test('does not stand for another in which two fields have changed places', async () => {
    const words = ['ref', 'digest', 'parent', 'tree'] as const
    const message = { ...MESSAGE, editor: addressOf(editor), ref: digest(3), parent: digest(4), tree: digest(5) }
    const signature = await relay.sign(editor, message)
    const swaps = words.flatMap((one, i) => words.slice(i + 1).map((other) => [one, other] as const))
    for (const [one, other] of [...swaps, ['publisher', 'editor'] as const]) {
      await relay.expectBad({ ...message, [one]: message[other], [other]: message[one] }, signature)
    }
    await expectRefusal(relay.tryOut(message, signature), 'NotEditor', publisher.address, editor.address)
  })

  test('has one spelling: 65 bytes, a low s, v 27 or 28', async () => {
    const { r, s, v, yParity, compactSerialized } = Signature.from(await relay.sign(publisher, MESSAGE))
    const highS = toBeHex(N - BigInt(s), 32)
    const spellings = [
      '0x',
      compactSerialized,
      concat([r, highS, toBeHex(v === 27 ? 28 : 27)]),
      concat([r, s, toBeHex(yParity, 1)]),
      concat([r, s, toBeHex(29)]),
      concat([r, s, toBeHex(v), '0x00']),
      concat([r, s, toBeHex(v), r, s, toBeHex(v)]),
      concat([NONE, r, s, toBeHex(v)]),
      concat([toBeHex(v), r, s]),
      concat([s, r, toBeHex(v)]),
      concat([NONE, NONE, toBeHex(v)]),
      concat([r, NONE, toBeHex(v)]),
      concat([NONE, s, toBeHex(v)]),
      concat([toBeHex(N, 32), s, toBeHex(v)])
    ]
    for (const spelling of spellings) await relay.expectBad(MESSAGE, spelling)
    await relay.tryOut(MESSAGE, concat([r, s, toBeHex(v)]))
  })

  test('cut short at any byte is none', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    for (let bytes = 0; bytes < dataLength(signature); bytes++) {
      await relay.expectBad(MESSAGE, signature.slice(0, 2 + 2 * bytes))
    }
  })

  test('of nobody is none', async () => {
    const message = { ...MESSAGE, publisher: ZeroAddress as Address, editor: ZeroAddress as Address }
    // To recover from these gives no address, which a careless contract takes for the zero address.
    await relay.expectBad(message, concat([NONE, NONE, '0x1b']))
    await relay.expectBad(message, `0x${'11'.repeat(64)}1d`)
    await relay.expectBad(message, concat([toBeHex(P, 32), toBeHex(1, 32), '0x1b']))
  })

  test('of a precompile is none, whose address has no code and no key', async () => {
    for (let n = 1; n <= 17; n++) {
      const precompile = toBeHex(n, 20) as Address
      const message = { ...MESSAGE, publisher: precompile, editor: precompile }
      for (const signature of ['0x', concat([NONE, NONE, '0x1b'])]) await relay.expectBad(message, signature)
    }
  })

  test('of a document as a document is not one to publish it', async () => {
    const types = { Document: PUBLISH.Publish.filter(({ name }) => name === 'publisher' || name === 'digest') }
    await relay.expectBad(MESSAGE, await publisher.signTypedData(relay.domain, types, MESSAGE))
  })

  test('of the same fields in any other form is not one either', async () => {
    const hash = TypedDataEncoder.hash(relay.domain, PUBLISH, MESSAGE)
    const reordered = { Publish: PUBLISH.Publish.toReversed() }
    const renamed = { Published: PUBLISH.Publish }
    const forms = [
      await publisher.signMessage(Buffer.from(hash.slice(2), 'hex')),
      await publisher.signTypedData(relay.domain, reordered, MESSAGE),
      await publisher.signTypedData(relay.domain, renamed, MESSAGE),
      publisher.signingKey.sign(TypedDataEncoder.hashStruct('Publish', PUBLISH, MESSAGE)).serialized
    ]
    for (const form of forms) await relay.expectBad(MESSAGE, form)
    await relay.tryOut(MESSAGE, publisher.signingKey.sign(hash).serialized)
  })
})

/** Where an implementation of the curve goes wrong: around zero, the order, the field's prime and the middle. */
describe('a signature at the edge', () => {
  /** The rule, from the curve and ethers alone: 27 or 28, an s of the lower half, and the editor's key. */
  const isGood = (hash: string, by: Address, r: bigint, s: bigint, v: number): boolean => {
    if ((v !== 27 && v !== 28) || s > N / 2n) return false
    try {
      return recoverAddress(hash, { r: toBeHex(r, 32), s: toBeHex(s, 32), v }).toLowerCase() === by
    } catch {
      return false
    }
  }

  test('is accepted where the rule says so, and nowhere else', async () => {
    const signature = Signature.from(await relay.sign(publisher, MESSAGE))
    const hash = TypedDataEncoder.hash(relay.domain, PUBLISH, MESSAGE)
    const [r, s] = [BigInt(signature.r), BigInt(signature.s)]
    const edges = [0n, 1n, N - 1n, N, N + 1n, P, MAX]
    const accepted: (readonly [bigint, bigint, number])[] = []
    for (const oneR of [...edges, r]) {
      for (const oneS of [...edges, N / 2n, N / 2n + 1n, s, N - s]) {
        for (const v of [0, 1, 26, 27, 28, 29, 255]) {
          const spelling = concat([toBeHex(oneR, 32), toBeHex(oneS, 32), toBeHex(v, 1)])
          if (isGood(hash, MESSAGE.editor, oneR, oneS, v)) {
            await relay.tryOut(MESSAGE, spelling)
            accepted.push([oneR, oneS, v])
          } else await relay.expectBad(MESSAGE, spelling)
        }
      }
    }
    expect(accepted).toEqual([[r, s, signature.v]])
  })
})

const bytes = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((raw) => `0x${Buffer.from(raw).toString('hex')}`)
const word = bytes(32) as fc.Arbitrary<Bytes32>
const key = bytes(32).filter((hex) => BigInt(hex) !== 0n && BigInt(hex) < N)
/** By the publisher, whoever that is. */
const messages: fc.Arbitrary<Omit<Publish, 'publisher' | 'editor'>> = fc.record({
  ref: word,
  digest: word.filter((hex) => hex !== NONE),
  parent: fc.constant(NONE),
  tree: fc.oneof(fc.constant(NONE), word),
  // With one bit of it changed, still not past.
  deadline: fc.bigInt({ min: 3n << 254n, max: MAX })
})
const flip = (hex: string, bit: number): string => toBeHex(BigInt(hex) ^ (1n << BigInt(bit)), dataLength(hex))

describe('any message', () => {
  test('that its publisher signed can be published, and not by the signature of another', async () => {
    await fc.assert(
      fc.asyncProperty(key, key, messages, async (mine, others, rest) => {
        const [signer, other] = [new Wallet(mine), new Wallet(others)]
        fc.pre(signer.address !== other.address)
        const message = { ...rest, publisher: addressOf(signer), editor: addressOf(signer) }
        await relay.tryOut(message, await relay.sign(signer, message))
        await relay.expectBad(message, await relay.sign(other, message))
      }),
      { numRuns: 50 }
    )
  })

  test('is spoilt by one bit, be it of the message or of its signature', async () => {
    const fields = [...PUBLISH.Publish, { type: 'bytes65', name: 'signature' }]
    const flips = fc.oneof(
      ...fields.map(({ type, name }) => {
        const bits = { address: 160, bytes65: 520 }[type] ?? 256
        return fc.record({ name: fc.constant(name), bit: fc.nat(bits - 1) })
      })
    )
    const spoilt = new Set<string>()
    await fc.assert(
      fc.asyncProperty(key, messages, flips, async (secret, rest, { name, bit }) => {
        const signer = new Wallet(secret)
        const message = { ...rest, publisher: addressOf(signer), editor: addressOf(signer) }
        const sent: Readonly<Record<string, unknown>> = { ...message, signature: await relay.sign(signer, message) }
        await relay.tryOut(message, String(sent.signature))
        const value = sent[name]
        const other = typeof value === 'bigint' ? value ^ (1n << BigInt(bit)) : flip(String(value), bit)
        const changed = { ...sent, [name]: other } as unknown as Publish & { readonly signature: string }
        await relay.expectBad(changed, changed.signature)
        spoilt.add(name)
      }),
      { numRuns: 200 }
    )
    expect(spoilt.size).toBe(fields.length)
  })
})
