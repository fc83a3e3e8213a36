import { type Block, toBlock } from '../block/block.ts'
import { toBytes32 } from '../block/cid.ts'
import type { Draft, EditionDraft, TrendDraft } from '../document/document.ts'
import { type Address, parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Progress } from '../options.ts'
import { NONE, type PublishMessage } from '../registry/registry.ts'
import { counter } from './advance.ts'
import { planEdition } from './edition.ts'
import { type OpenedEnvelope, sealEnvelope } from './envelope.ts'
import { treeOf } from './key.ts'
import { type Addition, openOwnScene, type PlanOptions, planVersions, type Scene, type Step } from './plan.ts'
import type { SignPorts } from './ports.ts'
import { isAddition, keep, type PublishEvent } from './publish.ts'

export interface SignOptions extends Omit<PlanOptions, 'onProgress'>, Progress<PublishEvent> {
  /** Until when it may be sent, in seconds since 1970. @default an hour from now, by the chain's clock or the machine's */
  readonly deadline?: number | undefined
  /** Only plan: nothing is pinned or signed. */
  readonly dryRun?: boolean | undefined
}

/** What signing did: a step a draft, in their order, and an envelope for each that is to be recorded. */
export interface Signing {
  readonly steps: readonly Step[]
  readonly envelopes: readonly OpenedEnvelope[]
}

export interface SignEditionOptions extends SignOptions {
  /**
   * Whether each new member is signed for on its own too, so that its own slug names it. One whose slug names an older
   * version is in any case: that would be taken for the newest.
   * @default false
   */
  readonly refs?: boolean | undefined
}

export interface EditionSigning extends Signing {
  /** What became of the edition itself; `steps` are its members. */
  readonly edition: Step
}

/** How long a signature is good by default, in seconds. */
export const DEFAULT_LIFE = 3600

/** A signature that lives longer is as good as one without an end. In seconds. */
export const LONGEST_LIFE: number = 30 * 24 * 3600

/**
 * Signs for drafts instead of sending: every one that is new or changed becomes a version, is pinned, and goes into an
 * envelope that anyone may relay until its deadline. The account is the publisher or an editor of theirs.
 *
 * Nothing is pinned before every draft has passed. Signed again, a draft keeps its bytes.
 * @throws INVALID_DOCUMENT, INVALID_OPTION, NO_ACCOUNT, PIN_FAILED, REGISTRY_REJECTED, REGISTRY_UNAVAILABLE
 */
export async function sign(ports: SignPorts, drafts: readonly Draft[], options: SignOptions = {}): Promise<Signing> {
  const scene = await openOwnScene(ports, options)
  const steps = await planVersions(scene, drafts)
  return { steps, envelopes: await seal(ports, scene, steps.filter(isAddition), [], options) }
}

/**
 * Signs for an edition: one message, which vouches for all members by their tree. No pointing can be relayed, so the
 * members' own slugs are named only by messages of their own.
 * @throws as {@link sign}
 */
export async function signEdition(
  ports: SignPorts,
  draft: EditionDraft,
  members: readonly TrendDraft[],
  options: SignEditionOptions = {}
): Promise<EditionSigning> {
  const scene = await openOwnScene(ports, options)
  const { steps, edition } = await planEdition(scene, draft, members)
  const alone = steps.filter(isAddition).filter(({ parent }) => options.refs === true || parent !== NONE)
  const additions = isAddition(edition) ? [...alone, edition] : alone
  return { steps, edition, envelopes: await seal(ports, scene, additions, steps, options) }
}

/** Pins, then signs, one after the other: whoever signs may have to look at each. */
async function seal(
  ports: SignPorts,
  scene: Scene,
  additions: readonly Addition[],
  members: readonly Step[],
  options: SignOptions
): Promise<readonly OpenedEnvelope[]> {
  const deadline = deadlineOf(scene, options)
  for (const addition of additions) refuseRecorded(addition)
  const blocks = await blocksOf(members)
  const envelopes = additions.map((addition) => envelopeOf(scene, addition, blocks, deadline))
  // What is too large for an envelope is found out before anybody signs it.
  for (const envelope of envelopes) sealEnvelope(envelope)
  if (options.dryRun || additions.length === 0) return envelopes
  const listed = members.filter(isAddition)
  await keep(ports, [...new Set([...listed, ...additions])], options)
  const count = counter(options.onProgress, 'signing', ports.signMessage === undefined ? 0 : envelopes.length)
  const signed: OpenedEnvelope[] = []
  for (const envelope of envelopes) {
    options.signal?.throwIfAborted()
    const signature = await ports.signMessage?.(envelope.message, options)
    signed.push({ ...envelope, ...(signature !== undefined && { signature }) })
    if (signature !== undefined) count()
  }
  return signed
}

function envelopeOf(
  { ports: { registry } }: Scene,
  { named, block, ref, parent }: Addition,
  members: ReadonlyMap<string, Block>,
  deadline: bigint
): OpenedEnvelope {
  const { cid, document } = named
  const message: PublishMessage = {
    publisher: parsePublisher(document.publisher).address,
    editor: registry.account,
    ref,
    digest: toBytes32(cid),
    parent,
    tree: treeOf(document),
    deadline
  }
  const entries = document.type === 'edition' ? document.entries : []
  const documents = [block, ...entries.map((entry) => members.get(entry.cid)!)]
  const address = registry.address.toLowerCase() as Address
  return { chain: registry.chain, registry: address, message, documents, named }
}

/** Every member with its bytes, those that are versions already included: a relayer needs nothing else. */
async function blocksOf(members: readonly Step[]): Promise<ReadonlyMap<string, Block>> {
  const blocks = members.map(async (step) => (isAddition(step) ? step.block : await toBlock(step.named.document)))
  return new Map((await Promise.all(blocks)).map((block) => [String(block.cid), block]))
}

/** What is recorded already needs its ref moved and nothing else, and only the account itself can do that. */
function refuseRecorded({ isRecorded, slug, named, below: [lost] }: Addition): void {
  if (lost !== undefined) {
    const rule = `${slug}@${lost.document.version}, which it follows, left the chain: it has to be published again first`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'draft', rule })
  }
  if (!isRecorded) return
  const name = `${slug}@${named.document.version}`
  const rule = `${name} is recorded already and only has to be named, and pointing cannot be relayed`
  throw new ArchiveError(
    'INVALID_OPTION',
    rule,
    { option: 'draft', rule },
    { hint: `trend-archive point ${named.cid}` }
  )
}

/** @throws INVALID_OPTION when the deadline is over, or too far away */
function deadlineOf({ at }: Scene, { deadline, now }: SignOptions): bigint {
  const clock = clockOf(at.timestamp, now)
  if (deadline === undefined) return BigInt(clock + DEFAULT_LIFE)
  if (!Number.isSafeInteger(deadline) || deadline <= clock) throw misjudged('must lie in the future')
  if (deadline > clock + LONGEST_LIFE) throw misjudged('must lie within 30 days')
  return BigInt(deadline)
}

/** The time by which a block to come is stamped: an idle chain lags behind the world, and a test's may be ahead of it. */
export const clockOf = (block: number, now: number = Math.floor(Date.now() / 1000)): number => Math.max(block, now)

function misjudged(rule: string): ArchiveError<'INVALID_OPTION'> {
  const hint = 'an unsent signature is as good as a key for that one document: keep its life short'
  return new ArchiveError('INVALID_OPTION', `the deadline ${rule}`, { option: 'deadline', rule }, { hint })
}
