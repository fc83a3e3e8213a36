import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { ArchiveError } from '../errors.ts'

/** 'trnd' in ASCII, where SQLite keeps whose file it is. */
const APPLICATION = 0x74726e64
const IN_MEMORY = ':memory:'
/** Documents of a few kilobytes lie whole in a page of this size; smaller ones scatter each over several. */
const PAGE_SIZE = 32_768

/** Room for pages that were read or are being written. */
const CACHE_KILOBYTES = 32_000
/** At 64 MiB SQLite moves the log into the file with the commit at hand, whoever has written it. */
const MOST_LOG_PAGES = 2_048

/** Brings a file from one format to the next, inside a transaction. */
export type Step = (database: DatabaseSync) => void

/**
 * Opens an archive's file in the newest of the formats that `steps` lead to, and makes the file and its folder if there
 * are none. An older one is brought to the newest in one transaction; a stranger's, or a newer version's, is left as it
 * is. Whoever finds another process writing waits so many milliseconds, which blocks the thread.
 * @throws STORE_UNAVAILABLE
 */
export function openDatabase(file: string, steps: readonly Step[], busyTimeout: number): DatabaseSync {
  return guarded(file, () => {
    if (file !== IN_MEMORY) makeFolder(dirname(file))
    const database = new DatabaseSync(file, { timeout: busyTimeout })
    try {
      untilFree(() => prepareFile(database, file, steps), busyTimeout)
      return database
    } catch (cause) {
      database.close()
      throw cause
    }
  })
}

const BUSY = 5
/** Milliseconds between two attempts. */
const PAUSE = 5

/** SQLite waits for a transaction of others, but not where two make a file or turn its journal at the same time. */
function untilFree(work: () => void, busyTimeout: number): void {
  const deadline = Date.now() + busyTimeout
  for (;;) {
    try {
      work()
      return
    } catch (cause) {
      const isBusy = cause instanceof Error && isSqliteError(cause) && ((cause.errcode ?? 0) & 0xff) === BUSY
      if (!isBusy || Date.now() >= deadline) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}

/** A folder that cannot be made is told by SQLite, which then cannot open the file. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
  }
}

function prepareFile(database: DatabaseSync, file: string, steps: readonly Step[]): void {
  // A stranger's file must stay as it is, so the format is looked at before anything is set.
  const format = formatOf(database, file, steps.length)
  if (format === 0) database.exec(`PRAGMA page_size = ${PAGE_SIZE}`)
  // FULL syncs the log at every commit: what was acknowledged survives a power cut.
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -${CACHE_KILOBYTES}; PRAGMA wal_autocheckpoint = ${MOST_LOG_PAGES};
  `)
  // Whoever wrote last may have been killed before its sync. What is found there is pinned again without a write, so it
  // has to be on the disk before it is found; a checkpoint syncs the log.
  database.exec('PRAGMA wal_checkpoint')
  if (format === steps.length) return
  try {
    inTransaction(database, () => {
      // Another process may have made the tables since.
      for (let at = formatOf(database, file, steps.length); at < steps.length; at++) steps[at]!(database)
      database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${steps.length};`)
    })
  } catch (cause) {
    if (format === 0 || !isSqliteError(cause)) throw cause
    const { rule, hint } = faultOf(cause)
    throw unavailable(file, `the file has format ${format} and must become ${steps.length}, but ${rule}`, hint, cause)
  }
}

/** The format of a file; 0 where there is nothing in it yet. */
function formatOf(database: DatabaseSync, file: string, newest: number): number {
  // In one statement: between two another process may have made the file.
  const told = database
    .prepare(`
      SELECT application_id AS application, user_version AS version, (SELECT count(*) FROM sqlite_schema) AS tables
      FROM pragma_application_id, pragma_user_version`)
    .get()
  const [application, version, tables] = [Number(told?.application), Number(told?.version), Number(told?.tables)]
  if (application === 0 && version === 0 && tables === 0) return 0
  if (application !== APPLICATION || version === 0) {
    throw unavailable(file, 'the file belongs to another program', 'name another file, or move this one away')
  }
  if (version > newest) {
    throw unavailable(file, `the file has format ${version}, this version knows ${newest}`, 'install a newer version')
  }
  return version
}

/** The only number that a query answers. */
export function numberOf(database: DatabaseSync, query: string): number {
  return Number(Object.values(database.prepare(query).get() ?? {})[0])
}

/** Makes every change of `work`, or none. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
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

/**
 * Moves what is in the log into the file as far as nobody reads it, and lets the log begin anew. A log that is written
 * again in its old place need not grow, and syncs in half the time.
 */
export function moveLog(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(PASSIVE)')
}

export type SqlRow = Record<string, SQLOutputValue>

export function blobOf(row: SqlRow | undefined, column: string): Uint8Array<ArrayBuffer> | undefined {
  return (row?.[column] ?? undefined) as Uint8Array<ArrayBuffer> | undefined
}

/** Digests read at a time, so that no statement stays open while rows change. */
const PAGE = 1_000

/** The digests of a query that answers them in order, a page at a time. */
export function* paged(
  pageAfter: (last: Uint8Array, count: number) => readonly SqlRow[],
  after: Uint8Array = new Uint8Array()
): Generator<Uint8Array> {
  let last = after
  for (;;) {
    const page = pageAfter(last, PAGE)
    for (const row of page) yield blobOf(row, 'digest')!
    if (page.length < PAGE) return
    last = blobOf(page.at(-1), 'digest')!
  }
}

/** Does something with a file's database; what SQLite finds wrong is thrown as STORE_UNAVAILABLE. */
export function guarded<Result>(file: string, work: () => Result): Result {
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
  // Ours are the same statements every time, so it is the tables that are not as they were made.
  1: { rule: 'its tables are damaged', hint: 'move it away and pin or fetch its documents again' },
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
