import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FsBlockstore } from 'blockstore-fs'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { heliaBlockstore } from '../../src/block/helia-store.ts'
import { openStore } from '../../src/block/store.ts'

/** The archive's store as Helia sees it, or the one that Helia's documentation names. */
export type RivalKind = 'archive' | 'blockstore-fs'

export interface RawBlock {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** One put and the read after it. */
export interface Put {
  /** Milliseconds until the put had resolved. */
  readonly took: number
  /** Whether what was read then is something else. */
  readonly torn: boolean
}

export interface Rival {
  readonly contend: (block: RawBlock) => Promise<Put>
  readonly close: () => Promise<void>
}

const SIZE = 1_000_000

/** A block of a round, the same in every process: one digest for each 32 bytes. */
export async function rivalBlock(seed: number, round: number): Promise<RawBlock> {
  const bytes = Buffer.alloc(SIZE)
  let chained = createHash('sha256').update(`${seed} ${round}`).digest()
  for (let at = 0; at < SIZE; at += chained.length) {
    chained.copy(bytes, at)
    chained = createHash('sha256').update(chained).digest()
  }
  return { cid: CID.createV1(raw.code, await sha256.digest(bytes)), bytes }
}

interface Blocks {
  readonly put: (cid: CID, bytes: Uint8Array) => Promise<unknown> | unknown
  readonly get: (cid: CID) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

export async function openRival(kind: RivalKind, folder: string): Promise<Rival> {
  mkdirSync(folder, { recursive: true })
  if (kind === 'archive') {
    const store = openStore(join(folder, 'archive.db'))
    return { contend: async (block) => await contend(heliaBlockstore(store), block), close: async () => store.close() }
  }
  const store = new FsBlockstore(folder)
  await store.open()
  return { contend: async (block) => await contend(store, block), close: async () => await store.close() }
}

async function contend(blocks: Blocks, { cid, bytes }: RawBlock): Promise<Put> {
  const began = performance.now()
  await blocks.put(cid, bytes)
  const took = performance.now() - began
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of blocks.get(cid)) chunks.push(chunk)
  } catch {
    return { took, torn: true }
  }
  return { took, torn: Buffer.compare(Buffer.concat(chunks), bytes) !== 0 }
}
