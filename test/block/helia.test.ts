import { json as heliaJson } from '@helia/json'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import { sha256 } from 'multiformats/hashes/sha2'
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
    codecs: [json, LINK]
  })
}

async function drained(work: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of work);
}

async function listed(helia: ReturnType<typeof stockHelia>): Promise<readonly string[]> {
  return (await Array.fromAsync(helia.pins.ls(), ({ cid }) => String(cid))).sort()
}

/** A codec whose blocks are a link and some text, as dag-cbor would be. */
const LINK = {
  name: 'link',
  code: 0x71,
  encode: (value: unknown) => new TextEncoder().encode(String(value)),
  decode: (bytes: Uint8Array) => CID.parse(new TextDecoder().decode(bytes).split(' ')[0]!)
}

async function linkTo(cid: CID, text = ''): Promise<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  const bytes = LINK.encode(`${cid} ${text}`)
  return { cid: CID.createV1(LINK.code, await sha256.digest(bytes)), bytes }
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

test('what an edition holds Helia counts and collects not, and removing the edition through Helia releases it', async () => {
  const store = openedStore()
  const sink = await openedBlocks(store)
  const helia = stockHelia(store)
  const [edition, other, one, both, own] = await someBlocks(5)
  await sink.pin([edition!, one!, both!, own!], { root: edition!.cid })
  await sink.pin([other!, both!], { root: other!.cid })
  await sink.pin([own!])
  expect(await listed(helia)).toEqual(sortedNames([edition!, other!, own!]))
  for (const { cid } of [edition!, other!, one!, both!, own!]) expect(await helia.pins.isPinned(cid)).toBe(true)
  await helia.gc()
  expect([...store.digests()]).toHaveLength(5)

  await drained(helia.pins.rm(edition!.cid))
  expect(await listed(helia)).toEqual(sortedNames([other!, own!]))
  expect(await namesOf(sink.pinned())).toEqual(sortedNames([other!, both!, own!]))
  await helia.gc()
  expect([...store.digests()]).toHaveLength(3)
  expect(await sink.get(both!.cid)).toEqual(both!.bytes)
})

test('what Helia pins and removes by itself is pinned and unpinned here', async () => {
  const store = openedStore()
  const sink = await openedBlocks(store)
  const helia = stockHelia(store)
  const [one, two, edition] = await someBlocks(3)
  store.write({ blocks: [one!] })
  await sink.pin([two!], { root: edition!.cid })
  await drained(helia.pins.add(one!.cid, { metadata: { by: 'me' } }))
  await drained(helia.pins.add(two!.cid))
  expect(await helia.pins.get(one!.cid)).toEqual({ depth: Number.POSITIVE_INFINITY, metadata: { by: 'me' } })
  await helia.pins.setMetadata(one!.cid, { by: 'you' })
  expect(await helia.pins.get(one!.cid)).toMatchObject({ metadata: { by: 'you' } })
  await expect(drained(helia.pins.add(one!.cid))).rejects.toMatchObject({ name: 'AlreadyPinnedError' })
  expect(await namesOf(sink.pinned())).toEqual(sortedNames([one!, two!]))

  await drained(helia.pins.rm(two!.cid))
  await drained(helia.pins.rm(one!.cid))
  await expect(drained(helia.pins.rm(one!.cid))).rejects.toMatchObject({ name: 'NotFoundError' })
  expect(await listed(helia)).toEqual([String(edition!.cid)])
  expect(await namesOf(sink.pinned())).toEqual([String(two!.cid)])
  await helia.gc()
  expect([...store.digests()]).toEqual([two!.cid.multihash.digest])
})

test('a manifest that Helia pins keeps what it links to, and is no document here', async () => {
  const store = openedStore()
  const [linked, alone] = await someBlocks(2)
  const manifest = await linkTo(linked!.cid)
  store.write({ blocks: [linked!, alone!, manifest] })
  const sink = await openedBlocks(store)
  await sink.pin([alone!])
  const helia = stockHelia(store)
  await drained(helia.pins.add(manifest.cid))
  expect(await listed(helia)).toEqual([String(alone!.cid), String(manifest.cid)].sort())
  expect(await helia.pins.isPinned(linked!.cid)).toBe(true)
  expect(await namesOf(sink.pinned())).toEqual([String(alone!.cid)])
  await helia.gc()
  expect([...store.digests()]).toHaveLength(3)
  await drained(helia.pins.rm(manifest.cid))
  await helia.gc()
  expect([...store.digests()]).toEqual([alone!.cid.multihash.digest])
})

test('two roots of one document do not lose it, however Helia counts them', async () => {
  const store = openedStore()
  const [shared] = await someBlocks(1)
  const [one, two] = [await linkTo(shared!.cid), await linkTo(shared!.cid, 'another')]
  store.write({ blocks: [shared!, one, two] })
  const helia = stockHelia(store)
  await drained(helia.pins.add(one.cid))
  await drained(helia.pins.add(two.cid))
  await drained(helia.pins.rm(one.cid))
  await drained(helia.pins.add(one.cid))
  await drained(helia.pins.rm(two.cid))
  expect(await helia.pins.isPinned(shared!.cid)).toBe(true)
  await helia.gc()
  expect(store.get(shared!.cid.multihash.digest)).toEqual(shared!.bytes)
  await drained(helia.pins.rm(one.cid))
  await helia.gc()
  expect([...store.digests()]).toEqual([])
})

test('a garbage collection that began before a pin does not take what was pinned since', async () => {
  const store = openedStore()
  const sink = await openedBlocks(store)
  const block = await someBlock()
  store.write({ blocks: [block] })
  const { deleteMany } = heliaBlockstore(store)
  await sink.pin([block])
  await drained(deleteMany([block.cid]))
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
