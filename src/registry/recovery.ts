import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import type { Signature } from './registry.ts'

/** A point of the curve in Jacobian coordinates, x = X/Z² and y = Y/Z³; Z is 0 at infinity. */
type Point = readonly [x: bigint, y: bigint, z: bigint]

/** secp256k1, y² = x³ + 7 (SEC 2, 2.4.1). */
const P = 2n ** 256n - 2n ** 32n - 977n
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const G: Point = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  1n
]
const INFINITY: Point = [0n, 1n, 0n]

/** r, s and v of 27 or 28: the one spelling that the registry takes of a key. */
const KEY_SIGNATURE = /^0x([0-9a-fA-F]{64})([0-9a-fA-F]{64})(1[bBcC])$/

/**
 * Whose key signed 32 bytes (SEC 1, 4.1.6); `undefined` where nobody's did, which a high s and any v but 27 and 28 are.
 * All of it is public, so the time it takes tells nothing. Not by a library: what there is weighs 15 kB more (record 0028);
 * this is held to one by test/registry/recovery.test.ts.
 */
export function recoverKey(digest: Bytes32, signature: Signature): Address | undefined {
  const [, rHex, sHex, v] = KEY_SIGNATURE.exec(signature) ?? []
  if (rHex === undefined || sHex === undefined) return undefined
  const [r, s] = [BigInt(`0x${rHex}`), BigInt(`0x${sHex}`)]
  if (r === 0n || r >= N || s === 0n || s > N / 2n) return undefined
  const square = mod(r * r * r + 7n)
  const root = power(square, (P + 1n) / 4n)
  if (mod(root * root) !== square) return undefined
  const isOdd = v?.toLowerCase() === '1c'
  const R: Point = [r, (root & 1n) === (isOdd ? 1n : 0n) ? root : P - root, 1n]
  const inverse = invert(r, N)
  const z = BigInt(digest) % N
  const key = sumOfProducts(mod(-z * inverse, N), G, mod(s * inverse, N), R)
  if (key[2] === 0n) return undefined
  const scale = invert(key[2], P)
  const x = mod(key[0] * scale * scale)
  const y = mod(key[1] * scale * scale * scale)
  const address = toBytes32(keccak256(fromHex(`0x${word(x)}${word(y)}`)))
  return `0x${address.slice(-40)}`
}

const word = (value: bigint): string => value.toString(16).padStart(64, '0')

function mod(value: bigint, by: bigint = P): bigint {
  const rest = value % by
  return rest < 0n ? rest + by : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let product = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) product = mod(product * square)
    square = mod(square * square)
  }
  return product
}

/** By Euclid; `value` and `by` have no common factor, as `by` is a prime. */
function invert(value: bigint, by: bigint): bigint {
  let [a, b] = [mod(value, by), by]
  let [x, y] = [1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b] = [b - quotient * a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  return mod(x, by)
}

/** a·A + b·B, both at once (Shamir's trick). */
function sumOfProducts(a: bigint, A: Point, b: bigint, B: Point): Point {
  const both = add(A, B)
  let sum = INFINITY
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = double(sum)
    const [hasA, hasB] = [((a >> bit) & 1n) === 1n, ((b >> bit) & 1n) === 1n]
    if (hasA) sum = add(sum, hasB ? both : A)
    else if (hasB) sum = add(sum, B)
  }
  return sum
}

/** For a curve without the term in x. */
function double([x, y, z]: Point): Point {
  const yy = mod(y * y)
  const s = mod(4n * x * yy)
  const m = mod(3n * x * x)
  const x3 = mod(m * m - 2n * s)
  return [x3, mod(m * (s - x3) - 8n * yy * yy), mod(2n * y * z)]
}

function add(one: Point, other: Point): Point {
  if (one[2] === 0n) return other
  if (other[2] === 0n) return one
  const [x1, y1, z1] = one
  const [x2, y2, z2] = other
  const [zz1, zz2] = [mod(z1 * z1), mod(z2 * z2)]
  const [u1, u2] = [mod(x1 * zz2), mod(x2 * zz1)]
  const [s1, s2] = [mod(y1 * zz2 * z2), mod(y2 * zz1 * z1)]
  if (u1 === u2) return s1 === s2 ? double(one) : INFINITY
  const h = mod(u2 - u1)
  const r = mod(s2 - s1)
  const hh = mod(h * h)
  const hhh = mod(h * hh)
  const v = mod(u1 * hh)
  const x3 = mod(r * r - hhh - 2n * v)
  return [x3, mod(r * (v - x3) - s1 * hhh), mod(h * z1 * z2)]
}
