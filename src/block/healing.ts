import { isArchiveError } from '../errors.ts'
import type { TrendCid } from './cid.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'

/** What healing needs of a store. */
export type Healable = Pick<Store, 'get' | 'pins' | 'write' | 'isQuarantined'>

/**
 * A source whose good bytes also mend a store: what is pinned there and damaged or gone is put back when it comes by.
 * What the store never kept it is not given.
 */
export function healing(store: Healable, source: BlockSource): BlockSource {
  return {
    ...source,
    async get(cid, options) {
      const bytes = await source.get(cid, options)
      heal(store, cid, bytes)
      return bytes
    }
  }
}

/** Neither a lie nor a store that cannot be written withholds the answer: whoever asked hashes it. */
function heal(store: Healable, cid: TrendCid, bytes: Uint8Array<ArrayBuffer>): void {
  try {
    if (isMissed(store, cid.multihash.digest)) store.write({ blocks: [{ cid, bytes }] })
  } catch (error) {
    if (!isArchiveError(error)) throw error
  }
}

const isMissed = (store: Healable, digest: Uint8Array): boolean =>
  store.get(digest) === undefined && (store.isQuarantined(digest) || store.pins.keeps(digest))
