import { type TrendCid, toBytes32 } from '../block/cid.ts'
import type { PendingEntry } from '../block/pending.ts'
import type { Draft } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Progress } from '../options.ts'
import type { ChainBlock, Cost, Receipt, RegistryCall, SendEvent } from '../registry/registry.ts'
import { counter, type PublishAdvance } from './advance.ts'
import { seeThrough } from './deed.ts'
import { treeOf } from './key.ts'
import { checkSinks, type PinEvent, pinAll } from './pin-all.ts'
import {
  type Addition,
  openOwnScene,
  openScene,
  type PlanOptions,
  pendingName,
  planVersions,
  type Step
} from './plan.ts'
import type { WritePorts } from './ports.ts'
import { ownRecord, takesRecord } from './recorded.ts'
import { type Settled, type WaitEvent, type WaitOptions, waits } from './wait.ts'

export type PublishEvent =
  | { readonly type: 'planned'; readonly slug: string; readonly status: Step['status']; readonly cid: TrendCid }
  | PublishAdvance
  | PinEvent
  | SendEvent
  | WaitEvent
  | { readonly type: 'recorded'; readonly documents: number; readonly receipt: Receipt }

export interface PublishOptions
  extends Omit<PlanOptions, 'onProgress'>,
    Omit<WaitOptions, 'onProgress'>,
    Progress<PublishEvent> {
  /** Only plan and estimate: nothing is pinned or sent. */
  readonly dryRun?: boolean | undefined
  /** Hears what is about to be added, before anything is pinned or signed; what it throws stops that. */
  readonly onPlanned?: ((additions: readonly Addition[]) => void) | undefined
}

/** What a publish did: a step a draft, in their order, and the transactions it took – none where nothing was new. */
export interface Publication {
  readonly steps: readonly Step[]
  readonly receipts: readonly Receipt[]
  /** What it would cost; on a dry run with something to publish only. */
  readonly cost: Cost | undefined
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

/** How many publications go into one transaction: about 10 million gas of first versions. */
const BATCH = 200

/**
 * Publishes drafts: every one that is new or changed becomes a version, pinned first and then recorded and named by
 * its ref. What is a version already is left alone, so running it again changes nothing.
 *
 * Nothing is pinned or sent before every draft has passed. After an interruption the same call ends in the same state.
 * With `wait` it goes on until all of it is safe or final, what was published before included.
 * @throws INVALID_DOCUMENT, PIN_FAILED, REGISTRY_REJECTED, REGISTRY_UNAVAILABLE, BLOCK_UNAVAILABLE
 * @throws TRANSACTION_PENDING, FEE_TOO_HIGH, NOT_SETTLED
 */
export async function publish(
  ports: WritePorts,
  drafts: readonly Draft[],
  options: PublishOptions = {}
): Promise<Publication> {
  await settle(ports, options)
  return await insist(ports, options, {
    async work(telling) {
      const steps = await planVersions(await openOwnScene(ports, options), drafts)
      const batches = batchesOf(steps.filter(isAddition), BATCH)
      const calls = batches.map((batch) => batch.flatMap(publications))
      return await carryOut(ports, steps, batches, calls, telling)
    },
    planAt: async (at) => await planVersions(await openScene(ports, silent(options), at), drafts),
    stepsOf: ({ steps }) => steps,
    withSteps: (publication, steps) => ({ ...publication, steps })
  })
}

/** A publication as it is carried out, once or more often. */
export interface Insisting<Done> {
  readonly work: (options: CarryOptions) => Promise<Done>
  /** What it would come to at another block. */
  readonly planAt: (at: ChainBlock) => Promise<readonly Step[]>
  readonly stepsOf: (done: Done) => readonly Step[]
  readonly withSteps: (done: Done, steps: readonly Step[]) => Done
}

/** Publishes, and with `wait` as often as a reorganisation takes that back: under the same CIDs. */
export async function insist<Done extends Publication>(
  ports: WritePorts,
  options: PublishOptions,
  { work, planAt, stepsOf, withSteps }: Insisting<Done>
): Promise<Done> {
  if (options.dryRun) return await orAnew(ports, options, work)
  const { done, receipts, settled } = await seeThrough<Done>(
    ports.registry,
    {
      async act(before) {
        if (before === undefined) return await orAnew(ports, options, work)
        await ports.pending.set(stepsOf(before).map(noteOf))
        const again = await orAnew(ports, options, work)
        return withSteps(again, stepsOf(again).map(amid(stepsOf(before))))
      },
      receiptsOf: (publication) => publication.receipts,
      async isRecordedAt(publication, at) {
        const recorded = stepsOf(publication)
          .filter(({ named }) => takesRecord(named))
          .map(({ named }) => ownRecord(ports.registry, named, at, options))
        return (await Promise.all(recorded)).every(({ publishedAt }) => publishedAt !== 0)
      },
      async isDoneAt(publication, at) {
        const steps = await planAt(at)
        return stepsOf(publication).every(({ named }, i) => {
          const step = steps[i]!
          return !isAddition(step) && step.named.cid.equals(named.cid)
        })
      }
    },
    options
  )
  if (settled !== undefined) await forgetRecorded(ports, stepsOf(done).map(noteOf))
  return { ...done, receipts, settled }
}

/** What this call published stays published by it where it was found again. */
const amid =
  (before: readonly Step[]) =>
  (step: Step, i: number): Step => {
    const earlier = before[i]
    return earlier?.named.cid.equals(step.named.cid) && isAddition(earlier) ? earlier : step
  }

/** Looking once more is no news. */
export const silent = (options: PublishOptions): PlanOptions => ({ ...options, onProgress: undefined })

/** What a plan is told that may not be carried out to the letter. */
export interface CarryOptions extends PublishOptions {
  /** Hears what is about to be pinned and recorded; what it throws stops that. */
  readonly onKeep?: ((additions: readonly Addition[]) => void) | undefined
}

/**
 * Works, and once more where another process recorded the same in the meantime: planned anew, that is there already.
 * Where it recorded something else, the registry's refusal stands: what this run would add then is not what was planned.
 * What this run recorded itself keeps its error.
 */
export async function orAnew<Done>(
  ports: WritePorts,
  options: PublishOptions,
  work: (options: CarryOptions) => Promise<Done>
): Promise<Done> {
  const planned: PendingEntry[] = []
  let hasRecorded = false
  const onProgress = (event: PublishEvent): void => {
    if (event.type === 'recorded') hasRecorded = true
    options.onProgress?.(event)
  }
  try {
    return await work({ ...options, onProgress, onKeep: (additions) => planned.push(...additions.map(noteOf)) })
  } catch (error) {
    if (hasRecorded || !isOutrun(error)) throw error
    // A node may refuse because of what is not mined yet, and what is planned goes by what is.
    await settle(ports, options)
    const isPlanned = ({ named }: Addition): boolean => planned.some(({ cid }) => cid.equals(named.cid))
    const onKeep = (additions: readonly Addition[]): void => {
      if (!additions.every(isPlanned)) throw error
    }
    const done = await work({ ...options, onKeep })
    if (!waits(options)) await forgetRecorded(ports, planned)
    return done
  }
}

/** Whether the registry refused because something was done in the meantime, perhaps the very same. */
function isOutrun(error: unknown): boolean {
  if (!isArchiveError(error, 'REGISTRY_REJECTED')) return false
  return error.details.reason === 'AlreadyRecorded' || error.details.reason === 'StaleParent'
}

/** What the account sent before may change what there is to do, so nothing is planned while that is under way. */
export async function settle({ registry }: WritePorts, options: PublishOptions): Promise<void> {
  if (!options.dryRun) await registry.settle(options)
}

/** The calls that record an addition, and what was lost under it. */
export function publications(addition: Addition): readonly RegistryCall[] {
  const { below, ref } = addition
  const calls: RegistryCall[] = []
  let { parent } = addition
  for (const { cid, document } of below) {
    const publisher = parsePublisher(document.publisher).address
    const digest = toBytes32(cid)
    calls.push({ verb: 'publish', publisher, ref, digest, parent, tree: treeOf(document) })
    parent = digest
  }
  return [...calls, publication({ ...addition, parent })]
}

/** The call that records an addition, where that is still to do, and moves its ref. */
export function publication({ named, ref, parent, isRecorded }: Addition): RegistryCall {
  const { document, cid } = named
  const publisher = parsePublisher(document.publisher).address
  const move = { publisher, ref, digest: toBytes32(cid), parent }
  if (isRecorded) return { verb: 'point', ...move }
  return { verb: 'publish', ...move, tree: treeOf(document) }
}

/**
 * Pins, then records, one transaction a batch, in that order: the chain must never name bytes that nobody holds.
 * Before anything is pinned its name is noted as pending, so that an interrupted run is continued with the same bytes.
 */
export async function carryOut(
  ports: WritePorts,
  steps: readonly Step[],
  batches: readonly (readonly Addition[])[],
  calls: readonly (readonly RegistryCall[])[],
  options: CarryOptions
): Promise<Publication> {
  const { onProgress, onKeep } = options
  for (const { slug, status, named } of steps) onProgress?.({ type: 'planned', slug, status, cid: named.cid })
  options.onPlanned?.(batches.flat())
  if (options.dryRun) return { steps, receipts: [], cost: await estimate(ports, calls, options) }
  // What may still leave the chain would be published under the same CID again.
  const isOver = !waits(options)
  if (isOver) await forgetRecorded(ports, steps.filter((step) => !isAddition(step)).map(noteOf))
  const receipts: Receipt[] = []
  const additions = batches.flat()
  onKeep?.(additions)
  if (additions.length > 0) await keep(ports, additions, options)
  const count = counter(onProgress, 'recording', additions.length)
  for (const [i, batch] of batches.entries()) {
    options.signal?.throwIfAborted()
    const receipt = await ports.registry.send(calls[i]!, options)
    receipts.push(receipt)
    if (isOver) await ports.pending.clear(batch.map((addition) => noteOf(addition).name))
    onProgress?.({ type: 'recorded', documents: batch.length, receipt })
    count(batch.length)
  }
  return { steps, receipts, cost: undefined }
}

/**
 * Forgets what is recorded already: whoever recorded it may not have lived to see it, and it is not under way any more.
 * A note about other bytes stays, for they may still be wanted.
 */
export async function forgetRecorded(
  { pending }: Pick<WritePorts, 'pending'>,
  recorded: readonly PendingEntry[]
): Promise<void> {
  const noted = await Promise.all(
    recorded.map(async ({ name, cid }) => (await pending.get(name))?.equals(cid) === true)
  )
  const names = recorded.filter((_, i) => noted[i]).map(({ name }) => name)
  if (names.length > 0) await pending.clear(names)
}

/** Notes additions as pending and pins them. @throws PIN_FAILED, INVALID_OPTION where nothing would keep them */
export async function keep(
  ports: Pick<WritePorts, 'sinks' | 'pending'>,
  additions: readonly Addition[],
  options: Abortable & Progress<PublishEvent>
): Promise<void> {
  checkSinks(ports)
  await ports.pending.set(additions.map(noteOf))
  await pinAll(
    ports,
    additions.map(({ block }) => block),
    options
  )
}

/** What several transactions would cost together; nothing where there are none. */
export async function estimate(
  { registry }: Pick<WritePorts, 'registry'>,
  calls: readonly (readonly RegistryCall[])[],
  options: Abortable
): Promise<Cost | undefined> {
  const costs = await Promise.all(calls.map((batch) => registry.estimate(batch, options)))
  const [first] = costs
  const sum = (part: 'gas' | 'fee' | 'maxFee'): bigint => costs.reduce((all, cost) => all + cost[part], 0n)
  return first && { gas: sum('gas'), maxFeePerGas: first.maxFeePerGas, fee: sum('fee'), maxFee: sum('maxFee') }
}

/** The note that a document is under way. */
export const noteOf = ({ named, slug }: Pick<Step, 'named' | 'slug'>): PendingEntry => ({
  name: pendingName(named.document.publisher, slug),
  cid: named.cid
})

export const isAddition = (step: Step): step is Addition => step.status === 'new'

function batchesOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
