import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { type Address, parsePublisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import { NONE, type Receipt, type RegistryCall } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import { insist, isGap, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import type { WritePorts } from './ports.ts'

export interface PointOptions extends Abortable {
  /** Whether the versions that are passed over on the way back are retracted in the same transaction. */
  readonly retractSkipped?: boolean | undefined
}

export interface Pointing {
  readonly status: 'moved' | 'unchanged'
  /** What the ref named before. */
  readonly from: TrendCid | undefined
  readonly retracted: readonly TrendCid[]
  readonly receipt: Receipt | undefined
}

/**
 * Moves the ref of a document's slug to it: back to an older version, or on to one that was recorded without its ref.
 * @throws INVALID_OPTION when it is another publisher's, REGISTRY_REJECTED, REGISTRY_UNAVAILABLE, BLOCK_UNAVAILABLE
 */
export async function point(ports: WritePorts, target: Named, options: PointOptions = {}): Promise<Pointing> {
  const { registry } = ports
  const publisher = ownedBy(ports, target.document)
  const at = await registry.block('latest', options)
  const ref = refOf(target.document.slug)
  const digest = toBytes32(target.cid)
  const parent = (await registry.head(publisher, ref, at, options)) ?? NONE
  const from = parent === NONE ? undefined : await readHead(ports, parent, options)
  if (parent === digest) return { status: 'unchanged', from: target.cid, retracted: [], receipt: undefined }
  const skipped = options.retractSkipped && from !== undefined ? await between(ports, from, target, options) : []
  const calls: readonly RegistryCall[] = [
    { verb: 'point', publisher, ref, digest, parent },
    ...skipped.map((cid): RegistryCall => ({ verb: 'retract', node: leafOf(toBytes32(cid)) }))
  ]
  const receipt = await registry.send(calls, options)
  return { status: 'moved', from: from?.cid, retracted: skipped, receipt }
}

/** The publisher's address, if it is the account that sends. @throws INVALID_OPTION when it is another's document */
export function ownedBy({ registry }: WritePorts, { publisher }: TrendDocument): Address {
  const account = toPublisher(registry.chain, registry.account)
  if (publisher === account) return parsePublisher(publisher).address
  const rule = `the document is ${publisher}'s, and you are ${account}`
  throw new ArchiveError('INVALID_OPTION', rule, { option: 'account', rule })
}

async function readHead({ sources }: WritePorts, head: Bytes32, options: Abortable): Promise<Named> {
  const cid = fromBytes32(head)
  return insist(await libraryOf(sources, options)(cid), cid)
}

/** The versions after `target` up to `from`. @throws BROKEN_LINEAGE when `from` does not lead back to it */
async function between(
  ports: WritePorts,
  from: Named,
  target: Named,
  options: Abortable
): Promise<readonly TrendCid[]> {
  const library = libraryOf(ports.sources, options)
  const skipped: TrendCid[] = []
  let here: Awaited<ReturnType<typeof previousOf>> = from
  while (here !== undefined && !isGap(here) && !here.cid.equals(target.cid)) {
    skipped.push(here.cid)
    here = await previousOf(library, here)
  }
  if (here !== undefined && !isGap(here)) return skipped
  const rule = here === undefined ? `${from.cid} does not lead back to ${target.cid}` : here.gap
  throw new ArchiveError('BROKEN_LINEAGE', rule, { cid: String(from.cid), rule })
}
