import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JSON as HeliaJson, json } from '@helia/json'
import { FsBlockstore } from 'blockstore-fs'
import { LevelBlockstore } from 'blockstore-level'
import { LevelDatastore } from 'datastore-level'
import { createHeliaLight } from 'helia'
import * as codec from 'multiformats/codecs/json'
import { lacking } from '../src/block/failure.ts'
import type { Pinned } from '../src/block/pinned.ts'
import type { BlockSink } from '../src/block/sink.ts'
import type { BlockSource } from '../src/block/source.ts'
import { openStore } from '../src/block/store.ts'
import { pinsOf } from '../src/block/store-pins.ts'

/** A place to keep documents in, in a folder that goes with it. */
export type Kept = BlockSource & BlockSink & Pinned

export interface Opened<Subject> {
  readonly subject: Subject
  readonly close: () => unknown
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))

/** The name of a file in a folder of its own. */
export function scratch(name: string): { readonly file: string; readonly remove: () => void } {
  const home = folder()
  return { file: join(home, name), remove: () => rmSync(home, { recursive: true }) }
}

/** The store of the package. */
export function openOurs(): Opened<Kept> {
  const home = folder()
  const store = openStore(join(home, 'archive.db'))
  return {
    subject: {
      name: 'ours',
      async get(cid) {
        const bytes = store.get(cid.multihash.digest)
        if (bytes === undefined) throw lacking('ours')
        return bytes
      },
      ...pinsOf(store, 'ours')
    },
    close: () => {
      store.close()
      rmSync(home, { recursive: true })
    }
  }
}

/** A file to append to. */
export function openAppended(): Opened<number> {
  const home = folder()
  const file = openSync(join(home, 'log'), 'w+')
  return {
    subject: file,
    close: () => {
      closeSync(file)
      rmSync(home, { recursive: true })
    }
  }
}

export type PeerKind = 'level' | 'fs'

export interface Peer {
  readonly documents: HeliaJson
  readonly pins: Awaited<ReturnType<typeof startHelia>>['pins']
}

/** Helia as its documentation has it, on the stores that people use. */
export async function openPeer(kind: PeerKind): Promise<Opened<Peer>> {
  const { subject: helia, close } = await openNode(kind)
  return { subject: { documents: json(helia), pins: helia.pins }, close }
}

/** A node of stock Helia in a folder that goes with it. */
export async function openNode(kind: PeerKind): Promise<Opened<Awaited<ReturnType<typeof startHelia>>>> {
  const home = folder()
  const helia = await startHelia(home, kind)
  return {
    subject: helia,
    close: async () => {
      await helia.stop()
      rmSync(home, { recursive: true })
    }
  }
}

async function startHelia(home: string, kind: PeerKind) {
  const path = join(home, 'blocks')
  const blockstore = kind === 'level' ? new LevelBlockstore(path) : new FsBlockstore(path)
  return await createHeliaLight({
    blockstore,
    datastore: new LevelDatastore(join(home, 'pins')),
    codecs: [codec]
  }).start()
}
