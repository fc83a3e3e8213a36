import { type Block, toBlock } from '../block/block.ts'
import { toBytes32 } from '../block/cid.ts'
import type { Draft, TrendDocument } from '../document/document.ts'
import { type Address, type Publisher, parsePublisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Progress } from '../options.ts'
import type { DocumentMessage } from '../registry/typed-data.ts'
import type { Named } from '../verdict/library.ts'
import type { Statement } from '../verdict/statement.ts'
import { counter } from './advance.ts'
import { pinAll } from './pin-all.ts'
import { openScene, type PlanOptions, planVersions, type Step } from './plan.ts'
import type { StatePorts } from './ports.ts'
import { isAddition, keep, type PublishEvent } from './publish.ts'

export interface StateOptions extends Omit<PlanOptions, 'onProgress'>, Progress<PublishEvent> {
  /** Only plan: nothing is pinned or signed. */
  readonly dryRun?: boolean | undefined
}

/** A document, what its publisher signs about it, and the statement if it did. */
export interface Stated {
  readonly named: Named
  readonly message: DocumentMessage
  /** Absent where nobody signed yet: a dry run, or a wallet elsewhere. */
  readonly statement: Statement | undefined
}

/** What stating did: a step a draft, in their order, and then what was stated of each draft and each document. */
export interface Stating {
  readonly steps: readonly Step[]
  readonly stated: readonly Stated[]
}

/** What is to be stood by: drafts that become documents as by `publish`, and documents that are complete already. */
export interface Subjects {
  readonly drafts?: readonly Draft[] | undefined
  readonly documents?: readonly TrendDocument[] | undefined
}

/**
 * States that a publisher stands by documents, off the chain: each is pinned and signed for, and nothing is sent. Only
 * the publisher's own signature says so; an editor's says nothing.
 * @throws INVALID_DOCUMENT, INVALID_OPTION when the account is not the publisher, NO_ACCOUNT, PIN_FAILED,
 * BLOCK_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function state(
  ports: StatePorts,
  { drafts = [], documents = [] }: Subjects,
  options: StateOptions = {}
): Promise<Stating> {
  const scene = await openScene(ports, options)
  const { registry } = ports
  const own = toPublisher(registry.chain, registry.account)
  for (const publisher of [scene.publisher, ...documents.map((document) => document.publisher)]) {
    if (publisher !== own) throw notOwn(publisher, own)
  }
  const steps = await planVersions(scene, drafts)
  const complete = await Promise.all(documents.map(namedBlock))
  const named = [...steps.map((step) => step.named), ...complete.map((one) => one.named)]
  const unsigned = named.map((one): Stated => ({ named: one, message: messageOf(one), statement: undefined }))
  if (options.dryRun || named.length === 0) return { steps, stated: unsigned }
  const additions = steps.filter(isAddition)
  if (additions.length > 0) await keep(ports, additions, options)
  await pinAll(
    ports,
    complete.map(({ block }) => block),
    options
  )
  const place = { chain: registry.chain, registry: registry.address.toLowerCase() as Address }
  const count = counter(options.onProgress, 'signing', ports.signDocument === undefined ? 0 : named.length)
  const stated: Stated[] = []
  for (const one of unsigned) {
    options.signal?.throwIfAborted()
    const signature = await ports.signDocument?.(one.message, options)
    const { publisher } = one.message
    stated.push({ ...one, statement: signature && { ...place, publisher, cid: one.named.cid, signature } })
    if (signature !== undefined) count()
  }
  return { steps, stated }
}

async function namedBlock(document: TrendDocument): Promise<{ readonly named: Named; readonly block: Block }> {
  const block = await toBlock(document)
  return { named: { cid: block.cid, document }, block }
}

const messageOf = ({ cid, document }: Named): DocumentMessage => ({
  publisher: parsePublisher(document.publisher).address,
  digest: toBytes32(cid)
})

function notOwn(publisher: Publisher, own: Publisher): ArchiveError<'INVALID_OPTION'> {
  const rule = `${publisher} alone can state that it stands by its documents, and the account is ${own}`
  return new ArchiveError('INVALID_OPTION', rule, { option: 'publisher', rule })
}
