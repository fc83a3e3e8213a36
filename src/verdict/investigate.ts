import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import { parsePublisher } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import {
  type ChainBlock,
  NONE,
  type Question,
  type Registry,
  type RegistryRecord,
  type Survey
} from '../registry/registry.ts'
import { namerInEdition, ownEdition, throughEditions } from './editions.ts'
import type { Findings, NoticeFound } from './evidence.ts'
import { throughHead } from './head.ts'
import { type Hints, throughHints } from './hints.ts'
import { isGap, type Library, type Named } from './library.ts'
import { type Found, isDisowned, merge, type Scene, vouches, weigh } from './search.ts'

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
  const { record: leaf, head, notice } = await surveyOf(scene, named)
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

async function firstThatVouches(start: Found, searches: readonly ((sum: Found) => Promise<Found>)[]): Promise<Found> {
  let sum = start
  for (const search of searches) sum = merge(sum, await search(sum))
  return sum
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

/** What is asked of every document first. The ref of a notice is the leaf of what it is about, and not its slug. */
export const questionOf = ({ cid, document }: Named): Question => ({
  digest: toBytes32(cid),
  ref: document.type === 'notice' ? NONE : refOf(document.slug)
})

async function surveyOf(
  { registry, publisher, at, options }: Scene,
  named: Named
): Promise<Omit<Survey, 'head'> & { readonly head: TrendCid | undefined }> {
  const { document } = named
  const isNotice = document.type === 'notice'
  const [[survey], about] = await Promise.all([
    registry.survey(publisher, [questionOf(named)], at, options),
    isNotice ? registry.notice(publisher, toBytes32(parseCid(document.of)), at, options) : undefined
  ])
  const { record, head: byRef, notice } = survey!
  const head = isNotice ? about : byRef
  return { record, notice, head: head && fromBytes32(head) }
}

/** The notice that the chain names about a document; only its publisher's own word is one. */
export async function readNotice(
  { library }: Scene,
  { cid: of, document }: Named,
  cid: TrendCid
): Promise<NoticeFound> {
  const found = await library(cid)
  const notice = isGap(found) || found.document.type !== 'notice' ? undefined : found.document
  const about = notice?.of === String(of) && notice.publisher === document.publisher
  return { cid, document: about ? notice : undefined }
}
