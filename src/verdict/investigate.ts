import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Edition, TrendDocument } from '../document/document.ts'
import { type Address, parsePublisher } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import { type ChainBlock, NONE, type Registry, type RegistryRecord } from '../registry/registry.ts'
import type { Fallen, Findings, Namer, Note, NoticeFound, Voucher } from './evidence.ts'
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
  /** What is recorded under each edition that was met. */
  readonly editions: Map<string, Promise<Keyed>>
}

/** What a search adds to the findings. */
interface Found {
  readonly vouchers?: readonly Voucher[]
  readonly fallen?: readonly Fallen[]
  readonly notes?: readonly Note[]
  readonly gaps?: readonly string[]
}

/** What is recorded under an edition's key. Without a record it was `burnt` where its key or its leaf is retracted. */
interface Keyed {
  readonly vouchers: readonly Voucher[]
  readonly fallen: readonly Fallen[]
  readonly isBurnt: boolean
}

/** How many editions of a series are looked through before giving up. */
export const MAX_EDITIONS = 256

/**
 * Looks for everything that one block of the chain says of a document: its own record, the lineage its ref names, the
 * editions that list it, and the caller's hints, in this order; the first standing record ends the search.
 * @throws REGISTRY_UNAVAILABLE when the chain does not answer
 */
export async function investigate(
  { registry, library }: { readonly registry: Registry; readonly library: Library },
  named: Named,
  at: ChainBlock,
  hints: Hints = {},
  options: Abortable = {}
): Promise<Findings> {
  const { document, cid } = named
  const publisher = parsePublisher(document.publisher).address
  const scene: Scene = { registry, library, at, options, publisher, editions: new Map() }
  const digest = toBytes32(cid)
  const [leaf, head, notice] = await Promise.all([
    registry.record(publisher, digest, [], at, options),
    headOf(scene, document),
    registry.notice(publisher, digest, at, options)
  ])
  const own = merge(await weigh(scene, 'record', cid, leaf), await ownEdition(scene, named))
  const found = await firstThatVouches(own, [
    (sum) => throughHead(scene, named, head, vouches(sum)),
    (sum) => (vouches(sum) ? nothing : throughEditions(scene, named)),
    (sum) => (vouches(sum) ? nothing : throughHints(scene, named, hints))
  ])
  const { vouchers = [], fallen = [], notes = [], gaps = [] } = found
  return {
    leafRetractedAt: await leafRetractedAt(scene, digest, leaf),
    vouchers,
    fallen,
    namer: head === undefined ? await namerInEdition(scene, document) : { by: 'ref', cid: head },
    notice: notice === undefined ? undefined : await readNotice(scene, named, fromBytes32(notice)),
    notes: fallen.some(({ by }) => by === 'disowning') ? ['DISOWNED', ...notes] : notes,
    gaps
  }
}

const nothing: Promise<Found> = Promise.resolve({})

const vouches = ({ vouchers = [] }: Found): boolean => vouchers.some(({ record }) => record !== undefined)

async function firstThatVouches(start: Found, searches: readonly ((sum: Found) => Promise<Found>)[]): Promise<Found> {
  let sum = start
  for (const search of searches) sum = merge(sum, await search(sum))
  return sum
}

const merge = (a: Found, b: Found): Found => ({
  vouchers: [...(a.vouchers ?? []), ...(b.vouchers ?? [])],
  fallen: [...(a.fallen ?? []), ...(b.fallen ?? [])],
  notes: [...(a.notes ?? []), ...(b.notes ?? [])],
  gaps: [...(a.gaps ?? []), ...(b.gaps ?? [])]
})

/** A record as what vouches for the document, or as what no longer does. */
async function weigh(scene: Scene, how: Voucher['how'], root: TrendCid, record: RegistryRecord): Promise<Found> {
  if (record.publishedAt === 0) return {}
  if (await isDisowned(scene, record)) return { fallen: [{ how, root, record, by: 'disowning' }] }
  return record.retractedAt === 0
    ? { vouchers: [{ how, root, record }] }
    : { fallen: [{ how, root, record, by: 'retraction' }] }
}

/**
 * Whether the publisher has disowned the editor that recorded this. The contract's `verify` shows such a record as
 * retracted in the second it was published; the raw record shows nothing.
 */
async function isDisowned({ registry, publisher, at, options }: Scene, record: RegistryRecord): Promise<boolean> {
  const { publishedAt, retractedAt, editor } = record
  if (publishedAt === 0 || editor === publisher) return false
  if (retractedAt !== 0 && retractedAt !== publishedAt) return false
  return (await registry.editorUntil(publisher, editor, at, options)) < BigInt(publishedAt)
}

/**
 * When the publisher retracted a leaf; 0 when it did not. A disowned record looks as if it was: below a node that holds
 * nothing, only a retraction of the leaf itself shows.
 */
async function leafRetractedAt(scene: Scene, digest: Bytes32, leaf: RegistryRecord): Promise<number> {
  if (!(await isDisowned(scene, leaf))) return leaf.retractedAt
  const { registry, publisher, at, options } = scene
  return (await registry.record(publisher, digest, [NONE], at, options)).retractedAt
}

/** The digest the document's ref names: its slug's, or for a notice the leaf of what it is about. */
async function headOf(
  { registry, publisher, at, options }: Scene,
  document: TrendDocument
): Promise<TrendCid | undefined> {
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

/** An edition's own record stands under its leaf and its tree; a retraction of the leaf counts. */
async function ownEdition(scene: Scene, { cid, document }: Named): Promise<Found> {
  if (document.type !== 'edition') return {}
  const { registry, publisher, at, options } = scene
  const record = await registry.record(publisher, toBytes32(cid), [await rootOf(document)], at, options)
  return await weigh(scene, 'record', cid, record)
}

/** What an edition's key says for those it lists: the edition's own leaf may be taken back without them. */
function keyOfEdition(scene: Scene, { cid, document }: Named): Promise<Keyed> {
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

/** The root of an edition's tree. The tree needs keccak, which a page that meets no edition need not load. */
async function rootOf({ entries }: Edition): Promise<`0x${string}`> {
  const { editionTree } = await import('../registry/tree.ts')
  return editionTree(entries.map(({ cid }) => toBytes32(parseCid(cid)))).root
}

/**
 * What the ref says of the document: it names it, a later version that leads back to it and vouches for it, or
 * something that is worth a note.
 */
async function throughHead(
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
async function fromDescendant(scene: Scene, subject: Named, top: Named): Promise<Found | undefined> {
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

/** The editions of a document's series, from what the ref names back; the last may be a gap. */
async function* editionsOf(scene: Scene, document: TrendDocument): AsyncGenerator<Named | Gap, void, undefined> {
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
async function throughEditions(scene: Scene, subject: Named): Promise<Found> {
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
async function isListed({ library }: Scene, { cid, document }: Named, edition: Named): Promise<true | Found> {
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

const WORD = /^0x[0-9a-f]{64}$/i

/** Hints that lead nowhere say nothing: only a standing record that they lead to counts. */
async function throughHints(scene: Scene, subject: Named, hints: Hints): Promise<Found> {
  const { registry, publisher, at, options, library } = scene
  let sum: Found = {}
  for (const cid of hints.editions ?? []) {
    const edition = await library(cid)
    sum = merge(sum, isGap(edition) ? { gaps: [edition.gap] } : await throughHintedEdition(scene, subject, edition))
  }
  for (const cid of hints.descendants ?? []) {
    const later = await library(cid)
    if (isGap(later)) sum = merge(sum, { gaps: [later.gap] })
    else if (sameLineage(later.document, subject.document)) {
      sum = merge(sum, (await fromDescendant(scene, subject, later)) ?? {})
    }
  }
  if (hints.proof?.every((node) => WORD.test(node))) {
    const record = await registry.record(publisher, toBytes32(subject.cid), hints.proof, at, options)
    sum = merge(sum, await weigh(scene, 'proof', subject.cid, record))
  }
  return { ...sum, vouchers: (sum.vouchers ?? []).filter(({ record }) => record !== undefined) }
}

async function throughHintedEdition(scene: Scene, subject: Named, edition: Named): Promise<Found> {
  const listed = await isListed(scene, subject, edition)
  return listed === true ? await keyOfEdition(scene, edition) : {}
}

/** What names the publisher's present version where the ref names nothing: the entry of the newest standing edition. */
async function namerInEdition(scene: Scene, document: TrendDocument): Promise<Namer> {
  for await (const edition of editionsOf(scene, document)) {
    if (isGap(edition)) return { by: 'unknown', why: edition.gap }
    const { vouchers, fallen, isBurnt } = await keyOfEdition(scene, edition)
    if (isBurnt || (fallen.length > 0 && vouchers.length === 0)) continue
    const list = edition.document
    if (list.type !== 'edition' || list.publisher !== document.publisher) return { by: 'nobody' }
    const entry = list.entries.find(({ slug }) => slug === document.slug)
    return entry === undefined ? { by: 'nobody' } : { by: 'edition', cid: parseCid(entry.cid) }
  }
  return { by: 'nobody' }
}

const sameLineage = (a: TrendDocument, b: TrendDocument): boolean =>
  a.publisher === b.publisher && a.slug === b.slug && a.type === b.type
