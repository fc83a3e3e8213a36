import { toBlock } from '../block/block.ts'
import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Notice, TrendDocument } from '../document/document.ts'
import { complete } from '../document/draft.ts'
import { ArchiveError } from '../errors.ts'
import type { Progress } from '../options.ts'
import { NONE, type Receipt, type RegistryCall } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import { isGap, libraryOf, type Named } from '../verdict/library.ts'
import type { PlanOptions } from './plan.ts'
import { ownedBy } from './point.ts'
import type { WritePorts } from './ports.ts'
import { type PublishEvent, pinAll } from './publish.ts'

export interface RetractOptions extends PlanOptions, Progress<PublishEvent> {
  /** @default 'other' */
  readonly reason?: Notice['reason'] | undefined
  /** Why, for people to read. With it a notice is pinned and named on chain in the same transaction. */
  readonly note?: string | undefined
  /** What to read instead. */
  readonly successor?: TrendCid | undefined
}

export interface Retraction {
  readonly status: 'retracted' | 'unchanged'
  readonly cid: TrendCid
  /** The notice that says why, if one was given. */
  readonly notice: TrendCid | undefined
  readonly receipt: Receipt | undefined
}

/**
 * Takes a document back, for good: its record stays, marked with the time. Only its leaf is retracted, so the other
 * documents of an edition that lists it stand. Running it again changes nothing.
 * @throws INVALID_OPTION when it is another publisher's, INVALID_DOCUMENT, PIN_FAILED, REGISTRY_REJECTED
 */
export async function retract(
  ports: WritePorts,
  { cid, document }: Named,
  options: RetractOptions = {}
): Promise<Retraction> {
  const { registry } = ports
  const publisher = ownedBy(ports, document)
  const digest = toBytes32(cid)
  const at = await registry.block('latest', options)
  const [record, head] = await Promise.all([
    registry.record(publisher, digest, [], at, options),
    registry.notice(publisher, digest, at, options)
  ])
  if (record.retractedAt !== 0) {
    return { status: 'unchanged', cid, notice: head && fromBytes32(head), receipt: undefined }
  }
  const leaf = leafOf(digest)
  const retraction: RegistryCall = { verb: 'retract', node: leaf }
  if (options.note === undefined) {
    return { status: 'retracted', cid, notice: undefined, receipt: await registry.send([retraction], options) }
  }
  const notice = await toBlock(await noticeOf(ports, { cid, document }, head, options))
  await pinAll(ports, [notice], options)
  const pointing: RegistryCall = {
    verb: 'point',
    publisher,
    ref: leaf,
    digest: toBytes32(notice.cid),
    parent: head ?? NONE
  }
  const receipt = await registry.send([pointing, retraction], options)
  return { status: 'retracted', cid, notice: notice.cid, receipt }
}

/** The notice that says why, as the next version of those already given about the document. */
async function noticeOf(
  { sources }: WritePorts,
  { cid, document }: Named,
  head: Bytes32 | undefined,
  options: RetractOptions
): Promise<TrendDocument> {
  const { note = '', reason = 'other', successor, now = Math.floor(Date.now() / 1000) } = options
  const before = head === undefined ? undefined : await libraryOf(sources, options)(fromBytes32(head))
  if (before !== undefined && isGap(before)) {
    const details = { cid: String(cid), sources: [], reasons: [before.gap] }
    throw new ArchiveError('BLOCK_UNAVAILABLE', `the notice before this one: ${before.gap}`, details)
  }
  return complete(
    {
      type: 'notice',
      of: String(cid),
      action: 'retracted',
      reason,
      note,
      title: `Retracted: ${document.title}`.slice(0, 200),
      summary: note.slice(0, 500),
      lang: document.lang,
      authors: document.authors,
      license: document.license,
      ...(successor !== undefined && { successor: String(successor) })
    },
    {
      publisher: document.publisher,
      version: (before?.document.version ?? 0) + 1,
      previous: before && String(before.cid),
      published: `${new Date(now * 1000).toISOString().slice(0, 19)}Z`
    }
  )
}
