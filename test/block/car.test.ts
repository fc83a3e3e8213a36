import { CarBlockIterator, CarReader, CarWriter } from '@ipld/car'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import { describe, expect, test } from 'vitest'
import { type Block, MAX_BLOCK_SIZE, toBlock } from '../../src/block/block.ts'
import { join } from '../../src/block/bytes.ts'
import { type CarBlock, readCar, writeCar } from '../../src/block/car.ts'
import { cidOf } from '../../src/block/cid.ts'
import { decodeVarint, encodeVarint } from '../../src/block/varint.ts'
import { malformedCars, ROOTLESS, section, wrapped } from './malformed-cars.ts'
import { someBlocks } from './samples.ts'

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return join(all)
}

async function found(chunks: Parameters<typeof readCar>[0]): Promise<readonly CarBlock[]> {
  const all: CarBlock[] = []
  for await (const block of (await readCar(chunks)).blocks) all.push(block)
  return all
}

const blocksIn = (all: readonly CarBlock[]): readonly Block[] =>
  all.flatMap((one) => ('block' in one ? [one.block] : []))
const written = async (blocks: readonly Block[], roots = blocks.slice(0, 1)): Promise<Uint8Array<ArrayBuffer>> =>
  await bytesOf(
    writeCar(
      roots.map(({ cid }) => cid),
      blocks
    )
  )
/** A file in chunks of so many bytes. */
function* chunked(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

describe('a CAR', () => {
  test('is read as it was written, whatever chunks it comes in', async () => {
    const blocks = await someBlocks(5)
    const bytes = await written(blocks, blocks.slice(0, 2))
    for (const size of [1, 2, 37, 64, bytes.byteLength]) {
      const { roots, blocks: read } = await readCar(chunked(bytes, size))
      expect(Array.from(roots, String)).toEqual(blocks.slice(0, 2).map(({ cid }) => String(cid)))
      const all: CarBlock[] = []
      for await (const one of read) all.push(one)
      expect(blocksIn(all)).toEqual(blocks)
      expect(all.at(-1)?.end).toBe(bytes.byteLength)
    }
  })

  test('is, byte for byte, what @ipld/car writes, and is read by it', async () => {
    const blocks = await someBlocks(30)
    for (const roots of [0, 1, 2, 23, 24, 30].map((count) => blocks.slice(0, count))) {
      const { writer, out } = CarWriter.create(roots.map(({ cid }) => cid))
      const theirs = bytesOf(out)
      for (const block of blocks) await writer.put(block)
      await writer.close()
      const ours = await written(blocks, roots)
      expect(Buffer.compare(ours, await theirs)).toBe(0)
      const reader = await CarReader.fromBytes(ours)
      expect((await reader.getRoots()).map(String)).toEqual(roots.map(({ cid }) => String(cid)))
      const read: string[] = []
      for await (const { cid, bytes } of reader.blocks()) {
        expect(String(await cidOf(bytes))).toBe(String(cid))
        read.push(String(cid))
      }
      expect(read).toEqual(blocks.map(({ cid }) => String(cid)))
    }
  })

  test('of 300 and of 70,000 roots has the header that @ipld/car would give it', async () => {
    const [block] = await someBlocks(1)
    for (const count of [255, 256, 70_000]) {
      const roots = Array.from({ length: count }, () => block!)
      const iterator = await CarBlockIterator.fromIterable(
        (async function* () {
          yield await written([], roots)
        })()
      )
      expect((await iterator.getRoots()).length).toBe(count)
    }
  })

  test('may have no block and no root', async () => {
    expect(await written([])).toEqual(ROOTLESS)
    expect(await found([ROOTLESS])).toEqual([])
  })

  test('of version 2 is read for the version 1 in it, and its index is left alone', async () => {
    const blocks = await someBlocks(3)
    const inner = await written(blocks)
    for (const padding of [0, 1, 4096]) {
      const bytes = wrapped(inner, padding, new Uint8Array(200).fill(0x80))
      expect(blocksIn(await found(chunked(bytes, 100)))).toEqual(blocks)
    }
  })

  test('is read from a web stream as well', async () => {
    const blocks = await someBlocks(2)
    const bytes = await written(blocks)
    const stream = new Response(bytes).body!
    // As in a browser where a stream is no iterable.
    const bare = { getReader: () => stream.getReader() } as unknown as ReadableStream<Uint8Array>
    expect(blocksIn(await found(bare))).toEqual(blocks)
  })

  test('may have blocks that are not kept: they are told apart, and their bytes hashed where we can', async () => {
    const bytes = new TextEncoder().encode('hello')
    const [digest, long] = [await sha256.digest(bytes), await sha512.digest(bytes)]
    const big = new Uint8Array(MAX_BLOCK_SIZE + 1).fill(0x20)
    const foreign: readonly (readonly [CID, Uint8Array])[] = [
      [CID.createV1(raw.code, digest), bytes],
      [CID.createV0(digest), bytes],
      [CID.createV1(0x0200, long), bytes],
      [await cidOf(big), big]
    ]
    const [block] = await someBlocks(1)
    const file = join([
      ROOTLESS,
      ...foreign.map(([cid, content]) => section(cid.bytes, content)),
      section(block!.cid.bytes, block!.bytes)
    ])
    const all = await found([file])
    expect(all.map((one) => ('foreign' in one ? String(one.foreign) : 'ours'))).toEqual([
      ...foreign.map(([cid]) => String(cid)),
      'ours'
    ])
    expect(all[3]).toMatchObject({ rule: expect.stringContaining('are more than a document') })
  })
})

describe('a CAR that is malformed', async () => {
  test.each(await malformedCars())('is refused: $name', async ({ chunks, rule }) => {
    const refusal = await found(chunks()).then(
      () => 'accepted',
      (error: unknown) => error
    )
    expect(refusal).toMatchObject({
      code: 'INVALID_CAR',
      details: { offset: expect.any(Number), rule: expect.stringMatching(rule) }
    })
  })

  test('is refused wherever it is cut, or is a shorter file that ends with a block', async () => {
    const blocks = await someBlocks(3)
    const bytes = await written(blocks)
    const whole = new Set((await found([bytes])).map(({ end }) => end))
    const headerEnd =
      bytes.byteLength - blocks.reduce((sum, { cid, bytes }) => sum + 1 + cid.bytes.byteLength + bytes.byteLength, 0)
    for (let length = 0; length < bytes.byteLength; length++) {
      const result = await found([bytes.slice(0, length)]).then(
        (all) => all.length,
        ({ code, details }) => [code, details.offset <= length]
      )
      if (whole.has(length) || length === headerEnd) expect(typeof result).toBe('number')
      else expect([length, result]).toEqual([length, ['INVALID_CAR', true]])
    }
  })

  test('yields nothing but what was written, whichever bit is flipped', async () => {
    const blocks = await someBlocks(3)
    const bytes = await written(blocks)
    const names = new Set(blocks.map(({ cid }) => String(cid)))
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.byteLength - 1), fc.nat(7), async (at, bit) => {
        const other = bytes.slice()
        other[at]! ^= 1 << bit
        const read: Block[] = []
        try {
          for await (const one of (await readCar([other])).blocks) if ('block' in one) read.push(one.block)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_CAR' })
        }
        for (const { cid, bytes } of read) {
          expect(names).toContain(String(cid))
          expect(String(await cidOf(bytes))).toBe(String(cid))
        }
      }),
      { numRuns: 500 }
    )
  })

  test('is refused with our own error, whatever the bytes', async () => {
    const start = await written(await someBlocks(1))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(start.byteLength), async (bytes, kept) => {
        await found([start.slice(0, kept), bytes]).catch((error) =>
          expect(error).toMatchObject({ code: 'INVALID_CAR' })
        )
      }),
      { numRuns: 500 }
    )
  })

  test('lets go of whoever sends it', async () => {
    let isEnded = false
    const sender = async function* () {
      try {
        for (;;) yield new Uint8Array(100).fill(0xff)
      } finally {
        isEnded = true
      }
    }
    await expect(readCar(sender())).rejects.toMatchObject({ code: 'INVALID_CAR' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isEnded).toBe(true)
  })
})

test('a sender that stalls is left when the signal aborts', async () => {
  const stalling = async function* () {
    yield ROOTLESS
    await new Promise(() => undefined)
  }
  const stop = new AbortController()
  const { blocks } = await readCar(stalling(), { signal: stop.signal })
  const reading = blocks[Symbol.asyncIterator]().next()
  stop.abort('enough')
  await expect(reading).rejects.toBe('enough')
})

test('what has too many roots to be read again is not written', async () => {
  const [block] = await someBlocks(1)
  const roots = Array.from({ length: 210_000 }, () => block!)
  await expect(written([], roots)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

test('varints are read as they were written, and in no other spelling', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = encodeVarint(value)
      expect(decodeVarint(bytes)).toEqual({ value, size: bytes.byteLength })
      const longer = join([bytes.with(-1, bytes.at(-1)! | 0x80), Uint8Array.of(0)])
      expect(decodeVarint(longer)).toEqual({ rule: 'a varint is not in its shortest form' })
    })
  )
})

test('a document of any JSON comes through', async () => {
  const block = await toBlock({ any: ['json', 1, null] })
  expect(blocksIn(await found([await written([block])]))).toEqual([block])
})
