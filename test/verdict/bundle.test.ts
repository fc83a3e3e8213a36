import { CarReader } from '@ipld/car'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBlock } from '../../src/block/block.ts'
import { encodeVarint } from '../../src/block/varint.ts'
import { isArchiveError } from '../../src/errors.ts'
import { keccak256, toBytes32 } from '../../src/registry/keccak.ts'
import { type BundleParts, readBundle, writeBundle } from '../../src/verdict/bundle.ts'
import { looksLikeBundle, MAX_BUNDLE_SIZE } from '../../src/verdict/bundle-mark.ts'

/** Bytes that a test can tell apart. */
const node = (seed: number, size = 40): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(seed)

const parts = async (): Promise<BundleParts> => ({
  document: await toBlock({ title: 'the document' }),
  header: node(1, 500),
  documents: [await toBlock({ title: 'b' }), await toBlock({ title: 'a' })],
  state: [node(2, 532), node(3)],
  storage: [node(4), node(5)]
})

/** Where each section starts and ends; the first is the header of the file. */
function sectionsIn(bytes: Uint8Array): readonly (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    let size = 0
    let value = 0
    for (let byte = 0x80; byte >= 0x80; size++) {
      byte = bytes[at + size]!
      value += (byte & 0x7f) * 0x80 ** size
    }
    found.push([at, at + size + value])
    at += size + value
  }
  return found
}

/** The file with its sections after the header in another choice or order. */
function rearranged(bytes: Uint8Array, order: (count: number) => readonly number[]): Uint8Array<ArrayBuffer> {
  const [first, ...sections] = sectionsIn(bytes).map(([start, end]) => bytes.subarray(start, end))
  return joined([first!, ...order(sections.length).map((i) => sections[i]!)])
}

const joined = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(chunks.flatMap((chunk) => Array.from(chunk)))

const ruleOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  await readBundle(bytes).then(
    () => 'read',
    (error: unknown) => {
      if (isArchiveError(error, 'INVALID_BUNDLE')) return error.details.rule
      throw error
    }
  )

describe('a bundle', () => {
  test('comes back as it was written', async () => {
    const { document, header, documents, state, storage } = await parts()
    const bundle = await readBundle(writeBundle({ document, header, documents, state, storage }))
    expect(bundle.document).toEqual(document)
    expect(bundle.header).toEqual(header)
    expect(bundle.block).toBe(toBytes32(keccak256(header)))
    expect([...bundle.documents.values()]).toEqual(expect.arrayContaining([...documents].map(({ bytes }) => bytes)))
    expect([...bundle.state]).toEqual(expect.arrayContaining([...state].map((one) => [toBytes32(keccak256(one)), one])))
    expect(bundle.storage.size).toBe(2)
  })

  test('is the same file whatever order its parts come in, and however often', async () => {
    const { documents, state, storage, ...rest } = await parts()
    const turned = { ...rest, documents: [...documents].reverse(), state: [...state].reverse(), storage }
    const twice = {
      ...rest,
      documents: [...documents, ...documents, rest.document],
      state,
      storage: [...storage, ...storage]
    }
    const bytes = writeBundle(await parts())
    expect(writeBundle(turned)).toEqual(bytes)
    expect(writeBundle(twice)).toEqual(bytes)
  })

  test('is a CAR that others read, with the names that IPLD gives to blocks of Ethereum', async () => {
    const bytes = writeBundle(await parts())
    const car = await CarReader.fromBytes(bytes)
    const [document, header] = await car.getRoots()
    expect(document?.code).toBe(0x0200)
    expect([header?.code, header?.multihash.code]).toEqual([0x90, 0x1b])
    const codes: number[] = []
    for await (const { cid } of car.blocks()) codes.push(cid.code)
    expect(codes).toEqual([0x0200, 0x90, 0x0200, 0x0200, 0x96, 0x96, 0x98, 0x98])
    expect(looksLikeBundle(bytes)).toBe(true)
  })

  test('may be large, and no larger', async () => {
    const { storage: _, ...rest } = await parts()
    const storage = Array.from({ length: 15 }, (_, i) => node(i, 1024 * 1024))
    expect((await readBundle(writeBundle({ ...rest, storage }))).storage.size).toBe(15)
    const more = Array.from({ length: 16 }, (_, i) => node(i, 1024 * 1024))
    expect(() => writeBundle({ ...rest, storage: more })).toThrow(`more than ${MAX_BUNDLE_SIZE} bytes`)
    const many = Array.from({ length: 8192 }, (_, i) => Uint8Array.of(i >> 8, i))
    expect(() => writeBundle({ ...rest, storage: many })).toThrow('more than 8192 blocks')
  })
})

describe('a file that is none is refused', () => {
  test('wherever a byte of it is another', async () => {
    const bytes = writeBundle(await parts())
    for (let at = 0; at < bytes.byteLength; at++) {
      const flipped = bytes.slice()
      flipped[at] = bytes[at]! ^ (1 << (at % 8))
      expect(await ruleOf(flipped), `byte ${at}`).not.toBe('read')
    }
  })

  test('wherever it is cut', async () => {
    const bytes = writeBundle(await parts())
    const ends = new Set(sectionsIn(bytes).map(([, end]) => end))
    for (let size = 0; size < bytes.byteLength; size++) {
      // A file that ends between two nodes is a smaller bundle, which proves less: that is for the trie to see.
      if (ends.has(size) && size > sectionsIn(bytes)[2]![0]) continue
      expect(await ruleOf(bytes.slice(0, size)), `cut at ${size}`).not.toBe('read')
    }
  })

  test('with a section twice, in another place, or the roots missing', async () => {
    const bytes = writeBundle(await parts())
    const order = 'the blocks are not in the order of their CIDs, each once'
    const all = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)
    expect(await ruleOf(rearranged(bytes, all))).toBe('read')
    for (let i = 2; i < 8; i++) {
      expect(await ruleOf(rearranged(bytes, (count) => [...all(count), i]))).toBe(order)
      expect(await ruleOf(rearranged(bytes, (count) => all(count).flatMap((j) => (i === j ? [j, j] : [j]))))).toBe(
        order
      )
    }
    expect(await ruleOf(rearranged(bytes, () => [0, 1, 3, 2]))).toBe(order)
    expect(await ruleOf(rearranged(bytes, () => [0, 1, 0]))).toBe(order)
    expect(await ruleOf(rearranged(bytes, () => [0, 1, 1]))).toBe(order)
    expect(await ruleOf(rearranged(bytes, () => [1, 0]))).toBe('the blocks do not start with the two roots')
    expect(await ruleOf(rearranged(bytes, () => [0]))).toBe('the document or the header of the block is missing')
    expect(await ruleOf(rearranged(bytes, () => []))).toBe('the document or the header of the block is missing')
  })

  test('with another codec, an empty section, a length in too many bytes, or something after its end', async () => {
    const bytes = writeBundle(await parts())
    const foreign = joined([
      bytes,
      encodeVarint(37 + 1),
      Uint8Array.of(1, 0x55, 0x12, 0x20, 0, ...node(0, 32)),
      node(1, 1)
    ])
    expect(await ruleOf(foreign)).toBe('a block is neither a document, a header nor a node of a trie')
    expect(await ruleOf(joined([bytes, Uint8Array.of(0)]))).toBe('a section is shorter than a CID')
    expect(await ruleOf(joined([bytes, Uint8Array.of(0xa5, 0x80, 0x00)]))).toBe('a varint is not in its shortest form')
    expect(await ruleOf(joined([bytes, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)]))).toBe(
      'a block has more than 1048576 bytes'
    )
    expect(await ruleOf(joined([bytes, Uint8Array.of(40, 1)]))).toBe('the file ends in a section')
  })

  test('whatever it is, and soon', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await ruleOf(new Uint8Array(bytes))).not.toBe('read')
      }),
      { numRuns: 500 }
    )
    const start = performance.now()
    expect(await ruleOf(new Uint8Array(MAX_BUNDLE_SIZE + 1))).toContain('more than')
    expect(performance.now() - start).toBeLessThan(100)
  })
})
