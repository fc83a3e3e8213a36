import { createHash } from 'node:crypto'
import { decodeVarint, encodeVarint } from '../../src/block/varint.ts'
import { keccak256 } from '../../src/registry/keccak.ts'

/** A bundle taken apart: the header of the file, and each section's CID and content. */
export interface Apart {
  readonly roots: readonly [Uint8Array, Uint8Array]
  readonly sections: readonly Section[]
}

export interface Section {
  readonly cid: Uint8Array
  readonly content: Uint8Array
}

const HEADER = 102
const CID = 37

export function takeApart(bytes: Uint8Array): Apart {
  const sections: Section[] = []
  for (let at = HEADER; at < bytes.byteLength; ) {
    const length = decodeVarint(bytes.subarray(at, at + 9))
    if ('rule' in length) throw new Error(length.rule)
    const start = at + length.size
    at = start + length.value
    sections.push({ cid: bytes.subarray(start, start + CID), content: bytes.subarray(start + CID, at) })
  }
  return { roots: [sections[0]!.cid, sections[1]!.cid], sections }
}

/** Puts a file together of whatever it is given, in that order. */
export function putTogether({ roots, sections }: Apart): Uint8Array<ArrayBuffer> {
  const text = (word: string): Uint8Array => new TextEncoder().encode(word)
  const link = (cid: Uint8Array): readonly Uint8Array[] => [Uint8Array.of(0xd8, 0x2a, 0x58, 0x26, 0), cid]
  const header = [Uint8Array.of(0xa2, 0x65), text('roots'), Uint8Array.of(0x82), ...roots.flatMap(link)]
  const end = [Uint8Array.of(0x67), text('version'), Uint8Array.of(1)]
  const body = sections.flatMap(({ cid, content }) => [encodeVarint(CID + content.byteLength), cid, content])
  return new Uint8Array(Buffer.concat([Uint8Array.of(HEADER - 1), ...header, ...end, ...body]))
}

/** The blocks behind the roots in the order that a bundle asks for. */
export const inOrder = ([document, header, ...rest]: readonly Section[]): readonly Section[] => [
  document!,
  header!,
  ...rest.toSorted((a, b) => Buffer.compare(a.cid, b.cid))
]

/** A block under the name that its content has. */
export function renamed({ cid, content }: Section): Section {
  const isDocument = cid[1] === 0x80
  const digest = isDocument ? createHash('sha256').update(content).digest() : keccak256(content)
  return { cid: new Uint8Array(Buffer.concat([cid.subarray(0, 5), digest])), content }
}

/** Where the sections of a file start, and where it ends. */
export function seamsOf({ sections }: Apart): readonly number[] {
  const seams = [HEADER]
  for (const { content } of sections) {
    const size = CID + content.byteLength
    seams.push(seams.at(-1)! + encodeVarint(size).byteLength + size)
  }
  return seams
}
