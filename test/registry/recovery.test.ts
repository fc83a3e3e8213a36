import { concat, hexlify, recoverAddress, Signature, SigningKey, toBeHex, Wallet } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { recoverKey } from '../../src/registry/recovery.ts'
import { isSignedBy } from '../../src/registry/signature.ts'

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 2n ** 256n - 2n ** 32n - 977n
const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hexlify(bytes) as Bytes32)
const small = fc.bigInt({ min: 1n, max: 20n })
/** Numbers at every edge that there is. */
const edges = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  fc.constantFrom(0n, N, N / 2n, P, 2n ** 256n - 1n, 1n << 255n),
  small,
  small.map((n) => N - n),
  small.map((n) => N / 2n + n),
  small.map((n) => P - n)
)
const key = fc.oneof(
  fc.bigInt({ min: 1n, max: N - 1n }),
  small,
  small.map((n) => N - n)
)
const spelled = (r: bigint, s: bigint, v: number): `0x${string}` =>
  concat([toBeHex(r, 32), toBeHex(s, 32), toBeHex(v, 1)]) as `0x${string}`
const HASHES = fc.oneof(
  word,
  fc.constantFrom<Bytes32>(`0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, toBeHex(N, 32) as Bytes32)
)

/** What the library says, by the rules of the registry. */
function oracle(digest: Bytes32, r: bigint, s: bigint, v: number): string | undefined {
  if (r === 0n || r >= N || s === 0n || s > N / 2n || (v !== 27 && v !== 28)) return undefined
  try {
    return recoverAddress(digest, Signature.from({ r: toBeHex(r, 32), s: toBeHex(s, 32), v })).toLowerCase()
  } catch {
    return undefined
  }
}

describe('the key of a signature', () => {
  test('is found, whatever the key and whatever was signed', () => {
    fc.assert(
      fc.property(key, HASHES, (secret, digest) => {
        const signing = new SigningKey(toBeHex(secret, 32))
        const { serialized } = signing.sign(digest)
        const account = new Wallet(signing).address.toLowerCase()
        expect(recoverKey(digest, serialized as `0x${string}`)).toBe(account)
        expect(isSignedBy(account as `0x${string}`, digest, serialized as `0x${string}`)).toBe(true)
      }),
      { numRuns: 200 }
    )
  })

  test('is what a library says of any two numbers, and nobody where it says nobody', () => {
    fc.assert(
      fc.property(edges, edges, fc.constantFrom(27, 28, 0, 1, 29), HASHES, (r, s, v, digest) => {
        expect(recoverKey(digest, spelled(r, s, v))).toBe(oracle(digest, r, s, v))
      }),
      { numRuns: 500 }
    )
  })

  test('is nobody for the point at infinity', () => {
    // With R = G and s = z nothing is left: Q = (s·R − z·G) / r.
    const [r] = [0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n]
    expect(recoverKey(toBeHex(5n, 32) as Bytes32, spelled(r, 5n, 27))).toBeUndefined()
  })

  test('is nobody for a twin with a high s, a v of another kind, and any other length', async () => {
    const wallet = new Wallet(`0x${'42'.repeat(32)}`)
    const digest: Bytes32 = `0x${'d1'.repeat(32)}`
    const { r, s, v, serialized, compactSerialized } = wallet.signingKey.sign(digest)
    expect(recoverKey(digest, serialized as `0x${string}`)).toBe(wallet.address.toLowerCase())
    expect(recoverKey(digest, serialized.toUpperCase().replace('0X', '0x') as `0x${string}`)).toBe(
      wallet.address.toLowerCase()
    )
    const twin = spelled(BigInt(r), N - BigInt(s), v === 27 ? 28 : 27)
    const bad = [twin, spelled(BigInt(r), BigInt(s), v - 27), spelled(BigInt(r), BigInt(s), v + 4), compactSerialized]
    const cut = [serialized.slice(0, -2), `${serialized}00`, '0x', `${serialized}\n`, `0X${serialized.slice(2)}`]
    for (const signature of [...bad, ...cut]) expect(recoverKey(digest, signature as `0x${string}`)).toBeUndefined()
  })
})
