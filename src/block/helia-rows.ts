import type { CID } from 'multiformats/cid'
import { countKey, countOf, PLAIN_PIN, parseCountKey, parsePinKey, pinKey, pinnersIn } from './helia-pins.ts'
import type { Pin } from './pin-table.ts'
import type { Changes, Row, Store } from './store.ts'

/** The row of Helia's datastore under a key. */
export function rowOf(store: Store, key: string): Uint8Array | undefined {
  const cid = parsePinKey(key)
  if (cid !== undefined) {
    const root = store.pins.root(cid)
    return root && (root.record ?? PLAIN_PIN)
  }
  const digest = parseCountKey(key)
  if (digest === undefined) return store.row(key)
  const roots = store.pins.rootsOf(digest)
  return roots.length === 0 ? undefined : countOf(roots)
}

/** The rows of Helia's datastore whose key starts with `prefix`, by key. */
export function rowsOf(store: Store, prefix: string): readonly Row[] {
  const rows = [...pinRows(store, prefix), ...countRows(store, prefix), ...store.rows(prefix)]
  return rows.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1))
}

const overlap = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one)

function pinRows(store: Store, prefix: string): readonly Row[] {
  if (!overlap(prefix, '/pin/')) return []
  return store.pins.roots().map(({ cid, record }) => ({ key: pinKey(cid), value: record ?? PLAIN_PIN }))
}

function countRows(store: Store, prefix: string): readonly Row[] {
  if (!overlap(prefix, '/pinned-block/')) return []
  return Array.from(store.pins.digests(), (digest) => ({
    key: countKey(digest),
    value: countOf(store.pins.rootsOf(digest))
  }))
}

/** What new values of rows of Helia's datastore change in the store; `undefined` deletes a row. */
export function changesOf(rows: ReadonlyMap<string, Uint8Array | undefined>): Changes {
  const others = new Map<string, Uint8Array | undefined>()
  const pins: Pin[] = []
  const unpinned: CID[] = []
  for (const [key, value] of rows) {
    const cid = parsePinKey(key)
    const digest = parseCountKey(key)
    if (cid !== undefined && value === undefined) unpinned.push(cid)
    else if (cid !== undefined) pins.push({ digest: cid.multihash.digest, root: cid, record: value })
    // A count follows from the pins. Helia deletes one where it believes, at times wrongly, that no pin is left.
    else if (digest !== undefined) pins.push(...pinnersOf(value).map((root) => ({ digest, root })))
    else others.set(key, value)
  }
  return { pins, unpinned, rows: others }
}

const pinnersOf = (value: Uint8Array | undefined): readonly CID[] => (value && pinnersIn(value)) ?? []
