import { join } from '../block/bytes.ts'
import { BadProof } from './bad-proof.ts'

/** What Ethereum's Recursive Length Prefix encodes: bytes, or a list of such (Yellow Paper, appendix B). */
export type Rlp = Uint8Array | readonly Rlp[]

/** A header has well below a kilobyte, with what some chains put into `extraData` a few of them. */
const MAX_SIZE = 65_536
/** A header is one list deep; nodes inside of a node, each below 32 bytes, can be a few. */
const MAX_DEPTH = 16

/** First bytes: below this one the byte itself, then short bytes, long bytes, short lists and long lists. */
const [BYTES, LIST] = [0x80, 0xc0]
/** What is longer has its length spelled out. */
const LONGEST_SHORT = 55

/**
 * Reads what an encoder can have written, and nothing else: every value has one encoding. Bytes are views of those passed
 * in.
 * @throws BadProof
 */
export function decodeRlp(bytes: Uint8Array): Rlp {
  if (bytes.length > MAX_SIZE) throw new BadProof(`more than ${MAX_SIZE} bytes of RLP`)
  const span = spanAt(bytes, 0, bytes.length)
  if (span.end !== bytes.length) throw new BadProof('something follows the RLP')
  return valueIn(bytes, span, 0)
}

interface Span {
  readonly isList: boolean
  /** Where the content begins, behind its prefix, and where it ends. */
  readonly start: number
  readonly end: number
}

function spanAt(bytes: Uint8Array, at: number, limit: number): Span {
  const first = at < limit ? bytes[at]! : undefined
  if (first === undefined) throw new BadProof('the RLP ends too early')
  if (first < BYTES) return { isList: false, start: at, end: at + 1 }
  const isList = first >= LIST
  const length = first - (isList ? LIST : BYTES)
  const span =
    length <= LONGEST_SHORT
      ? { isList, start: at + 1, end: at + 1 + length }
      : longSpan(bytes, { at: at + 1, size: length - LONGEST_SHORT, limit, isList })
  if (span.end > limit) throw new BadProof('the RLP ends too early')
  if (!isList && length === 1 && bytes[span.start]! < BYTES)
    throw new BadProof('a byte that stands for itself has a prefix')
  return span
}

function longSpan(
  bytes: Uint8Array,
  {
    at,
    size,
    limit,
    isList
  }: { readonly at: number; readonly size: number; readonly limit: number; readonly isList: boolean }
): Span {
  const start = at + size
  if (start > limit) throw new BadProof('the RLP ends too early')
  let length = 0
  for (let i = at; i < start; i++) length = length * 256 + bytes[i]!
  if (bytes[at] === 0 || length <= LONGEST_SHORT) throw new BadProof('a length is not in its shortest form')
  return { isList, start, end: start + length }
}

function valueIn(bytes: Uint8Array, { isList, start, end }: Span, depth: number): Rlp {
  if (!isList) return bytes.subarray(start, end)
  if (depth === MAX_DEPTH) throw new BadProof(`RLP more than ${MAX_DEPTH} lists deep`)
  const items: Rlp[] = []
  for (let at = start; at < end; ) {
    const span = spanAt(bytes, at, end)
    items.push(valueIn(bytes, span, depth + 1))
    at = span.end
  }
  return items
}

/** The one encoding of a value. */
export function encodeRlp(value: Rlp): Uint8Array {
  if (value instanceof Uint8Array) {
    return value.length === 1 && value[0]! < BYTES ? value : prefixed(BYTES, value)
  }
  return prefixed(LIST, join(value.map(encodeRlp)))
}

function prefixed(base: number, content: Uint8Array): Uint8Array {
  if (content.length <= LONGEST_SHORT) return join([Uint8Array.of(base + content.length), content])
  const length: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256)
  return join([Uint8Array.of(base + LONGEST_SHORT + length.length, ...length), content])
}
