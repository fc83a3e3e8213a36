import { type TrendCid, toBytes32 } from '../block/cid.ts'
import { ownEdition, throughEditions } from './editions.ts'
import type { Voucher } from './evidence.ts'
import { isGap, type Named, walkTo } from './library.ts'
import { type Found, merge, type Scene, sameLineage, vouches, weigh } from './search.ts'

/**
 * What the ref says of the document: it names it, a later version that leads back to it and vouches for it, or
 * something that is worth a note.
 */
export async function throughHead(
  scene: Scene,
  subject: Named,
  head: TrendCid | undefined,
  isRecorded: boolean
): Promise<Found> {
  if (head === undefined) return {}
  if (head.equals(subject.cid)) return { vouchers: [{ how: 'record', root: head, record: undefined }] }
  const top = await scene.library(head)
  if (isGap(top)) return isRecorded ? {} : { gaps: [`the ref names ${head}: ${top.gap}`] }
  if (!sameLineage(top.document, subject.document)) return { notes: ['FOREIGN_HEAD'] }
  if (top.document.version < subject.document.version) return await fromBelow(scene, subject, top, isRecorded)
  if (top.document.version === subject.document.version) return { notes: ['FORK'] }
  if (isRecorded) return {}
  return (await fromDescendant(scene, subject, top)) ?? { notes: ['FORK'] }
}

/**
 * A later version that stands, or is named and was not taken back, vouches for its ancestors; `undefined` when the
 * document is none of them.
 */
export async function fromDescendant(scene: Scene, subject: Named, top: Named): Promise<Found | undefined> {
  const met = await walkTo(scene.library, top, subject.document.version)
  if (isGap(met)) return { gaps: [met.gap] }
  if (!met.cid.equals(subject.cid)) return undefined
  const { registry, publisher, at, options } = scene
  const leaf = await registry.record(publisher, toBytes32(top.cid), [], at, options)
  const own = merge(await weigh(scene, 'lineage', top.cid, leaf), await ownEdition(scene, top))
  const isRetracted = own.fallen?.some(({ by }) => by === 'retraction') ?? false
  const isBurnt = leaf.publishedAt === 0 && leaf.retractedAt !== 0
  // What was taken back attests nothing any more, but proves nothing false either.
  if (isRetracted || isBurnt) return { gaps: [`${top.cid}, which leads back to it, was taken back`] }
  const { vouchers = [], gaps = [] } = vouches(own) ? own : await throughEditions(scene, top)
  const named: Voucher = { how: 'lineage', root: top.cid, record: undefined }
  return { vouchers: [...vouchers.map((voucher): Voucher => ({ ...voucher, how: 'lineage' })), named], gaps }
}

/** The ref names a lower version: an ancestor, or another branch. */
async function fromBelow(scene: Scene, subject: Named, head: Named, isRecorded: boolean): Promise<Found> {
  const met = await walkTo(scene.library, subject, head.document.version)
  if (isGap(met)) return isRecorded ? {} : { gaps: [met.gap] }
  if (!met.cid.equals(head.cid)) return { notes: ['FORK'] }
  return { notes: [isRecorded ? 'ROLLED_BACK' : 'AHEAD'] }
}
