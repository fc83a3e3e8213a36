import { hash } from 'node:crypto'
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromDigest } from '../src/block/cid.ts'
import type { Kept, Opened } from './stores.ts'

/*
 * The other way to keep documents, as lean as it can be, to see what it would gain: one append-only file. A batch is
 * one write and one sync: blocks and pins as frames, each its length, its kind, and its digest before the bytes. The index is a map in memory, made by reading the whole log. A log for use would also need segments,
 * deletion and compaction, an index on disk, and a lock between processes.
 */

const HEAD = 4 + 1 + 32
const BLOCK = 1
const PIN = 2
const UNPIN = 3
const ARENA = Buffer.allocUnsafe(8 << 20)

interface Place {
  readonly offset: number
  readonly length: number
}

/** A log in a folder of its own. */
export function openLog(): Opened<Kept> & { readonly file: string } {
  const home = mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))
  const file = join(home, 'log')
  const { subject, close } = openLogFile(file)
  return {
    subject,
    file,
    close: () => {
      close()
      rmSync(home, { recursive: true })
    }
  }
}

export function openLogFile(path: string): Opened<Kept> {
  const file = openSync(path, 'a+')
  const places = new Map<string, Place>()
  const roots = new Map<string, Set<string>>()
  let end = recover(file, places, roots)

  const apply = (kind: number, digest: string, root: string): void => {
    if (kind === PIN) roots.set(digest, (roots.get(digest) ?? new Set()).add(root))
    else for (const [kept, by] of roots) if (by.delete(digest) && by.size === 0) roots.delete(kept)
  }

  return {
    subject: {
      name: 'a log',
      async get({ multihash: { digest } }) {
        const place = places.get(keyOf(digest))
        if (place === undefined) throw new Error('not there')
        const bytes = new Uint8Array(place.length)
        readSync(file, bytes, 0, place.length, place.offset)
        if (!hash('sha256', bytes, 'buffer').equals(digest)) throw new Error('other bytes')
        return bytes
      },
      async pin(blocks, { root } = {}) {
        const frames = arena(file)
        for (const { cid, bytes } of blocks) {
          const { digest } = cid.multihash
          if (!hash('sha256', bytes, 'buffer').equals(digest)) throw new Error('other bytes')
          const key = keyOf(digest)
          if (!places.has(key)) {
            places.set(key, { offset: end + frames.size() + HEAD, length: bytes.byteLength })
            frames.add(BLOCK, digest, bytes)
          }
          const by = root?.multihash.digest ?? digest
          frames.add(PIN, digest, by)
          apply(PIN, key, keyOf(by))
        }
        end += frames.end()
      },
      async unpin(cids) {
        const frames = arena(file)
        for (const { multihash } of cids) {
          frames.add(UNPIN, multihash.digest, new Uint8Array())
          apply(UNPIN, keyOf(multihash.digest), '')
        }
        end += frames.end()
      },
      async *pinned() {
        for (const digest of [...roots.keys()]) yield fromDigest(Buffer.from(digest, 'latin1'))
      }
    },
    close: () => closeSync(file)
  }
}

const keyOf = (digest: Uint8Array): string => Buffer.from(digest.buffer, digest.byteOffset, 32).toString('latin1')

/** Frames in a row, written when the arena is full, and synced at the end. */
function arena(file: number) {
  let used = 0
  let written = 0
  const flush = (): void => {
    for (let done = 0; done < used; ) done += writeSync(file, ARENA, done, used - done)
    written += used
    used = 0
  }
  return {
    size: () => written + used,
    add(kind: number, digest: Uint8Array, bytes: Uint8Array): void {
      if (used + HEAD + bytes.byteLength > ARENA.byteLength) flush()
      ARENA.writeUInt32LE(bytes.byteLength, used)
      ARENA[used + 4] = kind
      ARENA.set(digest, used + 5)
      ARENA.set(bytes, used + HEAD)
      used += HEAD + bytes.byteLength
    },
    end(): number {
      flush()
      fdatasyncSync(file)
      return written
    }
  }
}

/** Reads the whole log; where it is torn it ends. The length of what is sound. */
function recover(file: number, places: Map<string, Place>, roots: Map<string, Set<string>>): number {
  const { size } = fstatSync(file)
  const all = Buffer.allocUnsafeSlow(size)
  for (let done = 0; done < size; ) done += readSync(file, all, done, size - done, done)
  let at = 0
  while (at + HEAD <= size) {
    const length = all.readUInt32LE(at)
    if (at + HEAD + length > size) break
    const [kind, key] = [all[at + 4], all.toString('latin1', at + 5, at + HEAD)]
    const bytes = all.subarray(at + HEAD, at + HEAD + length)
    if (kind === BLOCK) {
      if (hash('sha256', bytes, 'binary') !== key) break
      places.set(key, { offset: at + HEAD, length })
    } else if (kind === PIN) roots.set(key, (roots.get(key) ?? new Set()).add(bytes.toString('latin1')))
    else for (const [kept, by] of roots) if (by.delete(key) && by.size === 0) roots.delete(kept)
    at += HEAD + length
  }
  if (at < size) ftruncateSync(file, at)
  return at
}
