import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import { type ChainBlock, NONE, type Receipt, type Registry, type RegistryCall } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import { type Gap, insist, isGap, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import { seeThrough } from './deed.ts'
import type { WritePorts } from './ports.ts'
import { ownRecord, takesRecord } from './recorded.ts'
import { onChain } from './retract.ts'
import { checkMayPublish, checkMayRetract } from './right.ts'
import type { Settled, WaitOptions } from './wait.ts'

export interface PointOptions extends WaitOptions {
  /** Whether the versions that are passed over on the way back are retracted in the same transaction. */
  readonly retractSkipped?: boolean | undefined
}

export interface Pointing {
  readonly status: 'moved' | 'unchanged'
  /** What the ref named before. */
  readonly from: TrendCid | undefined
  readonly retracted: readonly TrendCid[]
  readonly receipt: Receipt | undefined
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

/**
 * Moves the ref of a document to it: back to an older version, or on to one that was recorded without its ref. An editor
 * may do so too, but not retract.
 * @throws REGISTRY_REJECTED when the account is no editor of the publisher's, REGISTRY_UNAVAILABLE
 * @throws NOT_FOUND when the document is not recorded, perhaps not any more
 * @throws INVALID_OPTION when another publisher's are to be retracted
 * @throws TRANSACTION_PENDING, FEE_TOO_HIGH, NOT_SETTLED
 * @throws BLOCK_UNAVAILABLE, BROKEN_LINEAGE when what is passed over is to be retracted and cannot be followed
 */
export async function point(ports: WritePorts, target: Named, options: PointOptions = {}): Promise<Pointing> {
  const { registry } = ports
  const { signal } = options
  const { address } = parsePublisher(target.document.publisher)
  const isOnChain = onChain(registry, target, options)
  const { done, receipts, settled } = await seeThrough<Pointing>(
    registry,
    {
      async act(before) {
        await isOnChain()
        const now = await pointNow(ports, target, options)
        return before === undefined ? now : { ...before, receipt: now.receipt }
      },
      receiptsOf: ({ receipt }) => (receipt === undefined ? [] : [receipt]),
      isDoneAt: async (_, at) =>
        (await registry.head(address, refNaming(target.document), at, { signal })) === toBytes32(target.cid)
    },
    options
  )
  return { ...done, receipt: receipts[0], settled }
}

async function pointNow(ports: WritePorts, target: Named, options: PointOptions): Promise<Pointing> {
  const { registry } = ports
  const at = await registry.block('latest', options)
  const { document } = target
  if (options.retractSkipped) checkMayRetract(registry, document.publisher)
  else await checkMayPublish(registry, document.publisher, registry.account, at, options)
  const publisher = parsePublisher(document.publisher).address
  const ref = refNaming(document)
  const digest = toBytes32(target.cid)
  // In one block: between two, a reorganisation may take back what is to be named, and free its name.
  const [head] = await Promise.all([
    registry.head(publisher, ref, at, options),
    checkRecorded(registry, target, at, options)
  ])
  const from = head && fromBytes32(head)
  if (head === digest) return { status: 'unchanged', from, retracted: [], receipt: undefined }
  const passed = options.retractSkipped && from !== undefined ? await between(ports, from, target, options) : []
  const leaves = await Promise.all(passed.map((cid) => registry.keyed(publisher, leafOf(toBytes32(cid)), at, options)))
  const retracted = passed.filter((_, i) => leaves[i]?.retractedAt === 0)
  const calls: readonly RegistryCall[] = [
    { verb: 'point', publisher, ref, digest, parent: head ?? NONE },
    ...retracted.map((cid): RegistryCall => ({ verb: 'retract', node: leafOf(toBytes32(cid)) }))
  ]
  const receipt = await registry.send(calls, options)
  return { status: 'moved', from, retracted, receipt }
}

/** Refuses to have a ref name what nothing vouches for. @throws NOT_FOUND */
async function checkRecorded(registry: Registry, named: Named, at: ChainBlock, options: Abortable): Promise<void> {
  if (!takesRecord(named) || (await ownRecord(registry, named, at, options)).publishedAt !== 0) return
  const { cid, document } = named
  const rule = `${cid} is not recorded, so ${document.slug} is not to name it`
  throw new ArchiveError('NOT_FOUND', rule, { name: String(cid) }, { hint: 'publish it first' })
}

/** The ref that names a document: its slug's, or for a notice the leaf of what it is about. */
export const refNaming = (document: TrendDocument): Bytes32 =>
  document.type === 'notice' ? leafOf(toBytes32(parseCid(document.of))) : refOf(document.slug)

/** The versions after `target` up to `from`. @throws BROKEN_LINEAGE when `from` does not lead back to it */
async function between(
  { sources }: WritePorts,
  from: TrendCid,
  target: Named,
  options: Abortable
): Promise<readonly TrendCid[]> {
  const library = libraryOf(sources, options)
  const skipped: TrendCid[] = []
  let here: Named | Gap | undefined = insist(await library(from), from)
  while (here !== undefined && !isGap(here) && !here.cid.equals(target.cid)) {
    skipped.push(here.cid)
    here = await previousOf(library, here)
  }
  if (here !== undefined && !isGap(here)) return skipped
  const rule = here === undefined ? `${from} does not lead back to ${target.cid}` : here.gap
  throw new ArchiveError('BROKEN_LINEAGE', rule, { cid: String(from), rule })
}
