import type { DatabaseSync } from 'node:sqlite'
import { CID } from 'multiformats/cid'
import { equals } from './bytes.ts'
import { fromDigest, isTrendCid, type TrendCid } from './cid.ts'
import { blobOf, numberOf, paged, type SqlRow } from './database.ts'

/** That a block is kept, and on whose behalf. */
export interface Pin {
  readonly digest: Uint8Array
  /** What it is kept for, and released with. @default the document itself */
  readonly root?: CID | undefined
  /** What a Helia node noted of the pin; as it was where there is none. */
  readonly record?: Uint8Array | undefined
}

/** What keeps itself or others, and what a Helia node noted of it. */
export interface Root {
  readonly cid: CID
  readonly record?: Uint8Array | undefined
}

/**
 * Which blocks are kept, and for whom: one row for each root of a block, so that a block is kept as long as there is
 * one, and no count can be wrong. Pins are of digests, like blocks, and do not ask whether the block is there.
 */
export interface Pins {
  /** Whether anything keeps the block of a digest. */
  keeps: (digest: Uint8Array) => boolean
  /** On whose behalf it is kept: itself, or editions, or what a Helia node pinned. */
  rootsOf: (digest: Uint8Array) => readonly CID[]
  /** The digest of every block that something keeps, while pins may come and go. */
  digests: () => Iterable<Uint8Array>
  /** The digest of every document that something keeps, while pins may come and go. */
  documents: () => Iterable<Uint8Array>
  /** Those of {@link documents} that are kept in their own right. */
  own: () => Iterable<Uint8Array>
  /** Those of {@link documents} of which there is no block, as after damage. */
  missing: () => Iterable<Uint8Array>
  /** How many documents are kept. */
  count: () => number
  roots: () => readonly Root[]
  /** One of {@link roots}. */
  root: (cid: CID) => Root | undefined
}

/** What changes pins; to be called inside a transaction. */
export interface PinChanges {
  add: (pin: Pin) => void
  /** Releases all that a root holds. */
  release: (root: CID) => void
}

/** In place of a document's CID where it is kept in its own right: most are, and the row is a third as long. */
export const OWN: Uint8Array = new Uint8Array()

/** How the row of a block names its root. */
export function rootOf(digest: Uint8Array, root: CID): Uint8Array {
  const isOwn = isTrendCid(root) && (root.multihash.digest === digest || equals(root.multihash.digest, digest))
  return isOwn ? OWN : root.bytes
}

/** What a Helia node pins may be no document: that has another prefix before its digest. */
const OF_DOCUMENTS = "(root = x'' OR substr(root, 1, 5) = x'0180041220')"

/** The pins in a database of the newest format. */
export function pinsIn(
  database: DatabaseSync,
  guard: <Result>(work: () => Result) => Result
): { readonly pins: Pins; readonly changes: PinChanges } {
  const sql = {
    keeps: database.prepare('SELECT 1 FROM pins WHERE digest = ? LIMIT 1'),
    rootsOf: database.prepare('SELECT root FROM pins WHERE digest = ?'),
    digests: database.prepare('SELECT DISTINCT digest FROM pins WHERE digest > ? ORDER BY digest LIMIT ?'),
    documents: database.prepare(`
      SELECT DISTINCT digest FROM pins WHERE digest > ? AND ${OF_DOCUMENTS} ORDER BY digest LIMIT ?`),
    missing: database.prepare(`
      SELECT DISTINCT digest FROM pins WHERE digest > ? AND ${OF_DOCUMENTS}
        AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.digest = pins.digest) ORDER BY digest LIMIT ?`),
    ownDigests: database.prepare("SELECT digest FROM pins WHERE digest > ? AND root = x'' ORDER BY digest LIMIT ?"),
    own: database.prepare("SELECT digest, record FROM pins WHERE root = x''"),
    held: database.prepare("SELECT DISTINCT root FROM pins INDEXED BY held WHERE root <> x''"),
    isHeld: database.prepare("SELECT 1 FROM pins WHERE root = ? AND root <> x'' LIMIT 1"),
    get: database.prepare('SELECT record FROM pins WHERE digest = ? AND root = ?'),
    add: database.prepare('INSERT INTO pins VALUES (?, ?, NULL) ON CONFLICT DO NOTHING'),
    put: database.prepare('INSERT OR REPLACE INTO pins VALUES (?, ?, ?)'),
    release: database.prepare("DELETE FROM pins WHERE root = ? AND root <> x''"),
    releaseOwn: database.prepare("DELETE FROM pins WHERE digest = ? AND root = x''")
  }

  const record = (cid: CID): SqlRow | undefined => sql.get.get(cid.multihash.digest, rootOf(cid.multihash.digest, cid))

  return {
    pins: {
      keeps: (digest) => guard(() => sql.keeps.get(digest) !== undefined),
      rootsOf: (digest) =>
        guard(() => sql.rootsOf.all(digest).map((row) => rootCid(blobOf(row, 'root')!, () => fromDigest(digest)))),
      digests: () => paged((last, count) => guard(() => sql.digests.all(last, count))),
      documents: () => paged((last, count) => guard(() => sql.documents.all(last, count))),
      own: () => paged((last, count) => guard(() => sql.ownDigests.all(last, count))),
      missing: () => paged((last, count) => guard(() => sql.missing.all(last, count))),
      count: () => guard(() => numberOf(database, `SELECT count(DISTINCT digest) FROM pins WHERE ${OF_DOCUMENTS}`)),
      roots: () =>
        guard(() => {
          const own = sql.own.all().map((row) => ({
            cid: fromDigest(blobOf(row, 'digest')!),
            record: blobOf(row, 'record')
          }))
          const seen = new Set(own.map(({ cid }) => String(cid)))
          const held = sql.held
            .all()
            .map((row) => CID.decode(blobOf(row, 'root')!))
            .filter((cid) => !seen.has(String(cid)))
          return [...own, ...held.map((cid) => ({ cid, record: blobOf(record(cid), 'record') }))]
        }),
      root: (cid) =>
        guard(() => {
          const row = record(cid)
          if (row === undefined && sql.isHeld.get(cid.bytes) === undefined) return undefined
          return { cid, record: blobOf(row, 'record') }
        })
    },
    changes: {
      add({ digest, root, record: noted }) {
        const name = root === undefined ? OWN : rootOf(digest, root)
        if (noted === undefined) sql.add.run(digest, name)
        else sql.put.run(digest, name, noted)
      },
      release(root) {
        sql.release.run(root.bytes)
        if (isTrendCid(root)) sql.releaseOwn.run(root.multihash.digest)
      }
    }
  }
}

const rootCid = (root: Uint8Array, own: () => TrendCid): CID => (root.byteLength === 0 ? own() : CID.decode(root))
