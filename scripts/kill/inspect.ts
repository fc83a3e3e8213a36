import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import type { Workload } from './calls.ts'
import { blocksOf, lanesOf } from './lanes.ts'
import { type Faults, faultsOf } from './model.ts'

/** What is wrong with an archive. */
export interface Found extends Faults {
  /** Blocks that are pinned and not there, or not what they should be. */
  readonly torn: number
  /** Pins that nobody asked for, and documents of which Helia and the archive do not say the same. */
  readonly strangers: number
  /** Faults that SQLite finds in its file. */
  readonly damaged: number
}

/** Collects what nothing keeps, and holds what is left against the calls of each lane that were acknowledged. */
export async function inspect(file: string, workload: Workload, acknowledged: readonly number[]): Promise<Found> {
  const blocks = await blocksOf(lanesOf(workload))
  const store = openStore(file)
  const node = await openHelia(store)
  try {
    await node.gc()
    const kept = new Set<string>()
    for await (const cid of heliaBlocks(node, store).pinned()) kept.add(String(cid))
    const pinned = new Map<number, number>()
    let torn = store.quarantine().length
    let strangers = kept.size
    for (const [document, { cid, bytes }] of blocks) {
      const { digest } = cid.multihash
      if ((await node.pins.isPinned(cid)) !== kept.has(String(cid))) strangers++
      if (!kept.has(String(cid))) continue
      strangers--
      pinned.set(document, store.pins.rootsOf(digest).length)
      const found = store.get(digest)
      if (found === undefined || Buffer.compare(found, bytes) !== 0) torn++
    }
    for (const digest of store.digests()) if (store.get(digest) === undefined) torn++
    return { ...faultsOf(workload, acknowledged, pinned), torn, strangers, damaged: store.faults().length }
  } finally {
    await node.stop()
    store.close()
  }
}
