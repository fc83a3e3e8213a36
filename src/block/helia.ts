import type { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import { isArchiveError } from '../errors.ts'
import { join } from './bytes.ts'
import type { TrendCid } from './cid.ts'
import { lacking } from './failure.ts'
import { heliaBlockstore, heliaDatastore } from './helia-store.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'
import { pinsOf } from './store-pins.ts'

interface ReadOptions {
  readonly signal?: AbortSignal
}

/** The part of a Helia node that is used here. Every Helia 7 node has it. */
export interface HeliaNode {
  readonly blockstore: {
    get: (cid: CID, options?: ReadOptions) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  }
  readonly pins: {
    ls: (options?: ReadOptions) => AsyncIterable<{ readonly cid: CID }>
    isPinned: (cid: CID, options?: ReadOptions) => Promise<boolean>
  }
  gc: (options?: ReadOptions) => Promise<void>
  stop: () => Promise<unknown>
}

export interface HeliaOptions {
  /** What the node is called in errors and reports. @default 'helia' */
  readonly name?: string | undefined
}

/**
 * Starts a Helia node over a store. It has no routers and no brokers, so it neither dials nor waits: what is not in the
 * store is missing at once. The store stays open when the node stops.
 */
export async function openHelia(store: Store): Promise<HeliaNode> {
  const { createHeliaLight } = await import('./helia-light.ts')
  return await createHeliaLight({ ...heliaStores(store), codecs: [json] }).start()
}

/**
 * A node and the store under it as a source and a sink. What is pinned here the node lists as pinned, and what is
 * pinned through the node is listed here. What the store has is read from it; the node is asked for the rest.
 */
export function heliaBlocks(
  node: HeliaNode,
  store: Store,
  { name = 'helia' }: HeliaOptions = {}
): BlockSource & BlockSink & Pinned {
  return {
    name,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      return store.get(cid.multihash.digest) ?? (await readBlock(node, cid, name, signal))
    },
    ...pinsOf(store, name)
  }
}

/** Reads a block through a Helia node, from its store or from whoever it asks. */
export async function readBlock(
  { blockstore }: HeliaNode,
  cid: TrendCid,
  name: string,
  signal: AbortSignal | undefined
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of blockstore.get(cid, signal && { signal })) chunks.push(chunk)
    // Chunks from the network are windows on larger buffers, so they are copied even where there is one.
    return join(chunks)
  } catch (cause) {
    signal?.throwIfAborted()
    if (isArchiveError(cause)) throw cause
    throw lacking(name, { cause })
  }
}

type HeliaInit = NonNullable<Parameters<typeof import('./helia-light.ts').createHeliaLight>[0]>
type HeliaStores = Required<Pick<HeliaInit, 'blockstore' | 'datastore'>>

/** Helia types its keys as a class with private parts, but reads no more of one than its text. */
function heliaStores(store: Store): HeliaStores {
  return {
    blockstore: heliaBlockstore(store),
    datastore: heliaDatastore(store) as unknown as HeliaStores['datastore']
  }
}
