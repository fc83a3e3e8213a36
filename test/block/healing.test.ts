import { describe, expect, onTestFinished, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { healing } from '../../src/block/healing.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { damage } from './damage.ts'
import { forged, scratchFile, someBlock } from './samples.ts'

/** A store in which one pinned block was damaged while it was closed. */
async function damagedStore(): Promise<{ readonly store: Store; readonly block: Block }> {
  const file = scratchFile()
  const block = await toBlock({ title: 'a marker' })
  const before = openStore(file)
  await pinsOf(before, 'store').pin([block])
  before.close()
  damage(file, 'a marker')
  const store = openStore(file)
  onTestFinished(store.close)
  return { store, block }
}

async function having(...blocks: readonly Block[]): Promise<BlockSource> {
  const source = memoryBlocks('elsewhere')
  await source.pin(blocks)
  return source
}

describe('a source that heals', () => {
  test('puts back what was damaged when somebody reads it, and leaves nothing in quarantine', async () => {
    const { store, block } = await damagedStore()
    expect(store.get(block.cid.multihash.digest)).toBeUndefined()
    expect(store.quarantine()).toHaveLength(1)
    const source = healing(store, await having(block))
    expect((await fetchBlock([source], block.cid)).bytes).toEqual(block.bytes)
    expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
    expect(store.quarantine()).toEqual([])
  })

  test('puts back what is pinned and gone', async () => {
    const { store, block } = await damagedStore()
    store.write({ dropped: [block.cid.multihash.digest] })
    await healing(store, await having(block)).get(block.cid)
    expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
  })

  test('gives a store nothing that it never kept', async () => {
    const store = openStore(':memory:')
    onTestFinished(store.close)
    const block = await someBlock()
    await healing(store, await having(block)).get(block.cid)
    expect(store.count()).toBe(0)
  })

  test('gives a store no other bytes than those of the CID', async () => {
    const { store, block } = await damagedStore()
    const liar: BlockSource = { name: 'liar', get: async () => forged(block).bytes }
    await expect(fetchBlock([healing(store, liar)], block.cid)).rejects.toMatchObject({ code: 'BLOCK_UNAVAILABLE' })
    expect(store.get(block.cid.multihash.digest)).toBeUndefined()
    expect(store.isQuarantined(block.cid.multihash.digest)).toBe(true)
  })

  test('answers where the store can no longer be used', async () => {
    const { store, block } = await damagedStore()
    const source = healing(store, await having(block))
    store.close()
    expect(await source.get(block.cid)).toEqual(block.bytes)
  })

  test('passes on what its source says, and the signal', async () => {
    const { store, block } = await damagedStore()
    const source = healing(store, await having())
    await expect(source.get(block.cid)).rejects.toThrow('elsewhere does not have the block')
    await expect(source.get(block.cid, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    expect(source.name).toBe('elsewhere')
  })
})

test('a block that is pinned again is no longer in quarantine', async () => {
  const { store, block } = await damagedStore()
  expect(store.get(block.cid.multihash.digest)).toBeUndefined()
  await pinsOf(store, 'store').pin([block])
  expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
  expect(store.quarantine()).toEqual([])
})
