import { gateway } from '../../src/block/gateway.ts'
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { openPeer } from '../../src/block/peer.ts'
import { publicGateways } from '../../src/block/public-gateway.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { openStore } from '../../src/block/store.ts'

/** Sources that may be asked together, none of which has the block. */
export type SetUp = readonly [name: string, sources: readonly BlockSource[]]

export interface SetUps {
  readonly all: readonly SetUp[]
  close: () => Promise<void>
}

/** Longer than any deadline here, so that it is the deadline that ends a call. */
const LONG = 60_000

/** Every way to ask for a block that there is: none has it, and each is asked with no limit of its own that would help. */
export async function openSetUps(hostile: Readonly<Record<string, string>>): Promise<SetUps> {
  const store = openStore(':memory:')
  const light = await openHelia(store)
  const lonely = await openPeer(store, { timeout: LONG })
  const without = await openPeer(openStore(':memory:'))
  const reader = await openPeer(store, { timeout: LONG })
  await reader.dial(without.addresses)
  const open = publicGateways(Object.values(hostile), { timeout: LONG })
  const unresolved = publicGateways(['https://gate.example'], { timeout: LONG, lookup: () => {} })

  const alone: readonly SetUp[] = [
    ['nobody', []],
    ['memory', [memoryBlocks()]],
    ['Helia over the store', [heliaBlocks(light, store)]],
    ['bitswap without a peer', [lonely.blocks]],
    ['bitswap with a peer that lacks it', [reader.blocks]],
    ...Object.entries(hostile).map(
      ([name, url]): SetUp => [`a gateway that ${name}`, [gateway(url, { timeout: LONG })]]
    ),
    ...Object.keys(hostile).map(
      (name, index): SetUp => [`a gateway on the internet that ${name}`, [open.sources[index]!]]
    ),
    ['a gateway whose name is never resolved', unresolved.sources],
    ['a gateway by a fetch that heeds no signal', [gateway('https://deaf.example', { timeout: LONG, fetch: never })]],
    ['a gateway that nobody runs', [gateway('http://127.0.0.1:9', { timeout: LONG })]],
    ['a source that heeds no signal', [{ name: 'deaf', get: never }]],
    ['a source that throws', [{ name: 'rude', get: thrower }]],
    ['a source that wants to be asked tomorrow', [gateway('https://busy.example', { fetch: tomorrow })]]
  ]
  return {
    all: [...alone, ['all of them at once', alone.flatMap(([, sources]) => sources)]],
    async close() {
      await Promise.all([open.close(), unresolved.close(), light.stop()])
      await Promise.all([lonely.stop(), reader.stop(), without.stop()])
      store.close()
    }
  }
}

const never = async (): Promise<never> => await new Promise(() => {})
const thrower = (): never => {
  throw new TypeError('not even a promise')
}
const tomorrow = async (): Promise<Response> => new Response('', { status: 429, headers: { 'retry-after': '86400' } })
