import type { CID } from 'multiformats/cid'
import { measureCid, toCid } from './binary-cid.ts'
import { join } from './bytes.ts'
import { invalidCar } from './car-fault.ts'

/**
 * The header of a CAR: DAG-CBOR of `{ roots: [CID …], version: 1 }`, or of `{ version: 2 }` before a CARv2
 * (https://ipld.io/specs/transport/car/carv1/#header). No general CBOR is read, so nothing nests and nothing is made of
 * a length before its bytes are there.
 */
export type CarHeader = { readonly version: 1; readonly roots: Roots } | { readonly version: 2 }

/** CIDs that are made as they are asked for: in the header one takes 42 bytes, as an object 2 kB. */
export interface Roots extends Iterable<CID> {
  readonly count: number
}

// RFC 8949 §3: the major types that a header is made of.
const UNSIGNED = 0
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const TAG = 6
/** DAG-CBOR: a CID is tag 42 of a byte string that starts with a zero. */
const CID_TAG = 42

const ROOTS = wordOf('roots')
const VERSION = wordOf('version')

/** The header of a CAR, or nothing where it would be larger than `limit`. */
export function encodeCarHeader(roots: Iterable<CID>, limit: number): Uint8Array<ArrayBuffer> | undefined {
  const tag = head(TAG, CID_TAG)
  let listed = new Uint8Array(1024)
  let size = 0
  let count = 0
  for (const { bytes } of roots) {
    const root = join([tag, head(BYTES, bytes.byteLength + 1), Uint8Array.of(0), bytes])
    if (size + root.byteLength > limit) return undefined
    if (size + root.byteLength > listed.byteLength) listed = join([listed, new Uint8Array(listed.byteLength)])
    listed.set(root, size)
    size += root.byteLength
    count++
  }
  const list = [ROOTS, head(ARRAY, count), listed.subarray(0, size)]
  const header = join([head(MAP, 2), ...list, VERSION, head(UNSIGNED, 1)])
  return header.byteLength > limit ? undefined : header
}

function head(major: number, value: number): Uint8Array {
  const kind = major << 5
  if (value < 24) return Uint8Array.of(kind | value)
  if (value < 0x100) return Uint8Array.of(kind | 24, value)
  if (value < 0x1_0000) return Uint8Array.of(kind | 25, value >> 8, value & 0xff)
  return Uint8Array.of(kind | 26, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
}

function wordOf(word: string): Uint8Array {
  return join([head(TEXT, word.length), new TextEncoder().encode(word)])
}

/** @param offset where the header starts in the file @throws INVALID_CAR */
export function decodeCarHeader(bytes: Uint8Array, offset: number): CarHeader {
  const cursor = cursorOver(bytes, offset)
  const keys = cursor.head(MAP)
  let roots: Roots | undefined
  let version: number | undefined
  for (let i = 0; i < keys; i++) {
    const key = cursor.text()
    if (key === 'roots' && roots === undefined) roots = rootsAt(cursor)
    else if (key === 'version' && version === undefined) version = cursor.head(UNSIGNED)
    else throw cursor.fault('a header has roots and a version, once each, and nothing else')
  }
  if (!cursor.isAtEnd()) throw cursor.fault('there are bytes after the header')
  if (version === 2 && roots === undefined) return { version }
  if (version === 1 && roots !== undefined) return { version, roots }
  throw cursor.fault('a header is of version 1 with roots, or of version 2 without')
}

function rootsAt(cursor: Cursor): Roots {
  const count = cursor.head(ARRAY)
  const start = cursor.mark()
  // However many are announced, the first one that is not there ends it.
  for (let i = 0; i < count; i++) cursor.root()
  return {
    count,
    *[Symbol.iterator]() {
      const again = start()
      for (let i = 0; i < count; i++) yield toCid(again.root())
    }
  }
}

interface Cursor {
  /** The value of a data item's head. @throws INVALID_CAR when it is of another major type, or not in its shortest form */
  head: (major: number) => number
  text: () => string
  /** The bytes of a root's CID, looked over. */
  root: () => Uint8Array
  /** Makes cursors that start here. */
  mark: () => () => Cursor
  isAtEnd: () => boolean
  fault: (rule: string) => Error
}

/** The longest key of a header. */
const LONGEST_KEY = 'version'.length

function cursorOver(bytes: Uint8Array, offset: number, from = 0): Cursor {
  let at = from
  const fault = (rule: string): Error => invalidCar(offset + at, rule)
  const take = (length: number): Uint8Array => {
    if (length > bytes.byteLength - at) throw fault('the header ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const headOf = (major: number): number => {
    const [first = 0] = take(1)
    const kind = first & 0x1f
    if (first >> 5 !== major || kind > 26) throw fault('a header is DAG-CBOR of roots and a version')
    if (kind < 24) return kind
    let value = 0
    for (const byte of take(2 ** (kind - 24))) value = value * 0x100 + byte
    // RFC 8949 §4.2.1, as DAG-CBOR demands: there is one spelling of a number.
    if (value < [24, 0x100, 0x1_0000][kind - 24]!) throw fault('a number is not in its shortest form')
    return value
  }
  return {
    fault,
    isAtEnd: () => at === bytes.byteLength,
    head: headOf,
    text() {
      const size = headOf(TEXT)
      if (size > LONGEST_KEY) throw fault('a header has roots and a version, once each, and nothing else')
      return String.fromCharCode(...take(size))
    },
    root() {
      if (headOf(TAG) !== CID_TAG) throw fault('a root is no CID')
      const content = take(headOf(BYTES))
      const cid = content.subarray(1)
      const measured = content[0] === 0 ? measureCid(cid) : { rule: 'a root is no CID' }
      if ('rule' in measured) throw fault(measured.rule)
      if (measured.size !== cid.byteLength) throw fault('there are bytes after a root')
      return cid
    },
    mark() {
      const here = at
      return () => cursorOver(bytes, offset, here)
    }
  }
}
