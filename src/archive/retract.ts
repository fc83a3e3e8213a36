import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Notice, NoticeDraft } from '../document/document.ts'
import { complete, slugOf } from '../document/draft.ts'
import { noticeSlugFor } from '../document/notice.ts'
import { cutAtWord } from '../document/plain-text.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Receipt, RegistryCall } from '../registry/registry.ts'
import { keyOf, leafOf } from '../registry/tree.ts'
import type { Glance } from '../verdict/beside.ts'
import { type Chains, glance } from '../verdict/glance.ts'
import { insist, type Named } from '../verdict/library.ts'
import { openScene, pendingName, planVersion, type Scene, treeRootOf, type Wanted } from './plan.ts'
import type { WritePorts } from './ports.ts'
import { carryOut, forgetRecorded, isAddition, type PublishOptions, publication } from './publish.ts'
import { checkMayRetract } from './right.ts'

export interface RetractOptions extends Omit<PublishOptions, 'dryRun' | 'revert' | 'publisher'> {
  /** @default 'other' */
  readonly reason?: Notice['reason'] | undefined
  /** Why, for people to read. With it a notice is pinned and named on chain in the same transaction. */
  readonly note?: string | undefined
  /** What to read instead: a document that can be read now. It is told in the notice, so it needs a note. */
  readonly successor?: TrendCid | undefined
}

export interface Retraction {
  readonly status: 'retracted' | 'unchanged'
  readonly cid: TrendCid
  /** The notice that says why, if one was given. */
  readonly notice: TrendCid | undefined
  /** What it says to read instead: another publisher's, or taken back itself, is allowed, and worth a look. */
  readonly successor: Glance | undefined
  readonly receipt: Receipt | undefined
}

const LONGEST_TITLE = 200

/**
 * Takes a document back, for good: its record stays, marked with the time. Only its leaf is retracted, so the other
 * documents of an edition that lists it stand. Running it again changes nothing. What is not recorded yet can never be
 * then, whoever holds a signature for it.
 * @throws INVALID_OPTION when it is another publisher's, or a reason or a successor is given without a note to tell it in
 * @throws INVALID_OPTION when the successor is the document itself, BLOCK_UNAVAILABLE when it cannot be read
 * @throws INVALID_DOCUMENT, PIN_FAILED, REGISTRY_REJECTED, TRANSACTION_PENDING, FEE_TOO_HIGH
 */
export async function retract(ports: WritePorts, target: Named, options: RetractOptions = {}): Promise<Retraction> {
  const { registry } = ports
  const { cid } = target
  checkMayRetract(registry, target.document.publisher)
  const publisher = registry.account
  const digest = toBytes32(cid)
  checkNoted(options)
  const scene = await openScene(ports, options)
  const [nodes, named, instead] = await Promise.all([
    nodesOf(scene, target),
    registry.notice(publisher, digest, scene.at, options),
    successorSeen(scene, target, options)
  ])
  if (nodes.length === 0) {
    const notice = named && fromBytes32(named)
    const name = pendingName(target.document.publisher, noticeSlugFor(String(cid)))
    if (notice !== undefined) await forgetRecorded(ports, [{ name, cid: notice }])
    return { status: 'unchanged', cid, notice, successor: instead, receipt: undefined }
  }
  const retractions = nodes.map((node): RegistryCall => ({ verb: 'retract', node }))
  const { note, reason = 'other', successor } = options
  const notice = note === undefined ? [] : [wantedNotice(target, { action: 'retracted', note, reason, successor })]
  const steps = await Promise.all(notice.map((wanted) => planVersion(scene, wanted)))
  const notices = steps.filter(isAddition)
  // A notice is only named: what counts is the retraction.
  const pointings = notices.map((notice) => publication({ ...notice, isRecorded: true }))
  const { receipts } = await carryOut(ports, steps, [notices], [[...pointings, ...retractions]], options)
  return { status: 'retracted', cid, notice: steps[0]?.named.cid, successor: instead, receipt: receipts[0] }
}

function checkNoted({ note, reason, successor }: RetractOptions): void {
  if (note !== undefined || (reason === undefined && successor === undefined)) return
  const rule = 'a reason and a successor are told in a notice, which needs a note'
  throw new ArchiveError('INVALID_OPTION', rule, { option: 'note', rule })
}

/** The document to read instead, as it stands. Readers are never sent to what nobody has. */
export async function successorSeen(
  { ports, library, at, options }: Scene,
  target: Named,
  { successor }: Pick<RetractOptions, 'successor'>
): Promise<Glance | undefined> {
  if (successor === undefined) return undefined
  if (successor.equals(target.cid)) {
    const rule = `${successor} is what is taken back, so it is not what to read instead`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'successor', rule })
  }
  const named = insist(await library(successor), successor)
  const chains: Chains = async (publisher) =>
    parsePublisher(publisher).chain === ports.registry.chain ? { registry: ports.registry, at } : undefined
  const [seen] = await glance({ library, chains }, [named], options)
  return seen
}

/**
 * What there is to retract: the leaf, and the key of an edition that is not recorded. A signature for such an edition
 * may be about, and its leaf alone would not keep it from being recorded with all that it lists.
 */
async function nodesOf(
  { ports: { registry }, at, options }: Scene,
  { cid, document }: Named
): Promise<readonly Bytes32[]> {
  const standing = async (node: Bytes32, mayBeRecorded: boolean): Promise<readonly Bytes32[]> => {
    const { publishedAt, retractedAt } = await registry.keyed(registry.account, node, at, options)
    return retractedAt === 0 && (publishedAt === 0 || mayBeRecorded) ? [node] : []
  }
  const digest = toBytes32(cid)
  const key = document.type === 'edition' ? await standing(keyOf(digest, treeRootOf(document)), false) : []
  return [...(await standing(leafOf(digest), true)), ...key]
}

/** What a notice says besides what it is about. */
export interface NoticeText {
  readonly action: Notice['action']
  readonly note: string
  readonly reason: Notice['reason']
  readonly successor: TrendCid | undefined
}

const TITLES: Readonly<Record<Notice['action'], string>> = { retracted: 'Retracted', concern: 'Concern' }

/** A notice about a document, as the next version of those already given about it. */
export function wantedNotice({ cid, document }: Named, { action, note, reason, successor }: NoticeText): Wanted {
  const draft: NoticeDraft = {
    type: 'notice',
    of: String(cid),
    action,
    reason,
    note,
    title: cutAtWord(`${TITLES[action]}: ${document.title}`, LONGEST_TITLE),
    lang: document.lang,
    authors: document.authors,
    license: document.license,
    ...(successor !== undefined && { successor: String(successor) })
  }
  const fill: Wanted['fill'] = (placement) => complete(draft, placement)
  return { type: 'notice', slug: slugOf(draft), ref: leafOf(toBytes32(cid)), fill, alike: fill }
}
