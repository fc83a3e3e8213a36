import type { TrendCid } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import type { PinReceipt } from '../block/receipts.ts'
import type { BlockSink } from '../block/sink.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { isHeld } from './copies.ts'

/** Somebody who keeps documents. */
export interface Holder {
  readonly sink: string
  readonly isElsewhere: boolean
  /** Whether the bytes of all of them were read from there and had the right digest. */
  readonly checked: boolean
}

/** Reads that are under way at once. */
const PARALLEL = 8

/** Who holds all of these documents: sinks are read again now, remotes were when their receipts say so. */
export async function holdersOfAll(
  sinks: readonly BlockSink[],
  receipts: readonly PinReceipt[],
  cids: readonly TrendCid[],
  options: Abortable = {}
): Promise<readonly Holder[]> {
  const holders: Holder[] = []
  for (const sink of sinks) {
    const checked = 'get' in sink && (await areRead(sink as BlockSink & BlockSource, cids, options))
    holders.push({ sink: sink.name, isElsewhere: sink.isElsewhere === true, checked })
  }
  const known = new Set(holders.map(({ sink }) => sink))
  const held = new Set(receipts.filter(isHeld).map(({ remote, cid }) => `${remote} ${cid}`))
  const remotes = [...new Set(receipts.map(({ remote }) => remote))].filter((remote) => !known.has(remote))
  const holding = remotes.filter((remote) => cids.every((cid) => held.has(`${remote} ${cid}`)))
  return [...holders, ...holding.map((sink) => ({ sink, isElsewhere: true, checked: true }))]
}

async function areRead(source: BlockSource, cids: readonly TrendCid[], options: Abortable): Promise<boolean> {
  try {
    await inParallel(cids, PARALLEL, async (cid) => void (await fetchBlock([source], cid, options)))
    return true
  } catch (error) {
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    return false
  }
}
