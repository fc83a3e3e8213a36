import { describe, expect, test } from 'vitest'
import type { Pinned } from '../../src/block/pinned.ts'
import type { BlockSink } from '../../src/block/sink.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { forged, namesOf, someBlock, someBlocks, sortedNames } from '../block/samples.ts'

export type SinkUnderTest = BlockSink & BlockSource & Pinned

/** What every sink of blocks does, whatever is behind it. `make` ends what it began with `onTestFinished`. */
export function describeBlockSink(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`${name} as a sink`, () => {
    test('keeps what is pinned, and lists it', async () => {
      const sink = await make()
      const blocks = await someBlocks(3)
      await sink.pin(blocks)
      expect(await namesOf(sink.pinned())).toEqual(sortedNames(blocks))
      for (const { cid, bytes } of blocks) expect(await sink.get(cid)).toEqual(bytes)
    })

    test('pins again without complaint, in one call or in two', async () => {
      const sink = await make()
      const block = await someBlock()
      await sink.pin([block, block])
      await sink.pin([block])
      expect(await namesOf(sink.pinned())).toEqual([String(block.cid)])
      await sink.unpin([block.cid])
      expect(await namesOf(sink.pinned())).toEqual([])
    })

    test('takes nothing at all as well', async () => {
      const sink = await make()
      await sink.pin([])
      await sink.unpin([])
      expect(await namesOf(sink.pinned())).toEqual([])
    })

    test('refuses bytes that are not those of their CID, and keeps nothing of the call', async () => {
      const sink = await make()
      const [good, other] = await someBlocks(2)
      const bad = forged(other!)
      await expect(sink.pin([good!, bad])).rejects.toMatchObject({
        code: 'PIN_FAILED',
        details: { cid: String(bad.cid), sink: sink.name }
      })
      expect(await namesOf(sink.pinned())).toEqual([])
      await sink.pin([good!])
      expect(await namesOf(sink.pinned())).toEqual([String(good!.cid)])
    })

    test('keeps nothing when the caller has given up', async () => {
      const sink = await make()
      const block = await someBlock()
      await expect(sink.pin([block], { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
      expect(await namesOf(sink.pinned())).toEqual([])
    })

    test('keeps its own copy of the bytes', async () => {
      const sink = await make()
      const block = await someBlock()
      const expected = block.bytes.slice()
      await sink.pin([block])
      block.bytes.fill(0)
      expect(await sink.get(block.cid)).toEqual(expected)
    })

    test('keeps everything when many pin at once', async () => {
      const sink = await make()
      const blocks = await someBlocks(60)
      await Promise.all(blocks.map(async (block) => await sink.pin([block, blocks[0]!])))
      expect(await namesOf(sink.pinned())).toEqual(sortedNames(blocks))
    })

    test('unpins what it is told to and nothing else, and what is not pinned without complaint', async () => {
      const sink = await make()
      const [kept, gone, never] = await someBlocks(3)
      await sink.pin([kept!, gone!])
      await sink.unpin([gone!.cid, never!.cid, gone!.cid])
      expect(await namesOf(sink.pinned())).toEqual([String(kept!.cid)])
      await sink.pin([gone!])
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([kept!, gone!]))
    })

    test('unpins nothing when the caller has given up', async () => {
      const sink = await make()
      const block = await someBlock()
      await sink.pin([block])
      await expect(sink.unpin([block.cid], { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
      expect(await namesOf(sink.pinned())).toEqual([String(block.cid)])
    })
  })
}
