import { describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { someBlock, someBlocks } from '../block/samples.ts'

export interface SourceUnderTest {
  readonly source: BlockSource
  /** Puts blocks where the source finds them. */
  readonly give: (blocks: readonly Block[]) => Promise<void>
}

/**
 * What every source of blocks does, whatever is behind it. `make` ends what it began with `onTestFinished`; the source it
 * makes may be a patient one, unless the test waits for it to find nothing.
 */
export function describeBlockSource(name: string, make: (patience?: 'none') => Promise<SourceUnderTest>): void {
  describe(`${name} as a source`, () => {
    test('delivers the bytes that a CID names', async () => {
      const { source, give } = await make()
      const [one, two] = await someBlocks(2)
      await give([one!, two!])
      expect(await source.get(two!.cid)).toEqual(two!.bytes)
      expect(await source.get(one!.cid)).toEqual(one!.bytes)
    })

    test('delivers a block of the largest size', async () => {
      const { source, give } = await make()
      const large = await toBlock({ text: 'x'.repeat(1_048_576 - '{"text":""}'.length) })
      expect(large.bytes).toHaveLength(1_048_576)
      await give([large])
      const bytes = await source.get(large.cid)
      expect(Buffer.compare(bytes, large.bytes)).toBe(0)
    })

    test('answers many at once', async () => {
      const { source, give } = await make()
      const blocks = await someBlocks(300)
      await give(blocks)
      const answers = await Promise.all(blocks.map(async ({ cid }) => await source.get(cid)))
      expect(answers).toEqual(blocks.map(({ bytes }) => bytes))
    })

    test('rejects what it does not have, and says that it was it', async () => {
      const { source } = await make('none')
      const { cid } = await someBlock()
      await expect(source.get(cid)).rejects.toThrow(source.name)
      await expect(fetchBlock([source], cid)).rejects.toMatchObject({
        code: 'BLOCK_UNAVAILABLE',
        details: { sources: [source.name], reasons: [expect.stringContaining(source.name)] }
      })
    })

    test('has a block later that it did not have before', async () => {
      const { source, give } = await make('none')
      const block = await someBlock()
      await expect(source.get(block.cid)).rejects.toThrow()
      await give([block])
      expect(await source.get(block.cid)).toEqual(block.bytes)
    })

    test('does not begin when the caller has given up', async () => {
      const { source, give } = await make()
      const block = await someBlock()
      await give([block])
      await expect(source.get(block.cid, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    })

    test('stops when the caller gives up', async () => {
      const { source } = await make()
      const { cid } = await someBlock()
      const caller = new AbortController()
      const answer = source.get(cid, { signal: caller.signal })
      caller.abort(new Error('enough'))
      await expect(answer).rejects.toThrow(/enough|not have|not in the store/)
    })

    test('is not changed by what the caller does to the bytes', async () => {
      const { source, give } = await make()
      const block = await someBlock()
      const expected = block.bytes.slice()
      await give([block])
      const bytes = await source.get(block.cid)
      bytes.fill(0)
      expect(await source.get(block.cid)).toEqual(expected)
    })
  })
}
