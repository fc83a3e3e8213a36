import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CID } from 'multiformats/cid'
import { ArchiveError } from '../errors.ts'
import { MAX_BLOCK_SIZE } from './block.ts'
import { fromDigest } from './cid.ts'
import { blobOf, guarded, inTransaction, moveLog, openDatabase, paged } from './database.ts'
import { FORMATS } from './formats.ts'
import type { Pending } from './pending.ts'
import { type Pin, type Pins, pinsIn } from './pin-table.ts'

/**
 * One SQLite file that holds blocks, pins, other rows of Helia's datastore, and what a publish has under way. Every
 * byte is hashed on the way in and on the way out; what has changed on disk since is put in quarantine and counts as
 * missing.
 *
 * All calls are synchronous, so no write of one task can slip into the open transaction of another. Several processes
 * may use one file; a writer waits for another's transaction. Every method throws
 * STORE_UNAVAILABLE when the file cannot be read or written.
 */
export interface Store {
  readonly file: string
  readonly pending: Pending
  readonly pins: Pins
  /** The bytes that a sha2-256 digest names; `undefined` when there are none, or only damaged ones. */
  get: (digest: Uint8Array) => Uint8Array<ArrayBuffer> | undefined
  /** The digest of every block, damaged ones included, in their order, while blocks may come and go. */
  digests: (options?: DigestsOptions) => Iterable<Uint8Array>
  /** How many blocks there are. */
  count: () => number
  row: (key: string) => Uint8Array | undefined
  /** The rows whose key starts with `prefix`, by key. */
  rows: (prefix: string) => readonly Row[]
  /**
   * Makes every change durable in one transaction, or none. Pins are released before others are made; a block that is
   * put takes its damaged copy out of quarantine.
   * @throws BLOCK_MISMATCH when bytes are not those of their CID, or larger than a block may be
   * @throws UNSUPPORTED_CID when a CID is not of a sha2-256 digest
   */
  write: (changes: Changes) => void
  /** Differs from an earlier answer when anything was written since, by whichever process. */
  revision: () => string
  /** Blocks whose bytes changed on disk and have not been put again, the newest damage of each. */
  quarantine: () => readonly Damaged[]
  isQuarantined: (digest: Uint8Array) => boolean
  /** The digests of what a publish has under way. */
  underWay: () => readonly Uint8Array[]
  /** How many blocks there are, damaged ones included, and of how many bytes. Reads all of them. */
  size: () => Size
  /**
   * What SQLite's own quick check finds wrong with the file; nothing where it is sound. Reads all of it. Damage
   * that even this cannot get past throws STORE_UNAVAILABLE.
   */
  faults: () => readonly string[]
  /** Ends the store; closing again is no error. */
  close: () => void
}

export interface DigestsOptions {
  /** Where to go on: the first digest is the one after this. */
  readonly after?: Uint8Array | undefined
}

export interface Row {
  readonly key: string
  readonly value: Uint8Array
}

export interface NamedBytes {
  readonly cid: CID
  readonly bytes: Uint8Array
}

export interface Changes {
  readonly blocks?: readonly NamedBytes[] | undefined
  readonly pins?: readonly Pin[] | undefined
  /** Roots whose pins are released. */
  readonly unpinned?: readonly CID[] | undefined
  /** Digests of blocks to delete; a block that something keeps stays. */
  readonly dropped?: readonly Uint8Array[] | undefined
  /** New values by key; `undefined` deletes the row. */
  readonly rows?: ReadonlyMap<string, Uint8Array | undefined> | undefined
}

export interface Size {
  readonly blocks: number
  readonly bytes: number
}

export interface Damaged {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
  /** When the damage was found. */
  readonly found: Date
}

const JSON_CODEC = 0x0200
const SHA2_256 = 0x12
const DIGEST_SIZE = 32
/** What Helia and bitswap allow in one block. */
const MAX_FOREIGN_SIZE = 2 * MAX_BLOCK_SIZE
/** How much is logged, in bytes, before the log is moved into the file. */
const LOG_SIZE = 8_388_608
/** A commit logs whole pages: of blocks, their index, and pins. */
const LOGGED_AT_LEAST = 98_304

export interface StoreOptions {
  /** How long to wait for another process's transaction, in milliseconds; this blocks the thread. @default 5_000 */
  readonly busyTimeout?: number | undefined
}

/**
 * Opens the store in a file, and makes the file and its folder if there are none; `:memory:` keeps everything in memory.
 * @throws STORE_UNAVAILABLE when the file cannot be opened, is another program's, or was made by a newer version
 */
export function openStore(file: string, { busyTimeout = 5_000 }: StoreOptions = {}): Store {
  const database = openDatabase(file, FORMATS, busyTimeout)
  try {
    return storeIn(database, file)
  } catch (cause) {
    // Left open, a file whose tables are damaged would stay in the way of the next who opens it.
    database.close()
    throw cause
  }
}

/** The store in a database of the newest format. */
export function storeIn(database: DatabaseSync, file: string): Store {
  const guard = <Result>(work: () => Result): Result => guarded(file, work)
  let logged = 0
  const transaction = (work: () => void, bytes = 0): void => {
    if (logged > LOG_SIZE) {
      // Before a write and not after, so that no pin that is durable waits for it.
      moveLog(database)
      logged = 0
    }
    inTransaction(database, work)
    logged += bytes + LOGGED_AT_LEAST
  }
  const sql = guard(() => statementsOf(database))
  const { pins, changes } = guard(() => pinsIn(database, guard))

  const damaged = (digest: Uint8Array, bytes: Uint8Array | undefined): boolean =>
    bytes !== undefined && !matches(digest, bytes)

  /** Another process may have mended the block meanwhile, so it is looked at again under the lock. */
  const isolate = (digest: Uint8Array): void =>
    transaction(() => {
      const bytes = blobOf(sql.get.get(digest), 'bytes')
      if (bytes === undefined || !damaged(digest, bytes)) return
      sql.isolate.run(digest, bytes, Date.now())
      sql.remove.run(digest)
    })

  return {
    file,
    pending: pendingIn(sql, guard, transaction),
    pins,
    get: (digest) =>
      guard(() => {
        const bytes = blobOf(sql.get.get(digest), 'bytes')
        if (!damaged(digest, bytes)) return bytes
        isolate(digest)
        return undefined
      }),
    digests: ({ after } = {}) => paged((last, count) => guard(() => sql.digests.all(last, count)), after),
    count: () => guard(() => Number(sql.count.get()?.count)),
    row: (key) => guard(() => blobOf(sql.row.get(key), 'value')),
    rows: (prefix) =>
      guard(() =>
        sql.rows
          .all(prefix, `${prefix}\u{10ffff}`)
          .map((row) => ({ key: String(row.key), value: blobOf(row, 'value')! }))
      ),
    write({ blocks = [], pins: pinned = [], unpinned = [], dropped = [], rows = new Map() }) {
      let size = 0
      for (const block of blocks) {
        checkBytes(block)
        size += block.bytes.byteLength
      }
      guard(() =>
        transaction(() => {
          for (const root of unpinned) changes.release(root)
          for (const pin of pinned) changes.add(pin)
          const hasDamage = sql.hasDamage.get() !== undefined
          for (const { cid, bytes } of blocks) {
            sql.put.run(cid.multihash.digest, bytes)
            if (hasDamage) sql.mend.run(cid.multihash.digest)
          }
          for (const digest of dropped) sql.drop.run(digest)
          for (const [key, value] of rows) {
            if (value === undefined) sql.dropRow.run(key)
            else sql.putRow.run(key, value)
          }
        }, size)
      )
    },
    revision: () => guard(() => Object.values({ ...sql.others.get(), ...sql.own.get() }).join('.')),
    quarantine: () =>
      guard(() =>
        sql.quarantine.all().map((row) => ({
          digest: blobOf(row, 'digest')!,
          bytes: blobOf(row, 'bytes')!,
          found: new Date(Number(row.found))
        }))
      ),
    isQuarantined: (digest) => guard(() => sql.isQuarantined.get(digest) !== undefined),
    underWay: () => guard(() => sql.underWay.all().map((row) => blobOf(row, 'digest')!)),
    size: () =>
      guard(() => {
        const { blocks, bytes } = sql.size.get()!
        return { blocks: Number(blocks), bytes: Number(bytes) }
      }),
    faults: () =>
      guard(() =>
        database
          .prepare('PRAGMA quick_check')
          .all()
          .map((row) => String(row.quick_check))
          .filter((line) => line !== 'ok')
      ),
    close() {
      if (database.isOpen) guard(() => database.close())
    }
  }
}

/** Statements are compiled once; compiling costs more than a read. */
function statementsOf(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT bytes FROM blocks WHERE digest = ?'),
    // A block that is put again replaces a copy that has been damaged, and leaves a good one as it is.
    put: database.prepare(`
      INSERT INTO blocks VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes`),
    remove: database.prepare('DELETE FROM blocks WHERE digest = ?'),
    drop: database.prepare(`
      DELETE FROM blocks WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM pins WHERE digest = ?1)`),
    size: database.prepare('SELECT count(*) AS blocks, coalesce(sum(length(bytes)), 0) AS bytes FROM blocks'),
    digests: database.prepare('SELECT digest FROM blocks WHERE digest > ? ORDER BY digest LIMIT ?'),
    count: database.prepare('SELECT count(*) AS count FROM blocks'),
    isolate: database.prepare('INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?)'),
    hasDamage: database.prepare('SELECT 1 FROM quarantine LIMIT 1'),
    mend: database.prepare('DELETE FROM quarantine WHERE digest = ?'),
    quarantine: database.prepare('SELECT digest, bytes, found FROM quarantine ORDER BY found'),
    isQuarantined: database.prepare('SELECT 1 FROM quarantine WHERE digest = ?'),
    // One counts the commits of other connections, the other what this one has changed.
    others: database.prepare('PRAGMA data_version'),
    own: database.prepare('SELECT total_changes() AS own'),
    row: database.prepare('SELECT value FROM rows WHERE key = ?'),
    rows: database.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key'),
    putRow: database.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?)'),
    dropRow: database.prepare('DELETE FROM rows WHERE key = ?'),
    underWay: database.prepare('SELECT digest FROM pending'),
    pending: database.prepare('SELECT digest FROM pending WHERE name = ?'),
    putPending: database.prepare('INSERT OR REPLACE INTO pending VALUES (?, ?)'),
    dropPending: database.prepare('DELETE FROM pending WHERE name = ?')
  } satisfies Record<string, StatementSync>
}

function pendingIn(
  sql: ReturnType<typeof statementsOf>,
  guard: <Result>(work: () => Result) => Result,
  transaction: (work: () => void) => void
): Pending {
  return {
    async get(name) {
      const digest = guard(() => blobOf(sql.pending.get(name), 'digest'))
      return digest && fromDigest(digest)
    },
    async set(entries) {
      guard(() =>
        transaction(() => {
          for (const { name, cid } of entries) sql.putPending.run(name, cid.multihash.digest)
        })
      )
    },
    async clear(names) {
      guard(() =>
        transaction(() => {
          for (const name of names) sql.dropPending.run(name)
        })
      )
    }
  }
}

function checkBytes({ cid, bytes }: NamedBytes): void {
  const { code, digest } = cid.multihash
  if (code !== SHA2_256 || digest.byteLength !== DIGEST_SIZE) {
    const rule = 'the digest must be sha2-256 of 32 bytes'
    throw new ArchiveError('UNSUPPORTED_CID', `${cid}: ${rule}`, { cid: String(cid), rule })
  }
  const limit = cid.code === JSON_CODEC ? MAX_BLOCK_SIZE : MAX_FOREIGN_SIZE
  if (bytes.byteLength > limit) throw mismatch(cid, `${bytes.byteLength} bytes are more than a block's ${limit}`)
  if (!matches(digest, bytes)) throw mismatch(cid, 'the bytes have another digest')
}

function mismatch(cid: CID, rule: string): ArchiveError<'BLOCK_MISMATCH'> {
  return new ArchiveError('BLOCK_MISMATCH', `${cid} is not kept: ${rule}`, { cid: String(cid), source: 'the writer' })
}

/** One call into OpenSSL; `crypto.subtle` takes a trip through the thread pool for every block. */
function matches(digest: Uint8Array, bytes: Uint8Array): boolean {
  // Text of one byte a character costs less than a buffer outside V8's heap.
  const actual = hash('sha256', bytes, 'binary')
  for (let i = 0; i < DIGEST_SIZE; i++) if (actual.charCodeAt(i) !== digest[i]) return false
  return true
}
