import type { CID } from 'multiformats/cid'
import { readBinaryCid } from './binary-cid.ts'
import { join } from './bytes.ts'
import { invalidCar } from './car-fault.ts'

/**
 * The header of a CAR: DAG-CBOR of `{ roots: [CID …], version: 1 }`, or of `{ version: 2 }` before a CARv2
 * (https://ipld.io/specs/transport/car/carv1/#header). No general CBOR is read, so nothing nests and nothing is made of
 * a length before its bytes are there.
 */
export type CarHeader = { readonly version: 1; readonly roots: readonly CID[] } | { readonly version: 2 }

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

export function encodeCarHeader(roots: readonly CID[]): Uint8Array<ArrayBuffer> {
  const before = join([head(MAP, 2), ROOTS, head(ARRAY, roots.length)])
  const after = join([VERSION, head(UNSIGNED, 1)])
  const tag = head(TAG, CID_TAG)
  // Written in place: pieces of a hundred thousand roots would weigh ten times what they say.
  const sizes = roots.reduce((sum, { bytes }) => sum + prefixOf(tag, bytes).byteLength + bytes.byteLength, 0)
  const header = new Uint8Array(before.byteLength + sizes + after.byteLength)
  let at = 0
  const put = (bytes: Uint8Array): void => {
    header.set(bytes, at)
    at += bytes.byteLength
  }
  put(before)
  for (const { bytes } of roots) {
    put(prefixOf(tag, bytes))
    put(bytes)
  }
  put(after)
  return header
}

/** What stands before the bytes of a root. */
const prefixOf = (tag: Uint8Array, { byteLength }: Uint8Array): Uint8Array =>
  join([tag, head(BYTES, byteLength + 1), Uint8Array.of(0)])

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
  let roots: readonly CID[] | undefined
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

function rootsAt(cursor: Cursor): readonly CID[] {
  const count = cursor.head(ARRAY)
  const roots: CID[] = []
  // However many are announced, the first one that is not there ends it.
  for (let i = 0; i < count; i++) {
    if (cursor.head(TAG) !== CID_TAG) throw cursor.fault('a root is no CID')
    roots.push(cursor.cid(cursor.head(BYTES)))
  }
  return roots
}

interface Cursor {
  /** The value of a data item's head. @throws INVALID_CAR when it is of another major type, or not in its shortest form */
  head: (major: number) => number
  text: () => string
  cid: (size: number) => CID
  isAtEnd: () => boolean
  fault: (rule: string) => Error
}

/** The longest key of a header. */
const LONGEST_KEY = 'version'.length

function cursorOver(bytes: Uint8Array, offset: number): Cursor {
  let at = 0
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
    const value = take(2 ** (kind - 24)).reduce((sum, byte) => sum * 0x100 + byte, 0)
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
    cid(size) {
      const content = take(size)
      const read = content[0] === 0 ? readBinaryCid(content.subarray(1)) : { rule: 'a root is no CID' }
      if ('rule' in read) throw fault(read.rule)
      if (read.size !== size - 1) throw fault('there are bytes after a root')
      return read.cid
    }
  }
}
