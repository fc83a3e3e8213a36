import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { join } from './bytes.ts'

/*
 * How Helia 7 spells its pins in a datastore: `/pin/<CID>` says that something is pinned, `/pinned-block/<multihash>`
 * which pins keep a block. Keys are in base36, values in CBOR (RFC 8949).
 */

const PIN = '/pin/'
const COUNT = '/pinned-block/'
const DIGEST_SIZE = 32

/** `{ depth: Infinity, metadata: {} }`: the value of a pin that was made without options. */
export const PLAIN_PIN: Uint8Array = fromHex('a2656465707468f97c00686d65746164617461a0')

export const pinKey = (cid: CID): string => PIN + cid.toString(base36)

export const countKey = (digest: Uint8Array): string => COUNT + base36.encode(Digest.create(sha256.code, digest).bytes)

/** What a pin's key names; `undefined` for any other key, and for what no store here keeps. */
export function parsePinKey(key: string): CID | undefined {
  if (!key.startsWith(PIN)) return undefined
  try {
    const cid = CID.parse(key.slice(PIN.length), base36)
    return isKept(cid.multihash) ? cid : undefined
  } catch {
    return undefined
  }
}

/** The digest whose pins a key counts; `undefined` for any other key, and for what no store here keeps. */
export function parseCountKey(key: string): Uint8Array | undefined {
  if (!key.startsWith(COUNT)) return undefined
  try {
    const multihash = Digest.decode(base36.decode(key.slice(COUNT.length)))
    return isKept(multihash) ? multihash.digest : undefined
  } catch {
    return undefined
  }
}

const isKept = ({ code, digest }: CID['multihash']): boolean =>
  code === sha256.code && digest.byteLength === DIGEST_SIZE

const COUNT_HEAD = fromHex('a26870696e436f756e74')
const COUNT_ROOTS = fromHex('6870696e6e65644279')
const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const LIST = 4

/** `{ pinCount, pinnedBy }`: that so many pins keep a block, and which. */
export function countOf(roots: readonly CID[]): Uint8Array {
  const list = roots.flatMap(({ bytes }) => [head(BYTES, bytes.byteLength), bytes])
  return join([COUNT_HEAD, head(UNSIGNED, roots.length), COUNT_ROOTS, head(LIST, roots.length), ...list])
}

/** The pins that a `{ pinCount, pinnedBy }` names; `undefined` where it is none. The count is not looked at. */
export function pinnersIn(value: Uint8Array): readonly CID[] | undefined {
  try {
    const reader = { value, at: 0 }
    expect(reader, COUNT_HEAD)
    readHead(reader, UNSIGNED, NEGATIVE)
    expect(reader, COUNT_ROOTS)
    return Array.from({ length: readHead(reader, LIST) }, () => CID.decode(take(reader, readHead(reader, BYTES))))
  } catch {
    return undefined
  }
}

interface Reader {
  readonly value: Uint8Array
  at: number
}

/** RFC 8949 §3: a major type, and a length or number in the shortest form. */
function head(type: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((type << 5) | length)
  if (length < 0x100) return Uint8Array.of((type << 5) | 24, length)
  if (length < 0x10000) return Uint8Array.of((type << 5) | 25, length >> 8, length & 0xff)
  return Uint8Array.of((type << 5) | 26, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
}

function readHead(reader: Reader, ...types: readonly number[]): number {
  const [first] = take(reader, 1)
  if (!types.includes(first! >> 5)) throw new RangeError('another type')
  const short = first! & 0x1f
  if (short < 24) return short
  if (short > 26) throw new RangeError('no length')
  return take(reader, 1 << (short - 24)).reduce((number, byte) => number * 256 + byte, 0)
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length
  if (end > reader.value.byteLength) throw new RangeError('cut short')
  const taken = reader.value.subarray(reader.at, end)
  reader.at = end
  return taken
}

function expect(reader: Reader, bytes: Uint8Array): void {
  if (take(reader, bytes.byteLength).some((byte, i) => byte !== bytes[i])) throw new RangeError('other text')
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
