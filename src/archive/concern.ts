import { type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Notice } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Receipt } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import type { Glance } from '../verdict/beside.ts'
import type { Named } from '../verdict/library.ts'
import { seeThrough } from './deed.ts'
import { openOwnScene, openScene, pendingName, planVersion } from './plan.ts'
import type { WritePorts } from './ports.ts'
import { carryOut, forgetRecorded, isAddition, type PublishOptions, publication, silent } from './publish.ts'
import { onChain, successorSeen, wantedNotice } from './retract.ts'
import type { Settled } from './wait.ts'

export interface ConcernOptions extends Omit<PublishOptions, 'dryRun' | 'revert' | 'publisher'> {
  /** What the matter is, for people to read. */
  readonly note: string
  /** @default 'other' */
  readonly reason?: Notice['reason'] | undefined
  /** What to read instead. */
  readonly successor?: TrendCid | undefined
}

export interface Concern {
  readonly status: 'voiced' | 'unchanged'
  readonly cid: TrendCid
  readonly notice: TrendCid
  /** What it says to read instead. */
  readonly successor: Glance | undefined
  readonly receipt: Receipt | undefined
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

/**
 * Says that something is the matter with a document, without taking it back: a notice is pinned and named on chain. An
 * editor may do so too. Running it again changes nothing.
 * @throws INVALID_OPTION when the document was taken back already, or is its own successor
 * @throws BLOCK_UNAVAILABLE when the successor cannot be read
 * @throws REGISTRY_REJECTED when the account may not publish for the document's publisher
 * @throws INVALID_DOCUMENT, PIN_FAILED, REGISTRY_UNAVAILABLE, NOT_SETTLED
 */
export async function voiceConcern(ports: WritePorts, target: Named, options: ConcernOptions): Promise<Concern> {
  const { note, reason = 'other', successor } = options
  const { publisher } = target.document
  const wanted = wantedNotice(target, { action: 'concern', note, reason, successor })
  const isOnChain = onChain(ports.registry, target, options)
  const { done, receipts, settled } = await seeThrough<Concern>(
    ports.registry,
    {
      async act(before) {
        await isOnChain()
        const now = await voiceNow(ports, target, options)
        return before === undefined ? now : { ...now, status: before.status }
      },
      receiptsOf: ({ receipt }) => (receipt === undefined ? [] : [receipt]),
      async isDoneAt({ notice }, at) {
        const step = await planVersion(await openScene(ports, { ...silent(options), publisher }, at), wanted)
        return !isAddition(step) && step.named.cid.equals(notice)
      }
    },
    options
  )
  if (settled !== undefined)
    await forgetRecorded(ports, [{ name: pendingName(publisher, wanted.slug), cid: done.notice }])
  return { ...done, receipt: receipts[0], settled }
}

async function voiceNow(ports: WritePorts, target: Named, options: ConcernOptions): Promise<Concern> {
  const { cid, document } = target
  const { note, reason = 'other', successor } = options
  const scene = await openOwnScene(ports, { ...options, publisher: document.publisher })
  const { address } = parsePublisher(document.publisher)
  const record = await ports.registry.keyed(address, leafOf(toBytes32(cid)), scene.at, options)
  if (record.retractedAt !== 0) {
    const rule = `${cid} was taken back already, and a concern would stand in the place of the notice about that`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'concern', rule })
  }
  const instead = await successorSeen(scene, target, options)
  const step = await planVersion(scene, wantedNotice(target, { action: 'concern', note, reason, successor }))
  const notices = [step].filter(isAddition)
  const calls = notices.map((notice) => publication({ ...notice, isRecorded: true }))
  const batches = calls.length === 0 ? [] : [notices]
  const { receipts } = await carryOut(ports, [step], batches, batches.length === 0 ? [] : [calls], options)
  const status = isAddition(step) ? 'voiced' : 'unchanged'
  return { status, cid, notice: step.named.cid, successor: instead, receipt: receipts[0] }
}
