import type { DatabaseSync } from 'node:sqlite'
import { blobOf, type Step } from './database.ts'
import { parseCountKey, parsePinKey, pinnersIn } from './helia-pins.ts'
import { OWN, rootOf } from './pin-table.ts'

/**
 * The formats an archive's file has had, each as what makes it of the one before. A step that has been released never
 * changes: files it made are on other people's disks.
 */
export const FORMATS: readonly Step[] = [
  // 1: blocks, and the rows of Helia's datastore.
  (database) =>
    database.exec(`
      CREATE TABLE blocks (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE quarantine (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL, found INTEGER NOT NULL) STRICT;
      CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE pending (name TEXT PRIMARY KEY, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;
    `),
  // 2: a table of pins in place of Helia's records, which cannot count.
  (database) => {
    database.exec(`
      CREATE TABLE pins (digest BLOB, root BLOB, record BLOB, PRIMARY KEY (digest, root)) STRICT, WITHOUT ROWID;
      CREATE INDEX held ON pins (root) WHERE root <> x'';
    `)
    takeOverPins(database)
  }
]

/** Every pin that Helia's records speak of or only count. A block that is counted without a pinner keeps itself. */
function takeOverPins(database: DatabaseSync): void {
  const put = database.prepare('INSERT INTO pins VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record')
  const hold = database.prepare('INSERT INTO pins VALUES (?, ?, NULL) ON CONFLICT DO NOTHING')
  const drop = database.prepare('DELETE FROM rows WHERE key = ?')
  for (const row of database.prepare("SELECT key, value FROM rows WHERE key GLOB '/pin*/*'").all()) {
    const [key, value] = [String(row.key), blobOf(row, 'value')!]
    const cid = parsePinKey(key)
    const digest = parseCountKey(key)
    if (cid !== undefined) put.run(cid.multihash.digest, rootOf(cid.multihash.digest, cid), value)
    if (digest !== undefined) {
      const pinners = pinnersIn(value) ?? []
      for (const root of pinners) hold.run(digest, rootOf(digest, root))
      if (pinners.length === 0) hold.run(digest, OWN)
    }
    if (cid !== undefined || digest !== undefined) drop.run(key)
  }
}
