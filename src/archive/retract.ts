import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Notice, NoticeDraft } from '../document/document.ts'
import { complete, slugOf } from '../document/draft.ts'
import { noticeSlugFor } from '../document/notice.ts'
import { cutAtWord } from '../document/plain-text.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Receipt, Registry, RegistryCall } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import type { Glance } from '../verdict/beside.ts'
import { type Chains, glance } from '../verdict/glance.ts'
import { insist, type Named } from '../verdict/library.ts'
import { seeThrough } from './deed.ts'
import { recordKeyOf } from './key.ts'
import { openScene, pendingName, planVersion, type Scene, type Wanted } from './plan.ts'
import type { WritePorts } from './ports.ts'
import { carryOut, forgetRecorded, isAddition, type PublishOptions, publication, silent } from './publish.ts'
import { ownRecord } from './recorded.ts'
import { checkMayRetract } from './right.ts'
import { gone, type Settled, type WaitOptions, waits } from './wait.ts'

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
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

const LONGEST_TITLE = 200

/**
 * Takes a document back, for good: its record stays, marked with the time. Only its leaf is retracted, so the other
 * documents of an edition that lists it stand. Running it again changes nothing. What is not recorded yet can never be
 * then, whoever holds a signature for it.
 * @throws INVALID_OPTION when it is another publisher's, or a reason or a successor is given without a note to tell it in
 * @throws INVALID_OPTION when the successor is the document itself, BLOCK_UNAVAILABLE when it cannot be read
 * @throws INVALID_DOCUMENT, PIN_FAILED, REGISTRY_REJECTED, TRANSACTION_PENDING, FEE_TOO_HIGH, NOT_SETTLED
 */
export async function retract(ports: WritePorts, target: Named, options: RetractOptions = {}): Promise<Retraction> {
  checkMayRetract(ports.registry, target.document.publisher)
  const isOnChain = onChain(ports.registry, target, options)
  const { done, receipts, settled } = await seeThrough<Retraction>(
    ports.registry,
    {
      async act(before) {
        await isOnChain()
        const now = await retractNow(ports, target, options)
        return before === undefined ? now : { ...now, status: before.status, notice: now.notice ?? before.notice }
      },
      receiptsOf: ({ receipt }) => (receipt === undefined ? [] : [receipt]),
      isDoneAt: async (_, at) => (await nodesOf(await openScene(ports, silent(options), at), target)).length === 0
    },
    options
  )
  if (settled !== undefined && done.notice !== undefined) {
    await forgetRecorded(ports, [{ name: noticeName(target), cid: done.notice }])
  }
  return { ...done, receipt: receipts[0], settled }
}

const noticeName = ({ cid, document }: Named): string => pendingName(document.publisher, noticeSlugFor(String(cid)))

/**
 * Refuses to do to a document a second time, after a reorganisation, what was meant for one on the chain, where it went as
 * well: to retract what is not recorded would keep it from ever being.
 */
export function onChain(registry: Registry, named: Named, options: WaitOptions | RetractOptions): () => Promise<void> {
  const { wait = 'included', signal } = options
  let was: boolean | undefined
  return async () => {
    if (wait === 'included') return
    const at = await registry.block('latest', { signal })
    const { publishedAt } = await ownRecord(registry, named, at, { signal })
    if (was && publishedAt === 0)
      throw gone(wait, `nor is the record of ${named.cid}, which has to be published again first`)
    was ??= publishedAt !== 0
  }
}

async function retractNow(ports: WritePorts, target: Named, options: RetractOptions): Promise<Retraction> {
  const { registry } = ports
  const { cid } = target
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
    if (notice !== undefined && !waits(options)) {
      await forgetRecorded(ports, [{ name: noticeName(target), cid: notice }])
    }
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
async function nodesOf({ ports: { registry }, at, options }: Scene, named: Named): Promise<readonly Bytes32[]> {
  const { cid, document } = named
  const standing = async (node: Bytes32, mayBeRecorded: boolean): Promise<readonly Bytes32[]> => {
    const { publishedAt, retractedAt } = await registry.keyed(registry.account, node, at, options)
    return retractedAt === 0 && (publishedAt === 0 || mayBeRecorded) ? [node] : []
  }
  const key = document.type === 'edition' ? await standing(recordKeyOf(named), false) : []
  return [...(await standing(leafOf(toBytes32(cid)), true)), ...key]
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
