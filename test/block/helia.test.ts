import { json as heliaJson } from '@helia/json'
import { createHeliaLight } from 'helia'
import * as json from 'multiformats/codecs/json'
import { expect, onTestFinished, test } from 'vitest'
import { toBlock } from '../../src/block/block.ts'
import { type HeliaNode, heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { heliaBlockstore, heliaDatastore } from '../../src/block/helia-store.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { describeBlockSink, type SinkUnderTest } from '../behaviour/block-sink.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'
import { damage } from './damage.ts'
import { namesOf, scratchFile, someBlock, someBlocks, sortedNames } from './samples.ts'

function openedStore(file = scratchFile()): Store {
  const store = openStore(file)
  onTestFinished(store.close)
  return store
}

async function openedBlocks(store = openedStore()): Promise<SinkUnderTest> {
  const node = await openHelia(store)
  onTestFinished(async () => void (await node.stop()))
  return heliaBlocks(node, store)
}

/** Helia as it comes, over the same file. */
function stockHelia(store: Store) {
  return createHeliaLight({
    blockstore: heliaBlockstore(store),
    datastore: heliaDatastore(store) as never,
    codecs: [json]
  })
}

describeBlockSink('helia', openedBlocks)
describeBlockSource('helia', async () => {
  const blocks = await openedBlocks()
  return { source: blocks, give: blocks.pin }
})

test('a fresh Helia on the same file lists each pin and reads each document with stock @helia/json', async () => {
  const file = scratchFile()
  const store = openStore(file)
  const documents = Array.from({ length: 20 }, (_, number) => ({ number, '10': 'a', '9': 'b' }))
  const blocks = await Promise.all(documents.map(toBlock))
  await heliaBlocks(await openHelia(store), store).pin(blocks)
  store.close()

  const helia = await stockHelia(openedStore(file)).start()
  const pinned: string[] = []
  for await (const { cid, depth } of helia.pins.ls()) {
    expect(depth).toBe(Number.POSITIVE_INFINITY)
    pinned.push(String(cid))
  }
  expect(pinned.sort()).toEqual(sortedNames(blocks))
  for (const [i, { cid }] of blocks.entries()) {
    expect(await helia.pins.isPinned(cid)).toBe(true)
    expect(await heliaJson(helia).get(cid)).toEqual(documents[i])
  }
  await helia.stop()
})

test('any Helia 7 node will do', async () => {
  const store = openedStore()
  const node: HeliaNode = stockHelia(store)
  const block = await someBlock()
  const blocks = heliaBlocks(node, store, { name: 'mine' })
  await blocks.pin([block])
  expect(blocks.name).toBe('mine')
  expect(await blocks.get(block.cid)).toEqual(block.bytes)
})

test('a node is never dialled or waited for: what is not in the store is missing at once', async () => {
  const blocks = await openedBlocks()
  const { cid } = await someBlock()
  await expect(blocks.get(cid)).rejects.toThrow('helia does not have the block')
})

test('pins and unpins of two sinks over one store do not lose each other', async () => {
  const store = openedStore()
  const [one, two] = [await openedBlocks(store), await openedBlocks(store)]
  const blocks = await someBlocks(40)
  await Promise.all([
    one.pin(blocks.slice(0, 20)),
    two.pin(blocks.slice(10, 40)),
    one.unpin(blocks.slice(0, 5).map(({ cid }) => cid))
  ])
  expect(await namesOf(two.pinned())).toEqual(sortedNames(blocks.slice(5)))
})

test('garbage collection takes what is unpinned and nothing else', async () => {
  const store = openedStore()
  const node = await openHelia(store)
  const sink = heliaBlocks(node, store)
  const blocks = await someBlocks(200)
  await sink.pin(blocks)
  await sink.unpin(blocks.slice(50).map(({ cid }) => cid))
  await node.gc()
  expect([...store.digests()]).toHaveLength(50)
  for (const { cid, bytes } of blocks.slice(0, 50)) expect(await sink.get(cid)).toEqual(bytes)
})

test('garbage collection spares a pinned document even where Helia has lost count of its pins', async () => {
  const store = openedStore()
  const node = await openHelia(store)
  const sink = heliaBlocks(node, store)
  const block = await someBlock()
  await sink.pin([block])
  store.write({ rows: new Map(store.rows('/pinned-block/').map(({ key }) => [key, undefined])) })
  await node.gc()
  expect(await sink.get(block.cid)).toEqual(block.bytes)
})

test('bare Helia serves a changed byte from its store, ours does not', async () => {
  const block = await toBlock({ n: 1000 })
  const lie = { cid: block.cid, bytes: new TextEncoder().encode('{"n":9000}') }
  const bare = createHeliaLight({ codecs: [json] })
  await bare.blockstore.put(lie.cid, lie.bytes)
  expect(await heliaJson(bare).get(block.cid)).toEqual({ n: 9000 })

  const store = openedStore()
  const guarded = stockHelia(store)
  await expect(guarded.blockstore.put(lie.cid, lie.bytes)).rejects.toMatchObject({ code: 'BLOCK_MISMATCH' })
  expect([...store.digests()]).toEqual([])
})

test('a block damaged on disk is missing, and putting it again through Helia mends it', async () => {
  const file = scratchFile()
  const block = await toBlock({ title: 'a marker to be found', n: 1000 })
  const store = openStore(file)
  await heliaBlocks(await openHelia(store), store).pin([block])
  store.close()
  damage(file, 'a marker to be found')

  const helia = stockHelia(openedStore(file))
  await expect(heliaJson(helia).get(block.cid)).rejects.toThrow()
  expect(await helia.blockstore.has(block.cid)).toBe(false)
  expect(await helia.pins.isPinned(block.cid)).toBe(true)
  await helia.blockstore.put(block.cid, block.bytes)
  expect(await heliaJson(helia).get(block.cid)).toEqual({ title: 'a marker to be found', n: 1000 })
})

test('a pin mends a damaged copy of what is pinned already, and a damaged document can be unpinned', async () => {
  const file = scratchFile()
  const [one, two] = [await toBlock({ title: 'first marker' }), await toBlock({ title: 'second marker' })]
  const store = openStore(file)
  await heliaBlocks(await openHelia(store), store).pin([one, two])
  store.close()
  damage(file, 'first marker')
  damage(file, 'second marker')

  const sink = await openedBlocks(openedStore(file))
  await sink.pin([one])
  expect(await sink.get(one.cid)).toEqual(one.bytes)
  await sink.unpin([two.cid])
  expect(await namesOf(sink.pinned())).toEqual([String(one.cid)])
})

test('a pin record that was damaged fails the pin by name, and nothing is kept', async () => {
  const store = openedStore()
  const sink = await openedBlocks(store)
  const [one, two] = await someBlocks(2)
  await sink.pin([one!])
  const [{ key } = { key: '' }] = store.rows('/pinned-block/')
  store.write({
    rows: new Map([[key, Uint8Array.of(0xff)], ...store.rows('/pin/').map((row) => [row.key, undefined] as const)])
  })
  await expect(sink.pin([two!, one!])).rejects.toMatchObject({ code: 'PIN_FAILED', details: { sink: 'helia' } })
  expect(store.get(two!.cid.multihash.digest)).toBeUndefined()
})

test('a failure of the store is a failed pin that says why', async () => {
  const store = openStore(scratchFile())
  const sink = heliaBlocks(await openHelia(store), store)
  const block = await someBlock()
  store.close()
  await expect(sink.pin([block])).rejects.toMatchObject({
    code: 'PIN_FAILED',
    details: { cid: String(block.cid), sink: 'helia' },
    cause: { code: 'STORE_UNAVAILABLE' }
  })
})
