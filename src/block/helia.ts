import type { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Block } from './block.ts'
import { join } from './bytes.ts'
import { checkCid, type TrendCid } from './cid.ts'
import { lacking } from './failure.ts'
import { type HeliaDatastore, heliaBlockstore, heliaDatastore, stageRows } from './helia-store.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'

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
 * A node and the store under it as a source and a sink.
 *
 * To pin is to write the blocks and Helia's own pin records in one transaction of the store, which is one sync of the
 * disk a call. Each document has a pin of its own: codec `json` has no links, and Helia miscounts shared pins.
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
      return await readBlock(node, cid, name, signal)
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

/** Pins documents in a store, as Helia does it and reads it. */
export function pinsOf(store: Store, name: string): Omit<BlockSink, 'name'> & Pinned {
  return {
    async pin(blocks, { signal } = {}) {
      await inTurn(store, signal, async () => {
        try {
          const { pins, staged } = await stagePins(store)
          for (const { cid } of blocks) {
            signal?.throwIfAborted()
            await finish(pins.add(cid, { walker: alone }), 'AlreadyPinnedError')
          }
          signal?.throwIfAborted()
          store.write({ blocks, rows: staged.changes })
        } catch (cause) {
          signal?.throwIfAborted()
          throw pinFailed(blocks, name, cause)
        }
      })
    },
    async *pinned({ signal } = {}) {
      const { pins } = await stagePins(store)
      for await (const { cid } of pins.ls(signal && { signal })) if (isTrendCid(cid)) yield cid
    },
    async unpin(cids, { signal } = {}) {
      await inTurn(store, signal, async () => {
        const { pins, staged } = await stagePins(store)
        for (const cid of cids) {
          signal?.throwIfAborted()
          await finish(pins.rm(cid, { walker: alone }), 'NotFoundError')
        }
        signal?.throwIfAborted()
        store.write({ rows: staged.changes })
      })
    }
  }
}

/** The last pin or unpin of each store. Helia counts pins by reading and writing back, so they must take turns. */
const turns = new WeakMap<Store, Promise<unknown>>()

async function inTurn(store: Store, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  signal?.throwIfAborted()
  const before = turns.get(store)
  const turn = Promise.resolve(before).then(work)
  turns.set(
    store,
    turn.catch(() => undefined)
  )
  await turn
}

/** Helia's pins over rows that are kept back, so that they can be written together with the blocks. */
async function stagePins(store: Store) {
  const { createHeliaLight } = await import('./helia-light.ts')
  const staged = stageRows(store)
  const { pins } = createHeliaLight({ ...heliaStores(store, heliaDatastore(staged)), codecs: [json] })
  return { pins, staged }
}

type HeliaInit = NonNullable<Parameters<typeof import('./helia-light.ts').createHeliaLight>[0]>
type HeliaStores = Required<Pick<HeliaInit, 'blockstore' | 'datastore'>>

/** Helia types its keys as a class with private parts, but reads no more of one than its text. */
function heliaStores(store: Store, datastore: HeliaDatastore = heliaDatastore(store)): HeliaStores {
  return { blockstore: heliaBlockstore(store), datastore: datastore as unknown as HeliaStores['datastore'] }
}

/** Helia's generators must be run to their end: one that is left halfway leaves half a pin. */
async function finish(work: AsyncIterable<unknown>, harmless: string): Promise<void> {
  try {
    for await (const _ of work);
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === harmless)) throw cause
  }
}

type Walker = NonNullable<NonNullable<Parameters<Awaited<ReturnType<typeof stagePins>>['pins']['add']>[1]>['walker']>

/**
 * A document has no links, so a walk from it is the document alone, and it need not be there: the block of a new pin is
 * written with it, and a damaged one can still be unpinned. Helia's own walker waits a millisecond a pin and, on a
 * failure, leaves a rejection unhandled.
 */
const alone: Walker = () => ({
  async *walk(cid) {
    yield { block: { cid }, depth: 0, path: [cid] } as never
  }
})

function pinFailed(blocks: readonly Block[], sink: string, cause: unknown): ArchiveError<'PIN_FAILED'> {
  const cid = isArchiveError(cause, 'BLOCK_MISMATCH') ? cause.details.cid : String(blocks[0]?.cid)
  const why = cause instanceof Error ? cause.message : String(cause)
  const hint = isArchiveError(cause) ? cause.hint : undefined
  return new ArchiveError(
    'PIN_FAILED',
    `${sink} could not pin ${blocks.length} blocks: ${why}`,
    { cid, sink },
    { cause, hint }
  )
}

function isTrendCid(cid: CID): cid is TrendCid {
  try {
    checkCid(cid)
    return true
  } catch {
    return false
  }
}
