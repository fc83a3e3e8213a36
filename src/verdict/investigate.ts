import { fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Edition, TrendDocument } from '../document/document.ts'
import { type Address, parsePublisher } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import type { ChainBlock, Registry, RegistryRecord } from '../registry/registry.ts'
import type { Findings, Namer, Note, NoticeFound, Voucher } from './evidence.ts'
import { type Gap, isGap, type Library, type Named, previousOf, walkTo } from './library.ts'

/** What the caller already knows of where a document is recorded. Hints are checked, never believed. */
export interface Hints {
  /** Editions that list it and are no longer what their ref names. */
  readonly editions?: readonly TrendCid[] | undefined
  /** Later versions of it. */
  readonly descendants?: readonly TrendCid[] | undefined
  /** The path from its leaf to a record's key. */
  readonly proof?: readonly `0x${string}`[] | undefined
}

interface Scene {
  readonly registry: Registry
  readonly library: Library
  readonly at: ChainBlock
  readonly options: Abortable
  readonly publisher: Address
}

/** What a search adds to the findings. */
interface Found {
  readonly vouchers?: readonly Voucher[]
  readonly fallen?: readonly Voucher[]
  readonly notes?: readonly Note[]
  readonly gaps?: readonly string[]
}

/**
 * Looks for everything that one block of the chain says of a document: its own record, the lineage its ref names, the
 * edition that lists it, and the caller's hints, in this order; the first that vouches ends the search.
 * @throws REGISTRY_UNAVAILABLE when the chain does not answer
 */
export async function investigate(
  ports: { readonly registry: Registry; readonly library: Library },
  named: Named,
  at: ChainBlock,
  hints: Hints = {},
  options: Abortable = {}
): Promise<Findings> {
  const { document, cid } = named
  const scene: Scene = { ...ports, at, options, publisher: parsePublisher(document.publisher).address }
  const digest = toBytes32(cid)
  const [leaf, head, notice] = await Promise.all([
    scene.registry.record(scene.publisher, digest, [], at, options),
    headOf(scene, document),
    scene.registry.notice(scene.publisher, digest, at, options)
  ])
  const disowned = await isDisowned(scene, leaf)
  const searches: readonly (() => Promise<Found>)[] = [
    () => recordings(scene, named, 'record'),
    () => (head === undefined || head.equals(cid) ? nothing : throughHead(scene, named, head)),
    () => throughEditions(scene, named),
    () => throughHints(scene, named, hints)
  ]
  const found = await firstThatVouches(searches)
  const pointed: readonly Voucher[] = head?.equals(cid) ? [{ how: 'record', root: cid, record: undefined }] : []
  return {
    leafRetractedAt: disowned ? 0 : leaf.retractedAt,
    vouchers: [...(found.vouchers ?? []), ...pointed],
    fallen: found.fallen ?? [],
    namer: head === undefined ? await namerInEdition(scene, document) : { by: 'ref', cid: head },
    notice: notice === undefined ? undefined : await readNotice(scene, named, fromBytes32(notice)),
    notes: [...(disowned ? (['DISOWNED'] as const) : []), ...(found.notes ?? [])],
    gaps: found.gaps ?? []
  }
}

const nothing: Promise<Found> = Promise.resolve({})

async function firstThatVouches(searches: readonly (() => Promise<Found>)[]): Promise<Found> {
  let sum: Found = {}
  for (const search of searches) {
    sum = merge(sum, await search())
    if (sum.vouchers?.some(({ record }) => record !== undefined)) break
  }
  return sum
}

const merge = (a: Found, b: Found): Found => ({
  vouchers: [...(a.vouchers ?? []), ...(b.vouchers ?? [])],
  fallen: [...(a.fallen ?? []), ...(b.fallen ?? [])],
  notes: [...(a.notes ?? []), ...(b.notes ?? [])],
  gaps: [...(a.gaps ?? []), ...(b.gaps ?? [])]
})

/** The digest the document's ref names: its slug's, or for a notice the leaf of what it is about. */
async function headOf({ registry, publisher, at, options }: Scene, document: TrendDocument) {
  const digest =
    document.type === 'notice'
      ? await registry.notice(publisher, toBytes32(parseCid(document.of)), at, options)
      : await registry.head(publisher, refOf(document.slug), at, options)
  return digest === undefined ? undefined : fromBytes32(digest)
}

async function readNotice({ library }: Scene, { cid: of, document }: Named, cid: TrendCid): Promise<NoticeFound> {
  const found = await library(cid)
  const notice = isGap(found) || found.document.type !== 'notice' ? undefined : found.document
  const about = notice?.of === String(of) && notice.publisher === document.publisher
  return { cid, document: about ? notice : undefined }
}

/** The document recorded alone, or as an edition with its own tree. */
async function recordings(scene: Scene, { cid, document }: Named, how: Voucher['how']): Promise<Found> {
  const proofs = document.type === 'edition' ? [[], [await rootOf(document)]] : [[]]
  const { registry, publisher, at, options } = scene
  const records = await Promise.all(
    proofs.map((proof) => registry.record(publisher, toBytes32(cid), proof, at, options))
  )
  const all = records.filter(({ publishedAt }) => publishedAt !== 0).map((record) => ({ how, root: cid, record }))
  return { vouchers: all.filter(stands), fallen: all.filter((voucher) => !stands(voucher)) }
}

/** The root of an edition's tree. The tree needs keccak, which a page that meets no edition need not load. */
async function rootOf({ entries }: Edition): Promise<`0x${string}`> {
  const { editionTree } = await import('../registry/tree.ts')
  return editionTree(entries.map(({ cid }) => toBytes32(parseCid(cid)))).root
}

const stands = ({ record }: Voucher): boolean => record !== undefined && record.retractedAt === 0

/** A later version that the ref names vouches for its ancestors, if it stands itself. */
async function throughHead(scene: Scene, subject: Named, head: TrendCid): Promise<Found> {
  const top = await scene.library(head)
  if (isGap(top)) return { gaps: [`the ref names ${head}: ${top.gap}`] }
  if (!sameLineage(top.document, subject.document)) return { notes: ['FOREIGN_HEAD'] }
  if (top.document.version < subject.document.version) return await fromBelow(scene, subject, top)
  return await fromDescendant(scene, subject, top)
}

async function fromDescendant(scene: Scene, subject: Named, top: Named): Promise<Found> {
  const met = await walkTo(scene.library, top, subject.document.version)
  if (isGap(met)) return { gaps: [met.gap] }
  if (!met.cid.equals(subject.cid)) return { notes: ['FORK'] }
  const retracted = await scene.registry.record(scene.publisher, toBytes32(top.cid), [], scene.at, scene.options)
  if (retracted.retractedAt !== 0) return { gaps: [`${top.cid}, which leads back to it, was taken back`] }
  const root = merge(await recordings(scene, top, 'lineage'), await throughEditions(scene, top))
  const vouchers = (root.vouchers ?? []).map((voucher): Voucher => ({ ...voucher, how: 'lineage' }))
  return { vouchers: vouchers.length > 0 ? vouchers : [{ how: 'lineage', root: top.cid, record: undefined }] }
}

/** The ref names a lower version: an ancestor, or another branch. */
async function fromBelow(scene: Scene, subject: Named, head: Named): Promise<Found> {
  const met = await walkTo(scene.library, subject, head.document.version)
  if (isGap(met)) return { gaps: [met.gap] }
  if (!met.cid.equals(head.cid)) return { notes: ['FORK'] }
  const { vouchers = [] } = await recordings(scene, subject, 'record')
  return { notes: [vouchers.length > 0 ? 'ROLLED_BACK' : 'AHEAD'] }
}

/** The editions of the document's series, newest first, until one vouches. */
async function throughEditions(scene: Scene, subject: Named): Promise<Found> {
  const { document } = subject
  if (document.type !== 'trend' || document.edition === undefined) return {}
  const { registry, publisher, at, options } = scene
  const head = await registry.head(publisher, refOf(document.edition), at, options)
  if (head === undefined) return {}
  let sum: Found = {}
  let newer: readonly Voucher[] = [{ how: 'edition', root: fromBytes32(head), record: undefined }]
  let edition: Named | Gap | undefined = await scene.library(fromBytes32(head))
  for (; edition !== undefined; edition = await previousOf(scene.library, edition)) {
    if (isGap(edition)) return merge(sum, { gaps: [edition.gap] })
    const { vouchers = [], fallen = [] } = await recordings(scene, edition, 'edition')
    // A standing edition attests those before it by its hash links; one that was taken back attests nothing.
    newer = vouchers.length > 0 ? vouchers : fallen.length > 0 ? [] : newer
    const listed = await isListed(scene, subject, edition)
    sum = merge(sum, listed === true ? { vouchers: newer, fallen } : listed)
    if (sum.vouchers?.some(({ record }) => record !== undefined)) break
  }
  return sum
}

/** Whether an edition lists the document, or a later version that leads back to it; else what is to be noted. */
async function isListed({ library }: Scene, { cid, document }: Named, edition: Named): Promise<true | Found> {
  const list = edition.document
  if (list.type !== 'edition' || list.publisher !== document.publisher) return { notes: ['FOREIGN_HEAD'] }
  const entry = list.entries.find(({ slug }) => slug === document.slug)
  if (entry === undefined || entry.version < document.version) return {}
  if (entry.cid === String(cid)) return true
  if (entry.version === document.version) return { notes: ['FORK'] }
  const later = await library(parseCid(entry.cid))
  const met = isGap(later) ? later : await walkTo(library, later, document.version)
  if (isGap(met)) return { gaps: [met.gap] }
  return met.cid.equals(cid) ? true : { notes: ['FORK'] }
}

async function throughHints(scene: Scene, subject: Named, hints: Hints): Promise<Found> {
  const { registry, publisher, at, options } = scene
  let sum: Found = {}
  for (const cid of hints.editions ?? []) {
    const edition = await scene.library(cid)
    sum = merge(sum, isGap(edition) ? { gaps: [edition.gap] } : await throughHintedEdition(scene, subject, edition))
  }
  for (const cid of hints.descendants ?? []) {
    const later = await scene.library(cid)
    sum = merge(sum, isGap(later) ? { gaps: [later.gap] } : await fromDescendant(scene, subject, later))
  }
  if (hints.proof !== undefined) {
    const record = await registry.record(publisher, toBytes32(subject.cid), hints.proof, at, options)
    const voucher: Voucher = { how: 'proof', root: subject.cid, record }
    if (record.publishedAt !== 0) sum = merge(sum, stands(voucher) ? { vouchers: [voucher] } : { fallen: [voucher] })
  }
  return sum
}

async function throughHintedEdition(scene: Scene, subject: Named, edition: Named): Promise<Found> {
  const listed = await isListed(scene, subject, edition)
  return listed === true ? await recordings(scene, edition, 'edition') : listed
}

/** What names the publisher's present version where the ref names nothing: the entry of the newest edition. */
async function namerInEdition(
  { registry, library, publisher, at, options }: Scene,
  document: TrendDocument
): Promise<Namer> {
  if (document.type !== 'trend' || document.edition === undefined) return { by: 'nobody' }
  const head = await registry.head(publisher, refOf(document.edition), at, options)
  if (head === undefined) return { by: 'nobody' }
  const edition = await library(fromBytes32(head))
  if (isGap(edition)) return { by: 'unknown', why: edition.gap }
  const entries = edition.document.type === 'edition' ? edition.document.entries : []
  const entry = entries.find(({ slug }) => slug === document.slug)
  return entry === undefined ? { by: 'nobody' } : { by: 'edition', cid: parseCid(entry.cid) }
}

/** The contract shows a disowned record as retracted in the second it was published; only an editor can be disowned. */
async function isDisowned({ registry, publisher, at, options }: Scene, record: RegistryRecord): Promise<boolean> {
  const { publishedAt, retractedAt, editor } = record
  if (publishedAt === 0 || retractedAt !== publishedAt || editor === publisher) return false
  return (await registry.editorUntil(publisher, editor, at, options)) < BigInt(publishedAt)
}

const sameLineage = (a: TrendDocument, b: TrendDocument): boolean =>
  a.publisher === b.publisher && a.slug === b.slug && a.type === b.type
