import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Block } from '../../src/block/block.ts'
import type { Pinned } from '../../src/block/pinned.ts'
import type { BlockSink } from '../../src/block/sink.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { forged, namesOf, someBlock, someBlocks, sortedNames } from '../block/samples.ts'

export type SinkUnderTest = BlockSink & BlockSource & Pinned

/**
 * What every sink of blocks does, whatever is behind it. `make` ends what it began with `onTestFinished`.
 * @param crowd how many editions are pinned and unpinned at once
 */
export function describeBlockSink(name: string, make: () => Promise<SinkUnderTest>, crowd = 64): void {
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

    test('keeps what an edition holds as long as the edition is pinned', async () => {
      const sink = await make()
      const [edition, one, two] = await someBlocks(3)
      await sink.pin([edition!, one!, two!], { root: edition!.cid })
      await sink.pin([one!], { root: edition!.cid })
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([edition!, one!, two!]))
      await sink.unpin([one!.cid])
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([edition!, one!, two!]))
      await sink.unpin([edition!.cid])
      expect(await namesOf(sink.pinned())).toEqual([])
    })

    test('keeps what two editions hold until both are unpinned, and what has a pin of its own for longer', async () => {
      const sink = await make()
      const [first, second, shared, own] = await someBlocks(4)
      await sink.pin([shared!, own!], { root: first!.cid })
      await sink.pin([second!, shared!], { root: second!.cid })
      await sink.pin([own!])
      await sink.unpin([first!.cid])
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([second!, shared!, own!]))
      await sink.unpin([second!.cid])
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([own!]))
      expect(await sink.get(own!.cid)).toEqual(own!.bytes)
    })

    test('tells what is kept in its own right from what is kept for an edition alone', async () => {
      const sink = await make()
      const [edition, both, member] = await someBlocks(3)
      await sink.pin([edition!, both!, member!], { root: edition!.cid })
      await sink.pin([both!])
      expect(await namesOf(sink.pinned({ own: true }))).toEqual(sortedNames([edition!, both!]))
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([edition!, both!, member!]))
    })

    test('counts exactly whatever is pinned and unpinned in whatever order', async () => {
      const blocks = await someBlocks(6)
      const index = fc.nat(blocks.length - 1)
      const step = fc.record({
        members: fc.array(index, { maxLength: 4 }),
        root: fc.option(index, { nil: undefined }),
        unpins: fc.boolean()
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const sink = await make()
          const model = new Set<string>()
          for (const { members, root, unpins } of steps) {
            if (unpins) {
              const gone = new Set(members)
              await sink.unpin(members.map((i) => blocks[i]!.cid))
              for (const pair of model) if (gone.has(Number(pair.split(' ')[0]))) model.delete(pair)
            } else {
              await sink.pin(
                members.map((i) => blocks[i]!),
                root === undefined ? {} : { root: blocks[root]!.cid }
              )
              for (const i of members) model.add(`${root ?? i} ${i}`)
            }
            const expected = new Set([...model].map((pair) => blocks[Number(pair.split(' ')[1])]!))
            expect(await namesOf(sink.pinned())).toEqual(sortedNames([...expected]))
          }
        }),
        { numRuns: 20 }
      )
    })

    test(`counts exactly when ${crowd} editions that overlap are pinned and unpinned at once`, async () => {
      const sink = await make()
      const [editions, members] = [await someBlocks(crowd), await someBlocks(40)]
      const membersOf = (i: number): readonly Block[] =>
        Array.from({ length: 10 }, (_, step) => members[(i * 7 + step * 3) % 40]!)
      await Promise.all(
        editions.map(async (edition, i) => {
          for (let turn = 0; turn <= i % 3; turn++) {
            await sink.pin([edition, ...membersOf(i)], { root: edition.cid })
            if (turn < i % 3 || i % 8 !== 0) await sink.unpin([edition.cid])
          }
        })
      )
      const left = editions.filter((_, i) => i % 8 === 0)
      const held = new Set(left.flatMap((edition) => [edition, ...membersOf(editions.indexOf(edition))]))
      expect(await namesOf(sink.pinned())).toEqual(sortedNames([...held]))
      await Promise.all(left.map(async ({ cid }) => await sink.unpin([cid])))
      expect(await namesOf(sink.pinned())).toEqual([])
    })
  })
}
