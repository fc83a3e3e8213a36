import { inspect } from 'node:util'
import { json as heliaJson } from '@helia/json'
import { createHeliaLight } from 'helia'
import * as json from 'multiformats/codecs/json'
import { expect, onTestFinished, test } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { parseName } from '../../src/archive/name.ts'
import { resolve } from '../../src/archive/resolve.ts'
import { toBlock } from '../../src/block/block.ts'
import { parseCid } from '../../src/block/cid.ts'
import { heliaBlockstore, heliaDatastore } from '../../src/block/helia-store.ts'
import { openIdentity } from '../../src/block/identity.ts'
import { openPeer, type Peer, type PeerOptions } from '../../src/block/peer.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import { describeBlockSink } from '../behaviour/block-sink.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'
import { damage } from '../block/damage.ts'
import { forged, scratchFile, someBlock, someBlocks, sortedNames } from '../block/samples.ts'
import { draft, PUBLISHER, world } from '../world.ts'

interface Opened extends Peer {
  readonly store: Store
}

async function openedPeer(options: PeerOptions = {}, store = openStore(':memory:')): Promise<Opened> {
  const peer = await openPeer(store, options)
  onTestFinished(async () => {
    await peer.stop()
    store.close()
  })
  return Object.defineProperties({ store }, Object.getOwnPropertyDescriptors(peer)) as unknown as Opened
}

const nameOf = ({ addresses }: Peer): string => addresses[0]!.split('/').at(-1)!

/** Nobody is asked again, which would mend what these tests look for. */
const AT_ONCE: PeerOptions = { askAgainAfter: 25_000, timeout: 25_000 }

const pause = async (milliseconds: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, milliseconds))

async function connected(options: PeerOptions = {}): Promise<readonly [Opened, Opened]> {
  const [provider, reader] = [await openedPeer(), await openedPeer(options)]
  await reader.dial(provider.addresses)
  return [provider, reader]
}

describeBlockSink('a peer', async () => (await openedPeer()).blocks)
describeBlockSource('a peer', async (patience) => {
  const [provider, reader] = await connected({ timeout: patience === 'none' ? 500 : 25_000 })
  return { source: reader.blocks, give: provider.blocks.pin }
})

test('an empty node gets documents from the one that pinned them, and keeps them', async () => {
  const [provider, reader] = await connected()
  const blocks = await someBlocks(20)
  await provider.blocks.pin(blocks)
  for (const { cid, bytes } of blocks) {
    expect((await fetchBlock([reader.blocks], cid)).bytes).toEqual(bytes)
  }
  expect([...reader.store.digests()]).toHaveLength(20)
  await provider.stop()
  expect(await reader.blocks.get(blocks[0]!.cid)).toEqual(blocks[0]!.bytes)
})

test('more documents at once than a peer keeps wants of', async () => {
  const [provider, reader] = await connected({ timeout: 25_000 })
  const blocks = await someBlocks(1_200)
  await provider.blocks.pin(blocks)
  const found = await Promise.all(blocks.map(async ({ cid }) => await reader.blocks.get(cid)))
  expect(found).toEqual(blocks.map(({ bytes }) => bytes))
})

test('an edition of 1,000 goes from one node to another, whole', async () => {
  const { account, ports } = world()
  const [provider, reader] = await connected({ timeout: 25_000 })
  const drafts = Array.from({ length: 1_000 }, (_, number) => draft(`trend-${number}`))
  const providing = { ...ports, sources: [provider.blocks], sinks: [provider.blocks] }
  const edition: EditionDraft = { type: 'edition', slug: 'all', title: 'All of it', summary: 'A thousand.' }
  const published = await publishEdition(providing, edition, drafts, { refs: false })
  await reader.dial(provider.addresses)

  const reading = { sources: [reader.blocks], registries: [account] }
  const { document } = await resolve(reading, parseName(`${PUBLISHER}/all`))
  const { entries } = document as { readonly entries: readonly { readonly cid: string }[] }
  const found = await Promise.all(entries.map(async ({ cid }) => await fetchBlock([reader.blocks], parseCid(cid))))
  expect(found.map(({ cid }) => String(cid)).sort()).toEqual(
    published.steps.map(({ named }) => String(named.cid)).sort()
  )
  expect([...reader.store.digests()]).toHaveLength(1_001)
})

test('a document that is pinned while somebody waits for it arrives', async () => {
  const [provider, reader] = await connected(AT_ONCE)
  const block = await someBlock()
  const answer = reader.blocks.get(block.cid)
  await pause(100)
  await provider.blocks.pin([block])
  expect(await answer).toEqual(block.bytes)
})

test('a document that another process pins while somebody waits for it arrives', async () => {
  const file = scratchFile()
  const provider = await openedPeer({ pollEvery: 20 }, openStore(file))
  const reader = await openedPeer(AT_ONCE)
  await reader.dial(provider.addresses)
  const elsewhere = openStore(file)
  onTestFinished(() => elsewhere.close())
  const block = await someBlock()
  const answer = reader.blocks.get(block.cid)
  await pause(100)
  await pinsOf(elsewhere, 'another process').pin([block])
  expect(await answer).toEqual(block.bytes)
  expect(provider.offered).toBe(1)
})

test('a copy that was damaged is fetched again', async () => {
  const file = scratchFile()
  const block = await toBlock({ title: 'a marker' })
  const provider = await openedPeer()
  await provider.blocks.pin([block])

  const store = openStore(file)
  const first = await openPeer(store)
  await first.dial(provider.addresses)
  await first.blocks.get(block.cid)
  await first.stop()
  store.close()
  damage(file, 'a marker')

  const reader = await openedPeer({}, openStore(file))
  await expect(reader.blocks.get(block.cid)).rejects.toThrow('no peer is connected')
  expect(reader.store.quarantine()).toHaveLength(1)
  await reader.dial(provider.addresses)
  expect(await reader.blocks.get(block.cid)).toEqual(block.bytes)
  expect(reader.store.get(block.cid.multihash.digest)).toEqual(block.bytes)
})

test('a document that is lost can be fetched again at once, from the same peer', async () => {
  const [provider, reader] = await connected({ timeout: 25_000 })
  const block = await someBlock()
  await provider.blocks.pin([block])
  await reader.blocks.get(block.cid)
  reader.store.write({ dropped: [block.cid.multihash.digest] })
  expect(await reader.blocks.get(block.cid)).toEqual(block.bytes)
})

test('a peer with other bytes under the CID is refused, and an honest one beside it answers', async () => {
  const block = await someBlock()
  const lie = forged(block)
  const honest = openStore(':memory:')
  // A node that lies: the store under it answers with bytes that it would never have taken.
  const liar = await openedPeer({}, { ...honest, get: () => lie.bytes })
  const reader = await openedPeer({ timeout: 1_000 })
  await reader.dial(liar.addresses)
  expect(await liar.blocks.get(block.cid)).toEqual(lie.bytes)
  await expect(reader.blocks.get(block.cid)).rejects.toThrow('bitswap: no peer delivered the block within 1000 ms')
  expect([...reader.store.digests()]).toEqual([])

  const provider = await openedPeer()
  await provider.blocks.pin([block])
  await reader.dial(provider.addresses)
  expect(await reader.blocks.get(block.cid)).toEqual(block.bytes)
})

// Helia sends wants some ten milliseconds after they are made, so when one is given up matters.
const MOMENTS = [0, 3, 6, 9, 12, 30]

test('a reader that gives up is let go, and others who wait for the same document are not', async () => {
  const [provider, reader] = await connected(AT_ONCE)
  for (const moment of MOMENTS) {
    const block = await someBlock()
    const caller = new AbortController()
    const given = reader.blocks.get(block.cid, { signal: caller.signal })
    const waited = reader.blocks.get(block.cid)
    await pause(moment)
    caller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await provider.blocks.pin([block])
    expect(await waited).toEqual(block.bytes)
  }
})

test('a reader that gives up may ask again at once', async () => {
  const [provider, reader] = await connected(AT_ONCE)
  for (const moment of MOMENTS) {
    const block = await someBlock()
    const caller = new AbortController()
    const given = reader.blocks.get(block.cid, { signal: caller.signal })
    await pause(moment)
    caller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    const again = reader.blocks.get(block.cid)
    await pause(150)
    await provider.blocks.pin([block])
    expect(await again).toEqual(block.bytes)
  }
})

test('a node that is alone does not wait for a document it does not have', async () => {
  const { blocks } = await openedPeer()
  const { cid } = await someBlock()
  await expect(blocks.get(cid)).rejects.toThrow('bitswap: not in the store, and no peer is connected')
})

test('what a peer pins, stock Helia on the same store lists and reads', async () => {
  const { blocks, store } = await openedPeer()
  const pinned = await Promise.all([toBlock({ n: 1 }), toBlock({ n: 2 })])
  await blocks.pin(pinned)
  const helia = createHeliaLight({
    blockstore: heliaBlockstore(store),
    datastore: heliaDatastore(store) as never,
    codecs: [json]
  })
  const listed: string[] = []
  for await (const { cid } of helia.pins.ls()) listed.push(String(cid))
  expect(listed.sort()).toEqual(sortedNames(pinned))
  expect(await heliaJson(helia).get(pinned[1]!.cid)).toEqual({ n: 2 })
})

test('a node listens on this machine only, and leaves no key in the store', async () => {
  const { addresses, store } = await openedPeer()
  expect(addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo\w+$/)])
  expect(store.rows('')).toEqual([])
})

test('an address that is malformed, or where nobody answers, is refused by name', async () => {
  const { dial, addresses } = await openedPeer()
  const peerId = addresses[0]!.split('/').at(-1)!
  await expect(dial(['http://127.0.0.1'])).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: /not a multiaddress/
  })
  const other = peerId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  await expect(dial([`/ip4/127.0.0.1/tcp/1/p2p/${other}`])).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

const swarmKey = (digit: string): Uint8Array =>
  new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${digit.repeat(64)}\n`)

test('only who holds the key of a closed network can talk to its nodes', async () => {
  const provider = await openedPeer({ swarmKey: swarmKey('a') })
  const block = await someBlock()
  await provider.blocks.pin([block])
  const insider = await openedPeer({ swarmKey: swarmKey('a') })
  await insider.dial(provider.addresses)
  expect(await insider.blocks.get(block.cid)).toEqual(block.bytes)
  for (const outsider of [await openedPeer({ swarmKey: swarmKey('b') }), await openedPeer()]) {
    // What the one says is noise to the other, who may wait for more of it.
    await expect(outsider.dial(provider.addresses, { signal: AbortSignal.timeout(500) })).rejects.toThrow()
    expect(outsider.connected).toEqual([])
  }
  expect(provider.connected).toEqual([nameOf(insider)])
})

test('a key that is none is refused, and not repeated', async () => {
  const store = openStore(':memory:')
  onTestFinished(() => store.close())
  const secret = 'c0ffee'.repeat(10)
  for (const options of [
    { swarmKey: swarmKey('z') },
    { swarmKey: Buffer.from(secret) },
    { identity: Buffer.from(secret) }
  ]) {
    const refusal = await openPeer(store, options).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'INVALID_OPTION' })
    expect(inspect(refusal, { depth: 9 })).not.toMatch(/c0ffee|zzzz/)
  }
})

test('a node keeps its name where it is given one, and meets its fixed peers again after they were away', async () => {
  const key = await openIdentity(scratchFile('peer.key'))
  const store = openStore(':memory:')
  const first = await openPeer(store, { identity: key })
  const [address] = first.addresses
  const reader = await openedPeer({ peers: [address!], companyEvery: 50 })
  expect(reader.connected).toEqual([nameOf(first)])
  await first.stop()
  await expect.poll(() => reader.connected).toEqual([])
  const again = await openedPeer({ identity: key, listen: [address!.replace(/\/p2p\/.*/, '')] }, store)
  expect(again.addresses).toEqual([address])
  await expect.poll(() => reader.connected).toEqual([nameOf(again)])
})

test('many readers of one machine are served at once', async () => {
  const provider = await openedPeer()
  const block = await someBlock()
  await provider.blocks.pin([block])
  const readers = await Promise.all(
    Array.from({ length: 9 }, async () => await openedPeer({ peers: provider.addresses }))
  )
  const found = await Promise.all(readers.map(async ({ blocks }) => await blocks.get(block.cid)))
  expect(found).toEqual(readers.map(() => block.bytes))
})

test('a node takes no more connections than it may', async () => {
  const provider = await openedPeer({ maxConnections: 2 })
  const readers = await Promise.all([1, 2, 3, 4].map(async () => await openedPeer()))
  await Promise.allSettled(readers.map(async (reader) => await reader.dial(provider.addresses)))
  await expect.poll(() => provider.connected.length).toBe(2)
})

test('a node that was stopped leaves no socket behind', async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  const before = sockets()
  const [provider, reader] = await connected()
  const block = await someBlock()
  await provider.blocks.pin([block])
  await reader.blocks.get(block.cid)
  expect(sockets()).toBeGreaterThan(before)
  await Promise.all([provider.stop(), reader.stop()])
  await expect.poll(sockets).toBeLessThanOrEqual(before)
})
