import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import type { CID } from 'multiformats/cid'
import { ArchiveError } from '../errors.ts'
import { MAX_BLOCK_SIZE } from './block.ts'
import { fromDigest } from './cid.ts'
import type { Pending } from './pending.ts'

/**
 * One SQLite file that holds blocks, Helia's datastore rows, and what a publish has under way. Every byte is hashed on
 * the way in and on the way out; what has changed on disk since is put in quarantine and counts as missing.
 *
 * All calls are synchronous, so no write of one task can slip into the open transaction of another. Several processes
 * may use one file; a writer waits for another's transaction. Every method throws
 * STORE_UNAVAILABLE when the file cannot be read or written.
 */
export interface Store {
  readonly file: string
  readonly pending: Pending
  /** The bytes that a sha2-256 digest names; `undefined` when there are none, or only damaged ones. */
  get: (digest: Uint8Array) => Uint8Array<ArrayBuffer> | undefined
  /** The digest of every block, damaged ones included, while blocks may come and go. */
  digests: () => Iterable<Uint8Array>
  row: (key: string) => Uint8Array | undefined
  /** The rows whose key starts with `prefix`, by key. */
  rows: (prefix: string) => readonly Row[]
  /**
   * Makes every change durable in one transaction, or none.
   * @throws BLOCK_MISMATCH when bytes are not those of their CID, or larger than a block may be
   * @throws UNSUPPORTED_CID when a CID is not of a sha2-256 digest
   */
  write: (changes: Changes) => void
  /** Differs from an earlier answer when anything was written since, by whichever process. */
  revision: () => string
  /** Blocks whose bytes changed on disk, the newest damage of each. */
  quarantine: () => readonly Damaged[]
  /**
   * What SQLite's own quick check finds wrong with the file; nothing where it is sound. Reads all of it. Damage
   * that even this cannot get past throws STORE_UNAVAILABLE.
   */
  faults: () => readonly string[]
  /** Ends the store; closing again is no error. */
  close: () => void
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
  /** Digests of blocks to delete. */
  readonly dropped?: readonly Uint8Array[] | undefined
  /** New values by key; `undefined` deletes the row. */
  readonly rows?: ReadonlyMap<string, Uint8Array | undefined> | undefined
}

export interface Damaged {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
  /** When the damage was found. */
  readonly found: Date
}

/** 'trnd' in ASCII, where SQLite keeps the name of a file's format. */
const APPLICATION = 0x74726e64
const VERSION = 1
const IN_MEMORY = ':memory:'
const JSON_CODEC = 0x0200
const SHA2_256 = 0x12
const DIGEST_SIZE = 32
/** What Helia and bitswap allow in one block. */
const MAX_FOREIGN_SIZE = 2 * MAX_BLOCK_SIZE
/** Digests read at a time, so that no statement stays open while blocks change. */
const PAGE = 1_000

const SCHEMA = `
  CREATE TABLE blocks (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE quarantine (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL, found INTEGER NOT NULL) STRICT;
  CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE pending (name TEXT PRIMARY KEY, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`

export interface StoreOptions {
  /** How long to wait for another process's transaction, in milliseconds; this blocks the thread. @default 5_000 */
  readonly busyTimeout?: number | undefined
}

/**
 * Opens the store in a file, and makes the file and its folder if there are none; `:memory:` keeps everything in memory.
 * @throws STORE_UNAVAILABLE when the file cannot be opened, is another program's, or was made by a newer version
 */
export function openStore(file: string, { busyTimeout = 5_000 }: StoreOptions = {}): Store {
  const database = openDatabase(file, busyTimeout)
  const guard = <Result>(work: () => Result): Result => guarded(file, work)
  const transaction = (work: () => void): void => inTransaction(database, work)
  const sql = guard(() => statementsOf(database))

  const damaged = (digest: Uint8Array, bytes: Uint8Array | undefined): boolean =>
    bytes !== undefined && !matches(digest, bytes)

  /** Another process may have mended the block meanwhile, so it is looked at again under the lock. */
  const isolate = (digest: Uint8Array): void =>
    transaction(() => {
      const bytes = blobOf(sql.get.get(digest), 'bytes')
      if (bytes === undefined || !damaged(digest, bytes)) return
      sql.isolate.run(digest, bytes, Date.now())
      sql.drop.run(digest)
    })

  return {
    file,
    pending: pendingIn(sql, guard, transaction),
    get: (digest) =>
      guard(() => {
        const bytes = blobOf(sql.get.get(digest), 'bytes')
        if (!damaged(digest, bytes)) return bytes
        isolate(digest)
        return undefined
      }),
    *digests() {
      let last = new Uint8Array()
      for (;;) {
        const page = guard(() => sql.digests.all(last, PAGE))
        for (const row of page) yield blobOf(row, 'digest')!
        if (page.length < PAGE) return
        last = blobOf(page.at(-1), 'digest')!
      }
    },
    row: (key) => guard(() => blobOf(sql.row.get(key), 'value')),
    rows: (prefix) =>
      guard(() =>
        sql.rows
          .all(prefix, `${prefix}\u{10ffff}`)
          .map((row) => ({ key: String(row.key), value: blobOf(row, 'value')! }))
      ),
    write({ blocks = [], dropped = [], rows = new Map() }) {
      for (const block of blocks) checkBytes(block)
      guard(() =>
        transaction(() => {
          for (const { cid, bytes } of blocks) sql.put.run(cid.multihash.digest, bytes)
          for (const digest of dropped) sql.drop.run(digest)
          for (const [key, value] of rows) {
            if (value === undefined) sql.dropRow.run(key)
            else sql.putRow.run(key, value)
          }
        })
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
    // A block that is put again replaces a copy that may have been damaged.
    put: database.prepare('INSERT OR REPLACE INTO blocks VALUES (?, ?)'),
    drop: database.prepare('DELETE FROM blocks WHERE digest = ?'),
    digests: database.prepare('SELECT digest FROM blocks WHERE digest > ? ORDER BY digest LIMIT ?'),
    isolate: database.prepare('INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?)'),
    quarantine: database.prepare('SELECT digest, bytes, found FROM quarantine ORDER BY found'),
    // One counts the commits of other connections, the other what this one has changed.
    others: database.prepare('PRAGMA data_version'),
    own: database.prepare('SELECT total_changes() AS own'),
    row: database.prepare('SELECT value FROM rows WHERE key = ?'),
    rows: database.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key'),
    putRow: database.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?)'),
    dropRow: database.prepare('DELETE FROM rows WHERE key = ?'),
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

function openDatabase(file: string, timeout: number): DatabaseSync {
  return guarded(file, () => {
    if (file !== IN_MEMORY) makeFolder(dirname(file))
    const database = new DatabaseSync(file, { timeout })
    try {
      prepareFile(database, file)
      return database
    } catch (cause) {
      database.close()
      throw cause
    }
  })
}

/** A folder that cannot be made is told by SQLite, which then cannot open the file. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
  }
}

function prepareFile(database: DatabaseSync, file: string): void {
  // A stranger's file must stay as it is, so the format is looked at before anything is set.
  const fresh = isFresh(database, file)
  // FULL syncs the log at every commit: what was acknowledged survives a power cut.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON;')
  if (!fresh) return
  inTransaction(database, () => {
    // Another process may have made the tables since.
    if (isFresh(database, file)) database.exec(SCHEMA)
  })
}

function isFresh(database: DatabaseSync, file: string): boolean {
  const application = numberOf(database, 'PRAGMA application_id')
  const version = numberOf(database, 'PRAGMA user_version')
  const tables = numberOf(database, 'SELECT count(*) FROM sqlite_schema')
  if (application === 0 && version === 0 && tables === 0) return true
  if (application !== APPLICATION) {
    throw unavailable(file, 'the file belongs to another program', 'name another file, or move this one away')
  }
  if (version > VERSION) {
    throw unavailable(file, `the file has format ${version}, this version knows ${VERSION}`, 'install a newer version')
  }
  return false
}

function numberOf(database: DatabaseSync, query: string): number {
  return Number(Object.values(database.prepare(query).get() ?? {})[0])
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  // Taking the lock at once lets a second writer wait; upgrading from a read would fail instead.
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (cause) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw cause
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
  return hash('sha256', bytes, 'buffer').equals(digest)
}

function blobOf(row: Record<string, SQLOutputValue> | undefined, column: string): Uint8Array<ArrayBuffer> | undefined {
  return row?.[column] as Uint8Array<ArrayBuffer> | undefined
}

function guarded<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!isSqliteError(cause)) throw cause
    const { rule, hint } = faultOf(cause)
    throw unavailable(file, rule, hint, cause)
  }
}

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR' | 'ERR_INVALID_STATE'
  /** SQLite's result code, and its words; a closed database has neither. */
  readonly errcode?: number
  readonly errstr?: string
}

function isSqliteError(error: unknown): error is SqliteError {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE'
}

function faultOf({ errcode, errstr, message }: SqliteError): Fault {
  if (errcode === undefined) return { rule: 'the store is closed' }
  // The upper bits tell apart kinds of one fault.
  return FAULTS[errcode & 0xff] ?? { rule: errstr ?? message }
}

interface Fault {
  readonly rule: string
  readonly hint?: string
}

/** By SQLite's result code. */
const FAULTS: Readonly<Record<number, Fault>> = {
  5: { rule: 'another process is writing', hint: 'try again when it has finished' },
  8: { rule: 'the file may not be written', hint: 'check who may write it and its folder' },
  10: { rule: 'the disk failed to read or write', hint: 'check the disk' },
  11: { rule: 'the file is damaged', hint: 'move it away and pin or fetch its documents again' },
  13: { rule: 'the disk is full', hint: 'make room and try again' },
  14: { rule: 'the file cannot be opened', hint: 'check who may write its folder' },
  26: { rule: 'the file is no database', hint: 'name another file, or move this one away' }
}

function unavailable(
  file: string,
  rule: string,
  hint: string | undefined,
  cause?: unknown
): ArchiveError<'STORE_UNAVAILABLE'> {
  return new ArchiveError('STORE_UNAVAILABLE', `${file}: ${rule}`, { file, rule }, { hint, cause })
}
