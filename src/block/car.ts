import type { CID } from 'multiformats/cid'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { LONGEST_CID, measureCid, toCid } from './binary-cid.ts'
import { type Block, MAX_BLOCK_SIZE } from './block.ts'
import { type ByteStream, byteStream, type Chunks } from './byte-stream.ts'
import { invalidCar } from './car-fault.ts'
import { decodeCarHeader, encodeCarHeader, type Roots } from './car-header.ts'
import { isNamedBy, isTrendCid, type TrendCid } from './cid.ts'
import { decodeVarint, encodeVarint, LONGEST_VARINT } from './varint.ts'

/** A block of a CAR whose bytes were hashed, one of ours or of a kind that the archive does not keep; and where it ends. */
export type CarBlock =
  | { readonly block: Block; readonly end: number }
  | { readonly foreign: CID; readonly rule: string; readonly end: number }

export interface Car {
  /** What the file says it is about; whether that is in it is seen at its end. */
  readonly roots: Roots
  /** What is in the file, as it is read; to be gone through once. @throws INVALID_CAR */
  readonly blocks: AsyncIterable<CarBlock>
}

/** The largest header: some 200,000 roots. */
const MAX_HEADER_SIZE = 8 * 1024 * 1024
/** The largest CID and block together, as in go-car, which Kubo reads with. */
const MAX_SECTION_SIZE = 8 * 1024 * 1024
/** What a CARv2 may leave empty before the CARv1 in it. */
const MAX_PADDING = 1024 * 1024

/**
 * Writes a CAR, version 1 (https://ipld.io/specs/transport/car/carv1/). The same roots and blocks make the same bytes
 * everywhere. What comes out first are the roots, so that whoever reads on knows what to wait for.
 */
export async function* writeCar(
  roots: Iterable<TrendCid>,
  blocks: Iterable<Block> | AsyncIterable<Block>
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const header = encodeCarHeader(roots, MAX_HEADER_SIZE)
  // A file that we would not read must not be written either.
  if (header === undefined) throw tooManyRoots()
  yield encodeVarint(header.byteLength)
  yield header
  for await (const { cid, bytes } of blocks) {
    const name = cid.bytes
    const length = encodeVarint(name.byteLength + bytes.byteLength)
    // One piece a block: every piece costs its reader a turn.
    const section = new Uint8Array(length.byteLength + name.byteLength + bytes.byteLength)
    section.set(length)
    section.set(name, length.byteLength)
    section.set(bytes, length.byteLength + name.byteLength)
    yield section
  }
}

/**
 * Reads a CAR as it comes: version 1, or the version 1 inside of a version 2. The bytes of every sha2-256 CID are hashed.
 * No more is held than one block, or the header, whatever lengths the file claims.
 * @throws INVALID_CAR when it is none
 */
export async function readCar(chunks: Chunks, options: Abortable = {}): Promise<Car> {
  const stream = byteStream(chunks, options)
  try {
    const { roots, end } = await readStart(stream)
    return { roots, blocks: blocksOf(stream, end) }
  } catch (cause) {
    stream.close()
    throw cause
  }
}

/** The roots, and where the last block ends; a CARv1 ends where the file does. */
async function readStart(stream: ByteStream): Promise<{ readonly roots: Roots; readonly end: number }> {
  const outer = await readHeader(stream)
  if (outer.version === 1) return { roots: outer.roots, end: Number.POSITIVE_INFINITY }
  const end = await readPlace(stream)
  const at = stream.offset
  const inner = await readHeader(stream)
  if (inner.version !== 1) throw invalidCar(at, 'inside of a CARv2 there must be a CARv1')
  return { roots: inner.roots, end }
}

async function readHeader(stream: ByteStream) {
  const start = stream.offset
  const length = await takeVarint(stream)
  if (length === 0) throw invalidCar(start, 'the header is empty')
  if (length > MAX_HEADER_SIZE) {
    throw invalidCar(start, `a header of ${length} bytes is more than ${MAX_HEADER_SIZE}, or this is no CAR`)
  }
  const at = stream.offset
  const bytes = await stream.take(length)
  if (bytes === undefined) throw invalidCar(at, 'the file ends in the header')
  return decodeCarHeader(bytes, at)
}

/** Where the CARv1 inside of a CARv2 ends; goes on to where it starts (https://ipld.io/specs/transport/car/carv2/). */
async function readPlace(stream: ByteStream): Promise<number> {
  const start = stream.offset
  const bytes = await stream.take(40)
  if (bytes === undefined) throw invalidCar(start, 'the file ends in the header of a CARv2')
  const view = new DataView(bytes.buffer)
  const [from, size] = [view.getBigUint64(16, true), view.getBigUint64(24, true)]
  const padding = Number(from) - stream.offset
  if (padding < 0 || padding > MAX_PADDING) throw invalidCar(start, 'a CARv2 says that its data start elsewhere')
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidCar(start, 'a CARv2 says that its data have no end')
  if (!(await stream.skip(padding))) throw invalidCar(stream.offset, 'the file ends before its data')
  return stream.offset + Number(size)
}

async function* blocksOf(stream: ByteStream, end: number): AsyncGenerator<CarBlock, void, undefined> {
  try {
    while (!(await isAtEnd(stream, end))) yield await readBlock(stream, end)
  } finally {
    stream.close()
  }
}

const isAtEnd = async (stream: ByteStream, end: number): Promise<boolean> =>
  end === Number.POSITIVE_INFINITY ? (await stream.peek(1)).byteLength === 0 : stream.offset === end

async function readBlock(stream: ByteStream, end: number): Promise<CarBlock> {
  const offset = stream.offset
  const length = await takeVarint(stream)
  // Some writers fill up with zeros; a file that was cut and filled up looks the same.
  if (length === 0) throw invalidCar(offset, 'a section is empty')
  if (length > MAX_SECTION_SIZE)
    throw invalidCar(offset, `a section of ${length} bytes is more than ${MAX_SECTION_SIZE}`)
  if (length > end - stream.offset) throw invalidCar(offset, 'a section goes on after the end of the data')
  const start = await stream.peek(Math.min(length, LONGEST_CID))
  const measured = measureCid(start)
  if ('rule' in measured) throw invalidCar(offset, isCut(start, length) ? CUT : measured.rule)
  const cid = toCid(start.subarray(0, measured.size))
  await stream.skip(measured.size)
  const bytes = await stream.take(length - measured.size)
  if (bytes === undefined) throw invalidCar(offset, CUT, String(cid))
  await checkDigest(offset, cid, bytes)
  const rule = ruleAgainst(cid, bytes)
  const at = { end: stream.offset }
  return rule === undefined ? { block: { cid: cid as TrendCid, bytes }, ...at } : { foreign: cid, rule, ...at }
}

const CUT = 'the file ends in a section'

/** Whether fewer bytes are left than the start of a section should have. */
const isCut = (start: Uint8Array, length: number): boolean => start.byteLength < Math.min(length, LONGEST_CID)

const SHA2_256 = 0x12

/** A digest of another function is not made here; such a block is not kept either. */
async function checkDigest(offset: number, cid: CID, bytes: Uint8Array): Promise<void> {
  if (cid.multihash.code !== SHA2_256) return
  if (await isNamedBy(cid, bytes)) return
  throw invalidCar(offset, `the bytes of ${cid} have another digest`, String(cid))
}

/** Why a block is none of ours, if it is not. */
function ruleAgainst(cid: CID, { byteLength }: Uint8Array): string | undefined {
  if (!isTrendCid(cid)) return 'the archive keeps CIDv1, json, sha2-256 alone'
  return byteLength > MAX_BLOCK_SIZE ? `${byteLength} bytes are more than a document's ${MAX_BLOCK_SIZE}` : undefined
}

async function takeVarint(stream: ByteStream): Promise<number> {
  const read = decodeVarint(await stream.peek(LONGEST_VARINT))
  if ('rule' in read) throw invalidCar(stream.offset, read.rule)
  await stream.skip(read.size)
  return read.value
}

function tooManyRoots(): ArchiveError<'INVALID_OPTION'> {
  const rule = `the roots are too many for a header of ${MAX_HEADER_SIZE} bytes`
  const hint = 'export in parts'
  return new ArchiveError('INVALID_OPTION', rule, { option: 'names', rule }, { hint })
}
