import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'
import { join } from './bytes.ts'
import { changesOf, rowOf, rowsOf } from './helia-rows.ts'
import type { NamedBytes, Store } from './store.ts'

/** Options of Helia's stores: of all of them only the signal matters here. */
interface Aborting {
  readonly signal?: AbortSignal
}

type Bytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>
type Many<Value> = Iterable<Value> | AsyncIterable<Value>

/** The blockstore interface of Helia 7. */
export interface HeliaBlockstore {
  has: (cid: CID, options?: Aborting) => boolean
  put: (cid: CID, bytes: Bytes, options?: Aborting) => Promise<CID>
  putMany: (pairs: Many<{ cid: CID; bytes: Bytes }>, options?: Aborting) => AsyncGenerator<CID>
  get: (cid: CID, options?: Aborting) => Generator<Uint8Array>
  getMany: (cids: Many<CID>, options?: Aborting) => AsyncGenerator<{ cid: CID; bytes: Generator<Uint8Array> }>
  getAll: (options?: Aborting) => Generator<{ cid: CID; bytes: Generator<Uint8Array> }>
  delete: (cid: CID, options?: Aborting) => void
  deleteMany: (cids: Many<CID>, options?: Aborting) => AsyncGenerator<CID>
}

/** Of a key Helia reads no more than its text. */
export interface HeliaKey {
  toString: () => string
}

export interface HeliaPair {
  key: HeliaKey
  value: Uint8Array
}

interface Query<Subject> {
  prefix?: string
  filters?: ((subject: Subject) => boolean)[]
  orders?: ((a: Subject, b: Subject) => -1 | 0 | 1)[]
  limit?: number
  offset?: number
}

/** The datastore interface of Helia 7. */
export interface HeliaDatastore {
  has: (key: HeliaKey, options?: Aborting) => boolean
  put: <Key extends HeliaKey>(key: Key, value: Uint8Array, options?: Aborting) => Key
  putMany: (pairs: Many<HeliaPair>, options?: Aborting) => AsyncGenerator<HeliaKey>
  get: (key: HeliaKey, options?: Aborting) => Uint8Array
  getMany: (keys: Many<HeliaKey>, options?: Aborting) => AsyncGenerator<HeliaPair>
  delete: (key: HeliaKey, options?: Aborting) => void
  deleteMany: (keys: Many<HeliaKey>, options?: Aborting) => AsyncGenerator<HeliaKey>
  batch: () => {
    put: (key: HeliaKey, value: Uint8Array) => void
    delete: (key: HeliaKey) => void
    commit: (options?: Aborting) => void
  }
  query: (query: Query<HeliaPair>, options?: Aborting) => Generator<HeliaPair>
  queryKeys: (query: Query<HeliaKey>, options?: Aborting) => Generator<HeliaKey>
}

/** Blocks put together in one transaction, unless their bytes are many before. */
const BATCH = 128
const BATCH_BYTES = 8_388_608

/** How Helia tells "not here" from a failure: by the error's name. */
class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/**
 * The store as Helia's blockstore. A damaged block is "not here", also to `has`, so Helia fetches it again, and puts it
 * again where it would otherwise skip what it has. A document that is pinned is not deleted, whatever a garbage
 * collection that began before the pin believes.
 */
export function heliaBlockstore(store: Store): HeliaBlockstore {
  function* get(cid: CID, options?: Aborting): Generator<Uint8Array> {
    options?.signal?.throwIfAborted()
    const bytes = store.get(cid.multihash.digest)
    if (bytes === undefined) throw new NotFoundError(`${cid} is not in the store`)
    yield bytes
  }
  const drop = (cids: readonly CID[]): void => store.write({ dropped: cids.map(({ multihash }) => multihash.digest) })
  return {
    has(cid, options) {
      options?.signal?.throwIfAborted()
      return store.get(cid.multihash.digest) !== undefined
    },
    async put(cid, bytes, options) {
      const whole = await collect(bytes)
      options?.signal?.throwIfAborted()
      store.write({ blocks: [{ cid, bytes: whole }] })
      return cid
    },
    async *putMany(pairs, options) {
      for await (const blocks of batches(pairs)) {
        options?.signal?.throwIfAborted()
        store.write({ blocks })
        yield* blocks.map(({ cid }) => cid)
      }
    },
    get,
    async *getMany(cids, options) {
      for await (const cid of cids) yield { cid, bytes: get(cid, options) }
    },
    *getAll(options) {
      for (const digest of store.digests()) {
        // A digest does not say the codec of its block; collectors compare by digest.
        const cid = CID.createV1(raw.code, Digest.create(SHA2_256, digest))
        yield { cid, bytes: get(cid, options) }
      }
    },
    delete(cid, options) {
      options?.signal?.throwIfAborted()
      drop([cid])
    },
    async *deleteMany(cids, options) {
      let some: CID[] = []
      for await (const cid of cids) {
        options?.signal?.throwIfAborted()
        some.push(cid)
        if (some.length < BATCH) continue
        drop(some)
        yield* some
        some = []
      }
      drop(some)
      yield* some
    }
  }
}

const SHA2_256 = 0x12

/**
 * The store as Helia's datastore. Rows about pins are read from the store's own table of pins and written to it: to
 * write one keeps the block for that pin, to delete a pin releases all that it holds. Counts cannot be written.
 */
export function heliaDatastore(store: Store): HeliaDatastore {
  const get = (key: HeliaKey): Uint8Array => {
    const value = rowOf(store, String(key))
    if (value === undefined) throw new NotFoundError(`${key} is not in the store`)
    return value
  }
  const write = (rows: ReadonlyMap<string, Uint8Array | undefined>): void => store.write(changesOf(rows))
  const change = (key: HeliaKey, value: Uint8Array | undefined): void => write(new Map([[String(key), value]]))
  const pairs = (prefix = ''): readonly HeliaPair[] =>
    rowsOf(store, prefix).map(({ key, value }) => ({ key: { toString: () => key }, value }))
  return {
    has: (key) => rowOf(store, String(key)) !== undefined,
    put(key, value) {
      change(key, value)
      return key
    },
    async *putMany(source) {
      for await (const { key, value } of source) {
        change(key, value)
        yield key
      }
    },
    get,
    async *getMany(keys) {
      for await (const key of keys) yield { key, value: get(key) }
    },
    delete: (key) => change(key, undefined),
    async *deleteMany(keys) {
      for await (const key of keys) {
        change(key, undefined)
        yield key
      }
    },
    batch() {
      const changes = new Map<string, Uint8Array | undefined>()
      return {
        put: (key, value) => void changes.set(String(key), value),
        delete: (key) => void changes.set(String(key), undefined),
        commit() {
          write(changes)
          changes.clear()
        }
      }
    },
    *query(query, options) {
      yield* select(pairs(query.prefix), query, options)
    },
    *queryKeys(query, options) {
      yield* select(
        pairs(query.prefix).map(({ key }) => key),
        query,
        options
      )
    }
  }
}

function* select<Subject>(all: readonly Subject[], query: Query<Subject>, options?: Aborting): Generator<Subject> {
  const { filters = [], orders = [], offset = 0, limit = Number.POSITIVE_INFINITY } = query
  const fitting = all.filter((subject) => filters.every((filter) => filter(subject)))
  for (const order of orders) fitting.sort(order)
  for (const subject of fitting.slice(offset, offset + limit)) {
    options?.signal?.throwIfAborted()
    yield subject
  }
}

async function* batches(pairs: Many<{ cid: CID; bytes: Bytes }>): AsyncGenerator<readonly NamedBytes[]> {
  let batch: NamedBytes[] = []
  let size = 0
  for await (const { cid, bytes } of pairs) {
    const whole = await collect(bytes)
    batch.push({ cid, bytes: whole })
    size += whole.byteLength
    if (batch.length < BATCH && size < BATCH_BYTES) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

async function collect(bytes: Bytes): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return join(chunks)
}
