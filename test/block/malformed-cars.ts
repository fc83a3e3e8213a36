import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { Block } from '../../src/block/block.ts'
import { toBlock } from '../../src/block/block.ts'
import { join } from '../../src/block/bytes.ts'
import { encodeVarint } from '../../src/block/varint.ts'

/** A CAR that must be refused, and the words in which it is. */
export interface Malformed {
  readonly name: string
  readonly chunks: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly rule: RegExp
}

/** How much an endless file sends at most, so that a reader without bounds still ends. */
const ENDLESS = 2 ** 33
const CHUNK = 65_536

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const varint = encodeVarint

async function* endless(start: Uint8Array, byte = 0x20): AsyncGenerator<Uint8Array> {
  yield start
  const chunk = new Uint8Array(CHUNK).fill(byte)
  for (let sent = 0; sent < ENDLESS; sent += CHUNK) {
    // A network gives its reader a turn, too.
    if (sent % (CHUNK * 256) === 0) await new Promise((resolve) => setImmediate(resolve))
    yield chunk
  }
}

/** A header as bytes, its length before it. */
export const header = (cbor: Uint8Array): Uint8Array => join([varint(cbor.byteLength), cbor])
/** `{ roots: [], version: 1 }` */
export const ROOTLESS: Uint8Array = header(hex('a2 65726f6f7473 80 6776657273696f6e 01'))

export const section = (cid: Uint8Array, bytes: Uint8Array): Uint8Array =>
  join([varint(cid.byteLength + bytes.byteLength), cid, bytes])
const sectionOf = ({ cid, bytes }: Block): Uint8Array => section(cid.bytes, bytes)

/** `{ roots: [the same root, so many times], version: 1 }`, or what claims to be. */
function rooted(cid: Uint8Array, count: number, claimed = count): Uint8Array {
  const root = join([hex('d82a 58'), Uint8Array.of(cid.byteLength + 1, 0), cid])
  const head = hex(`9a${claimed.toString(16).padStart(8, '0')}`)
  return join([hex('a2 65726f6f7473'), head, ...Array.from({ length: count }, () => root), hex('6776657273696f6e 01')])
}

const pragma = hex('0a a16776657273696f6e02')
function second(from: number, size: number, ...rest: readonly Uint8Array[]): Uint8Array {
  const fixed = new Uint8Array(40)
  const view = new DataView(fixed.buffer)
  view.setBigUint64(16, BigInt(from), true)
  view.setBigUint64(24, BigInt(size), true)
  return join([pragma, fixed, ...rest])
}

/** A CARv2 around a CARv1. */
export const wrapped = (inner: Uint8Array, padding = 0, after: Uint8Array = new Uint8Array()): Uint8Array =>
  second(51 + padding, inner.byteLength, new Uint8Array(padding), inner, after)

export async function malformedCars(): Promise<readonly Malformed[]> {
  const block = await toBlock({ title: 'a trend' })
  const { cid, bytes } = block
  const good = sectionOf(block)
  const start = join([ROOTLESS, good])
  const digest = cid.multihash.digest
  const flipped = bytes.with(3, bytes[3]! ^ 1)
  const identity = CID.createV1(json.code, createDigest(0, bytes)).bytes
  const cut = CID.createV1(json.code, createDigest(0x12, digest.slice(0, 20))).bytes
  const of = (name: string, rule: RegExp, ...parts: readonly Uint8Array[]): Malformed => ({
    name,
    rule,
    chunks: () => [join(parts)]
  })
  const without = (name: string, rule: RegExp, from: Uint8Array): Malformed => ({
    name,
    rule,
    chunks: () => endless(from)
  })
  return [
    of('nothing at all', /ends in a varint/),
    of(
      'text',
      /more than 8388608, or this is no CAR|ends in the header/,
      new TextEncoder().encode('{"title":"a trend"}')
    ),
    of('an empty header', /header is empty/, hex('00')),
    of('a header cut off', /ends in the header/, ROOTLESS.slice(0, 9)),
    of('a varint cut off', /ends in a varint/, hex('ff ff')),
    of('a varint of ten bytes', /more than 9 bytes/, hex('ff ff ff ff ff ff ff ff ff 01')),
    of('a header length with a byte too many', /shortest form/, hex('91 00'), ROOTLESS.slice(1)),
    of('a section length with a byte too many', /shortest form/, ROOTLESS, hex('80 00'), good),
    of('a header of 2^53 bytes', /is more than/, varint(2 ** 53)),
    of('a section of 2^53 bytes', /is more than/, ROOTLESS, varint(2 ** 53), cid.bytes),
    of('a section of 2^63 bytes', /is more than/, ROOTLESS, hex('ff ff ff ff ff ff ff ff 7f'), cid.bytes),
    of('an empty section', /section is empty/, start, hex('00')),
    of('zeros after the end', /section is empty/, start, new Uint8Array(512)),
    of('garbage after the end', /no CID|ends in|more than/, start, hex('2a 6761726261676521')),
    of('a section without its block', /ends in a section/, ROOTLESS, good.slice(0, 38)),
    of('a section shorter than its CID', /no CID|less than a CID/, ROOTLESS, varint(10), cid.bytes, bytes),
    of('a CID of version 2', /no CID/, ROOTLESS, section(join([hex('02'), cid.bytes.slice(1)]), bytes)),
    of('an identity CID', /identity/, ROOTLESS, section(identity, bytes)),
    of('a digest of 20 bytes', /another size/, ROOTLESS, section(cut, bytes)),
    of(
      'a digest of 2^40 bytes',
      /no CID|another size|less than/,
      ROOTLESS,
      section(hex('01800412 808080808020'), bytes)
    ),
    of(
      'a codec spelled with a byte too many',
      /no CID/,
      ROOTLESS,
      section(join([hex('01 808400 1220'), digest]), bytes)
    ),
    of('a byte that was changed', /another digest/, ROOTLESS, section(cid.bytes, flipped)),
    of(
      'a byte of the digest that was changed',
      /another digest/,
      ROOTLESS,
      section(cid.bytes.with(20, cid.bytes[20]! ^ 1), bytes)
    ),
    of(
      'a changed byte in a block that is not kept',
      /another digest/,
      ROOTLESS,
      section(CID.createV1(0x55, cid.multihash).bytes, flipped)
    ),
    of('the bytes of a CIDv0 that were changed', /another digest/, ROOTLESS, section(cid.multihash.bytes, flipped)),
    of('version 3', /version 1 with roots/, header(hex('a2 65726f6f7473 80 6776657273696f6e 03'))),
    of('version 1 without roots', /version 1 with roots/, header(hex('a1 6776657273696f6e 01'))),
    of('version 2 with roots', /version 1 with roots/, header(hex('a2 65726f6f7473 80 6776657273696f6e 02'))),
    of('a version in words', /DAG-CBOR/, header(hex('a2 65726f6f7473 80 6776657273696f6e 6131'))),
    of('no version', /version 1 with roots/, header(hex('a1 65726f6f7473 80'))),
    of('roots twice', /once each/, header(hex('a3 65726f6f7473 80 65726f6f7473 80 6776657273696f6e 01'))),
    of('a third key', /once each/, header(hex('a3 64626c6970 f5 65726f6f7473 80 6776657273696f6e 01'))),
    of('a key of a MiB', /once each/, header(join([hex('a2 7a00100000'), new Uint8Array(2 ** 20)]))),
    of('a list for a header', /DAG-CBOR/, header(hex('82 01 80'))),
    of('a list without a length', /DAG-CBOR/, header(hex('a2 65726f6f7473 9f ff 6776657273696f6e 01'))),
    of(
      'a number spelled with a byte too many',
      /shortest form/,
      header(hex('a2 65726f6f7473 9800 6776657273696f6e 01'))
    ),
    of('bytes after the header', /after the header/, header(hex('a2 65726f6f7473 80 6776657273696f6e 01 00'))),
    of('a root that is a text', /DAG-CBOR/, header(hex('a2 65726f6f7473 81 6161 6776657273696f6e 01'))),
    of('a root under another tag', /no CID/, header(hex('a2 65726f6f7473 81 d82b 420000 6776657273696f6e 01'))),
    of('a root that is cut', /ends too early/, header(hex('a2 65726f6f7473 81 d82a 5825 00'))),
    of(
      'lists in lists, a MiB deep',
      /DAG-CBOR/,
      header(join([hex('a2 65726f6f7473'), new Uint8Array(2 ** 20).fill(0x81)]))
    ),
    of(
      'tags in tags, a MiB deep',
      /no CID|DAG-CBOR/,
      header(join([hex('a2 65726f6f7473 81'), new Uint8Array(2 ** 20).fill(0xc1)]))
    ),
    of(
      'four thousand million roots that are not there',
      /ends too early|DAG-CBOR/,
      header(rooted(cid.bytes, 3, 0xffffffff))
    ),
    of('a quarter of a million roots', /is more than/, header(rooted(cid.bytes, 250_000))),
    of('190,000 roots, one too many claimed', /DAG-CBOR/, header(rooted(cid.bytes, 190_000, 190_001))),
    of('a CARv2 of nothing', /header of a CARv2/, pragma),
    of('a CARv2 whose data start in its header', /start elsewhere/, second(20, 100, start)),
    of('a CARv2 whose data start at the end of the world', /start elsewhere/, second(2 ** 52, 100, start)),
    of('a CARv2 whose data have no end', /no end/, second(51, 2 ** 60, start)),
    of('a CARv2 in a CARv2', /must be a CARv1/, wrapped(wrapped(start))),
    of('a CARv2 whose data end in a block', /after the end/, second(51, start.byteLength - 5, start)),
    of('a CARv2 that is cut', /ends in/, wrapped(start).slice(0, -5)),
    without('an endless header', /is more than/, varint(2 ** 40)),
    without('an endless header of a permitted length', /DAG-CBOR/, varint(8 * 1024 * 1024)),
    without('an endless section', /is more than/, join([ROOTLESS, varint(2 ** 40), cid.bytes])),
    without(
      'an endless section of a permitted length',
      /another digest/,
      join([ROOTLESS, varint(8 * 1024 * 1024), cid.bytes])
    ),
    without('endless garbage', /DAG-CBOR|no CID|another|more than/, start),
    { name: 'endless zeros', rule: /header is empty/, chunks: () => endless(new Uint8Array(), 0) },
    { name: 'an endless varint', rule: /more than 9 bytes/, chunks: () => endless(ROOTLESS, 0xff) }
  ]
}
