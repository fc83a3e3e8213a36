import type { Block } from '../block/block.ts'
import { parseCid, type TrendCid } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import type { BlockSink } from '../block/sink.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import type { Named } from '../verdict/library.ts'
import type { Kept } from './replicate.ts'

export interface PinPorts {
  /** Where documents are kept, and looked for first. */
  readonly blocks: BlockSink & BlockSource
  /** Where they are had otherwise. */
  readonly sources: readonly BlockSource[]
}

/** Documents of an edition that are fetched and pinned together: 200 of them are a few megabytes. */
const BATCH = 200
/** Requests that are under way at once. */
const PARALLEL = 8

/**
 * Keeps a document; of an edition all that it lists as well, on its behalf. What is not here is fetched. An interrupted run
 * is continued where it was: what was pinned is here already.
 * @throws BLOCK_UNAVAILABLE, PIN_FAILED
 * @returns what is kept now: the members first, then the document itself
 */
export async function pin(
  { blocks, sources }: PinPorts,
  { cid, document }: Named,
  { signal, onProgress }: Abortable & Progress<Advance> = {}
): Promise<readonly Kept[]> {
  const entries = document.type === 'edition' ? document.entries : []
  const members = entries.map((entry) => ({
    cid: parseCid(entry.cid),
    name: `${entry.slug}@${entry.version}`,
    root: cid
  }))
  const kept = [...members, { cid, name: `${document.slug}@${document.version}` }]
  const read = async (wanted: TrendCid): Promise<Block> =>
    await fetchBlock([blocks], wanted, { signal }).catch(async () => await fetchBlock(sources, wanted, { signal }))
  for (let from = 0; from < members.length; from += BATCH) {
    const found: Block[] = []
    await inParallel(members.slice(from, from + BATCH), PARALLEL, async (member) => {
      found.push(await read(member.cid))
    })
    await blocks.pin(found, { signal, root: cid })
    onProgress?.({ type: 'advanced', unit: 'documents', done: from + found.length, total: kept.length })
  }
  // The edition comes last: where it is pinned, all that it lists is.
  await blocks.pin([await read(cid)], { signal })
  onProgress?.({ type: 'advanced', unit: 'documents', done: kept.length, total: kept.length })
  return kept
}
