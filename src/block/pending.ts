import type { TrendCid } from './cid.ts'

/**
 * What a publish has pinned and not yet seen recorded, by name, so that an interrupted one is continued with the same
 * bytes. When `set` or `clear` resolves, the change outlives the process; it is made for all entries or for none.
 */
export interface Pending {
  get: (name: string) => Promise<TrendCid | undefined>
  set: (entries: readonly PendingEntry[]) => Promise<void>
  /** Forgets names; one that is not there is no error. */
  clear: (names: readonly string[]) => Promise<void>
}

export interface PendingEntry {
  readonly name: string
  readonly cid: TrendCid
}

/** A memory that ends with the process: for tests, and for publishers without a disk. */
export function memoryPending(): Pending {
  const cids = new Map<string, TrendCid>()
  return {
    async get(name) {
      return cids.get(name)
    },
    async set(entries) {
      for (const { name, cid } of entries) cids.set(name, cid)
    },
    async clear(names) {
      for (const name of names) cids.delete(name)
    }
  }
}
