import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withBitswap } from '@helia/bitswap'
import { json as heliaJson } from '@helia/json'
import { withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import * as json from 'multiformats/codecs/json'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Block } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { openIdentity } from '../../src/block/identity.ts'
import type { Peer } from '../../src/block/peer.ts'
import { openPublicPeer, type PublicPeerOptions } from '../../src/block/public-peer.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { scratchFile, someBlock, someBlocks } from '../block/samples.ts'

/** Where no node is. */
const NOBODY = ['/ip4/127.0.0.1/tcp/9']

type Told = Parameters<NonNullable<PublicPeerOptions['onEvent']>>[0]

interface Opened extends AsyncDisposable {
  readonly peer: Peer
  readonly store: Store
  readonly told: readonly Told[]
  /** Resolves when the node has told so many events of that kind. */
  readonly tells: (wanted: (event: Told) => boolean, times?: number) => Promise<void>
}

/** A node on loopback that looks for new pins often. */
async function opened(options: PublicPeerOptions, store = openStore(':memory:')): Promise<Opened> {
  const told: Told[] = []
  const waiting = new Set<() => void>()
  const peer = await openPublicPeer(store, {
    listen: ['/ip4/127.0.0.1/tcp/0'],
    pollEvery: 50,
    ...options,
    onEvent(event) {
      told.push(event)
      for (const look of waiting) look()
    }
  })
  const tells = async (wanted: (event: Told) => boolean, times = 1): Promise<void> =>
    await new Promise((resolve) => {
      const look = (): void => {
        if (told.filter(wanted).length < times) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const end = async (): Promise<void> => {
    await peer.stop()
    store.close()
  }
  return { peer, store, told, tells, [Symbol.asyncDispose]: end }
}

/** What a test opens ends with it. */
async function openedHere(...given: Parameters<typeof opened>): Promise<Opened> {
  const node = await opened(...given)
  onTestFinished(async () => await node[Symbol.asyncDispose]())
  return node
}

interface Network extends AsyncDisposable {
  /** Where the first of its nodes listens. */
  readonly bootstrap: readonly string[]
}

/** Three nodes that answer for a DHT of their own, and keep nothing. */
async function network(): Promise<Network> {
  const first = await opened({
    bootstrap: NOBODY
  })
  const bootstrap = first.peer.addresses
  const others = [await opened({ bootstrap }), await opened({ bootstrap })]
  return {
    bootstrap,
    async [Symbol.asyncDispose]() {
      await Promise.all([first, ...others].map(async (node) => await node[Symbol.asyncDispose]()))
    }
  }
}

const provided =
  ({ cid }: Block) =>
  (event: Told): boolean =>
    event.type === 'provided' && event.cid.equals(cid)

const nameOf = ({ addresses }: Peer): string => addresses[0]!.split('/').at(-1)!

/** A node as a user of Helia 7 writes one, which knows only where the DHT begins. */
async function stockNode(bootstrap: readonly string[]) {
  const light = createHeliaLight({ codecs: [json] })
  const networked = withLibp2pLight(light, {
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/ipfs/lan/kad/1.0.0', peerInfoMapper: passthroughMapper, initialQuerySelfInterval: 100 })
    }
  })
  const node = await withBitswap(networked).start()
  onTestFinished(async () => void (await node.stop()))
  await node.libp2p.dial(bootstrap.map((address) => multiaddr(address)))
  return node
}

/** Who provides a document, as a stranger hears it from the DHT. */
async function providersOf(
  { libp2p }: Awaited<ReturnType<typeof stockNode>>,
  cid: TrendCid
): Promise<readonly string[]> {
  const found = new Set<string>()
  const signal = AbortSignal.timeout(5_000)
  for await (const { id } of libp2p.contentRouting.findProviders(cid, { signal })) found.add(String(id))
  return [...found]
}

describe('on a DHT of their own', () => {
  let here: Network
  beforeAll(async () => {
    here = await network()
  })
  afterAll(async () => await here[Symbol.asyncDispose]())

  test('who knows only where the DHT begins finds a document that a node pins while it runs, and its provider', async () => {
    // A client of the DHT is in nobody's routing table: only its provider records lead to it.
    const provider = await openedHere({ ...here, dhtServer: false })
    const block = await someBlock()
    await provider.peer.blocks.pin([block])
    await provider.tells(provided(block))

    const reader = await openedHere(here)
    expect(reader.peer.connected).not.toContain(nameOf(provider.peer))
    expect((await fetchBlock([reader.peer.blocks], block.cid)).bytes).toEqual(block.bytes)
    expect(reader.peer.connected).toContain(nameOf(provider.peer))

    const stranger = await stockNode(here.bootstrap)
    expect(await providersOf(stranger, block.cid)).toEqual([nameOf(provider.peer)])
    expect(await providersOf(stranger, (await someBlock()).cid)).toEqual([])
    expect(await heliaJson(stranger).get(block.cid, { signal: AbortSignal.timeout(10_000) })).toHaveProperty('title')
  })

  test('what another process pins and unpins is provided, and provided again no longer', async () => {
    const file = scratchFile()
    const provider = await openedHere({ ...here, provideEvery: 300 }, openStore(file))
    const elsewhere = openStore(file)
    onTestFinished(() => elsewhere.close())
    const pins = pinsOf(elsewhere, 'another process')
    const [kept, dropped] = await someBlocks(2)
    await pins.pin([kept!, dropped!])
    await provider.tells(provided(kept!), 2)
    await provider.tells(provided(dropped!), 2)
    expect(provider.peer.offered).toBe(2)

    await pins.unpin([dropped!.cid])
    await expect.poll(() => provider.peer.offered).toBe(1)
    const [before, soFar] = [provided(dropped!), provided(kept!)].map((one) => provider.told.filter(one).length)
    await provider.tells(provided(kept!), soFar! + 3)
    // One that was under way when it was unpinned is told no more.
    expect(provider.told.filter(provided(dropped!))).toHaveLength(before!)
  })
})

test('after a restart a node has its old name and provides what is still pinned, where nobody knew of it', async () => {
  const [file, key] = [scratchFile(), scratchFile('peer.key')]
  const [kept, dropped] = await someBlocks(2)
  let name: string
  {
    await using before = await opened({ bootstrap: NOBODY, identity: await openIdentity(key) }, openStore(file))
    await before.peer.blocks.pin([kept!, dropped!])
    await before.peer.blocks.unpin([dropped!.cid])
    name = nameOf(before.peer)
  }
  expect(statSync(key).mode & 0o777).toBe(0o600)

  await using elsewhere = await network()
  const after = await openedHere({ ...elsewhere, identity: await openIdentity(key) }, openStore(file))
  expect(nameOf(after.peer)).toBe(name)
  await after.tells(provided(kept!))
  const stranger = await stockNode(elsewhere.bootstrap)
  expect(await providersOf(stranger, kept!.cid)).toEqual([name])
  expect(await providersOf(stranger, dropped!.cid)).toEqual([])
})

test('of what was unpinned a node says itself that it has it no longer', async () => {
  const provider = await openedHere({ bootstrap: NOBODY })
  const block = await someBlock()
  await provider.peer.blocks.pin([block])
  const stranger = await stockNode(provider.peer.addresses)
  await expect.poll(async () => await providersOf(stranger, block.cid)).toEqual([nameOf(provider.peer)])
  await provider.peer.blocks.unpin([block.cid])
  await expect.poll(async () => await providersOf(stranger, block.cid)).toEqual([])
})

test('a node that was alone provides what it has once it has met somebody', async () => {
  await using here = await network()
  const alone = await openedHere({ bootstrap: NOBODY })
  const block = await someBlock()
  await alone.peer.blocks.pin([block])
  await alone.tells((event) => event.type === 'unreachable')
  await alone.peer.dial(here.bootstrap)
  await alone.tells(provided(block))
})

/** A server of the routing API to which everything is provided by one node. */
async function routingServer(provider: Peer, asked: string[] = []): Promise<string> {
  const record = {
    Schema: 'peer',
    ID: nameOf(provider),
    Addrs: provider.addresses,
    Protocols: ['transport-bitswap']
  }
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ Providers: [record] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a routing server that knows the provider is enough', async () => {
  const provider = await openedHere({ bootstrap: NOBODY })
  const block = await someBlock()
  await provider.peer.blocks.pin([block])
  const asked: string[] = []
  const reader = await openedHere({ bootstrap: NOBODY, delegatedRouting: await routingServer(provider.peer, asked) })
  expect(await reader.peer.blocks.get(block.cid)).toEqual(block.bytes)
  expect(asked[0]).toContain(`/routing/v1/providers/${block.cid}`)
})

test('a node of the IPFS network dials private addresses only where we say so, whatever strangers tell it', async () => {
  const provider = await openedHere({ bootstrap: NOBODY })
  const block = await someBlock()
  await provider.peer.blocks.pin([block])
  const delegatedRouting = await routingServer(provider.peer)
  const world = ['/ip4/203.0.113.1/tcp/4001']
  const reader = await openedHere({ bootstrap: world, delegatedRouting, gateways: [], timeout: 1_000 })
  await expect(reader.peer.blocks.get(block.cid)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  expect(reader.peer.connected).toEqual([])
  await reader.peer.dial(provider.peer.addresses)
  expect(await reader.peer.blocks.get(block.cid)).toEqual(block.bytes)
})
