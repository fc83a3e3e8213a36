import { fromBytes32, parseCid, toBytes32 } from '../block/cid.ts'
import type { Edition, TrendDocument } from '../document/document.ts'
import { refOf } from '../registry/ref.ts'
import type { Namer, Voucher } from './evidence.ts'
import { type Gap, isGap, type Named, previousOf, walkTo } from './library.ts'
import { type Found, type Keyed, merge, type Scene, vouches, weigh } from './search.ts'

/** How many editions of a series are looked through before giving up. */
export const MAX_EDITIONS = 256

/** An edition's own record stands under its leaf and its tree; a retraction of the leaf counts. */
export async function ownEdition(scene: Scene, { cid, document }: Named): Promise<Found> {
  if (document.type !== 'edition') return {}
  const { registry, publisher, at, options } = scene
  const record = await registry.record(publisher, toBytes32(cid), [await rootOf(document)], at, options)
  return await weigh(scene, 'record', cid, record)
}

/** What an edition's key says for those it lists: the edition's own leaf may be taken back without them. */
export function keyOfEdition(scene: Scene, { cid, document }: Named): Promise<Keyed> {
  const read = async (): Promise<Keyed> => {
    if (document.type !== 'edition') return { vouchers: [], fallen: [], isBurnt: false }
    const { keyOf } = await import('../registry/tree.ts')
    const { registry, publisher, at, options } = scene
    const [digest, root] = [toBytes32(cid), await rootOf(document)]
    const record = await registry.keyed(publisher, keyOf(digest, root), at, options)
    const { vouchers = [], fallen = [] } = await weigh(scene, 'edition', cid, record)
    const isBurnt =
      record.publishedAt === 0 && (await registry.record(publisher, digest, [root], at, options)).retractedAt !== 0
    return { vouchers, fallen, isBurnt }
  }
  const known = scene.editions.get(String(cid)) ?? read()
  scene.editions.set(String(cid), known)
  return known
}

/** Of many documents of one edition each asks for its tree. */
const roots = new WeakMap<Edition, Promise<`0x${string}`>>()

function rootOf(edition: Edition): Promise<`0x${string}`> {
  const root = roots.get(edition) ?? computeRoot(edition)
  roots.set(edition, root)
  return root
}

/** The root of an edition's tree. The tree needs keccak, which a page that meets no edition need not load. */
async function computeRoot({ entries }: Edition): Promise<`0x${string}`> {
  const { editionTree } = await import('../registry/tree.ts')
  return editionTree(entries.map(({ cid }) => toBytes32(parseCid(cid)))).root
}

/** The editions of a document's series, from what the ref names back; the last may be a gap. */
export async function* editionsOf(scene: Scene, document: TrendDocument): AsyncGenerator<Named | Gap, void, undefined> {
  if (document.type !== 'trend' || document.edition === undefined) return
  const { registry, publisher, at, options, library } = scene
  const head = await registry.head(publisher, refOf(document.edition), at, options)
  let edition: Named | Gap | undefined = head && (await library(fromBytes32(head)))
  for (let hop = 0; edition !== undefined; hop++) {
    yield hop === MAX_EDITIONS ? { gap: `more than ${MAX_EDITIONS} editions` } : edition
    if (isGap(edition) || hop === MAX_EDITIONS) return
    edition = await previousOf(library, edition)
  }
}

/** The first edition that lists the document and stands, or is attested by a later one that does. */
export async function throughEditions(scene: Scene, subject: Named): Promise<Found> {
  let sum: Found = {}
  let attesting: readonly Voucher[] | undefined
  for await (const edition of editionsOf(scene, subject.document)) {
    if (isGap(edition)) return merge(sum, { gaps: [edition.gap] })
    const { vouchers, fallen, isBurnt } = await keyOfEdition(scene, edition)
    // A standing edition attests those before it by its hash links; one that was taken back attests nothing.
    const named: readonly Voucher[] = attesting ?? [{ how: 'edition', root: edition.cid, record: undefined }]
    attesting = vouchers.length > 0 ? vouchers : fallen.length > 0 || isBurnt ? [] : named
    const listed = await isListed(scene, subject, edition)
    sum = merge(sum, listed === true ? { vouchers: attesting, fallen } : listed)
    if (vouches(sum)) break
  }
  return sum
}

/** Whether an edition lists the document, or a later version that leads back to it; else what is to be noted. */
export async function isListed({ library }: Scene, { cid, document }: Named, edition: Named): Promise<true | Found> {
  const list = edition.document
  if (list.type !== 'edition' || list.publisher !== document.publisher) return { notes: ['FOREIGN_HEAD'] }
  const entry = list.entries.find(({ slug }) => slug === document.slug)
  if (entry?.cid === String(cid)) return true
  if (entry === undefined || entry.version < document.version) return {}
  if (entry.version === document.version) return { notes: ['FORK'] }
  const later = await library(parseCid(entry.cid))
  const met = isGap(later) ? later : await walkTo(library, later, document.version)
  if (isGap(met)) return { gaps: [met.gap] }
  return met.cid.equals(cid) ? true : { notes: ['FORK'] }
}

/** What names the publisher's present version where the ref names nothing: the entry of the newest standing edition. */
export async function namerInEdition(scene: Scene, document: TrendDocument): Promise<Namer> {
  for await (const edition of editionsOf(scene, document)) {
    if (isGap(edition)) return { by: 'unknown', why: edition.gap }
    const { vouchers, fallen, isBurnt } = await keyOfEdition(scene, edition)
    if (isBurnt || (fallen.length > 0 && vouchers.length === 0)) continue
    const list = edition.document
    if (list.type !== 'edition' || list.publisher !== document.publisher) return { by: 'nobody' }
    const entry = list.entries.find(({ slug }) => slug === document.slug)
    return entry === undefined ? { by: 'nobody' } : { by: 'edition', cid: parseCid(entry.cid), version: entry.version }
  }
  return { by: 'nobody' }
}
