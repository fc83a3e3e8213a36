import { type Block, toBlock } from '../block/block.ts'
import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import { type Draft, FILLED, type TrendDocument, type TrendDraft } from '../document/document.ts'
import { complete, type Placement, slugOf } from '../document/draft.ts'
import { instantOf } from '../document/instant.ts'
import { sameContent } from '../document/lineage.ts'
import { type Address, type Publisher, parsePublisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable, Progress } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import { type ChainBlock, NONE, type RegistryRecord } from '../registry/registry.ts'
import { leafOf } from '../registry/tree.ts'
import { insist, isGap, type Library, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import { counter, type PublishAdvance } from './advance.ts'
import { treeOf } from './key.ts'
import { inLanes } from './lanes.ts'
import type { PlanPorts } from './ports.ts'
import { ownRecord, takesRecord } from './recorded.ts'
import { checkMayPublish } from './right.ts'

export interface PlanOptions extends Abortable, Progress<PublishAdvance> {
  /** Whose documents they are; the account may be an editor of theirs. @default the account, on its chain */
  readonly publisher?: Publisher | undefined
  /** Whether a draft that equals an older version becomes a new one, instead of nothing to publish. */
  readonly revert?: boolean | undefined
  /** The time now, in seconds: what `published` says where a draft does not. @default the machine's clock */
  readonly now?: number | undefined
}

/** What publishing one draft would do. */
export type Step = Unchanged | Addition

/** The draft's content is a version already: nothing to publish. */
export interface Unchanged {
  readonly status: 'unchanged'
  readonly slug: string
  readonly named: Named
  /** Whether its publisher took that version back. */
  readonly isRetracted: boolean
}

/** The draft becomes a version: the first, or the one after `after`. */
export interface Addition {
  readonly status: 'new'
  readonly slug: string
  readonly named: Named
  readonly block: Block
  readonly after: Named | undefined
  /** The ref that names it, and what that ref names until then. */
  readonly ref: Bytes32
  readonly parent: Bytes32
  /**
   * Versions under it that were recorded and are no longer, as a reorganisation took them back: oldest first. They are
   * recorded again along with it.
   */
  readonly below: readonly Named[]
  /** Whether it is recorded already and only has to be named: its ref moved back from it, or was deleted. */
  readonly isRecorded: boolean
}

/** Where a plan is made: one block, one publisher, and what has been read already. */
export interface Scene {
  readonly ports: PlanPorts
  readonly publisher: Publisher
  readonly at: ChainBlock
  readonly library: Library
  readonly options: PlanOptions
}

/** A document that is wanted under a ref, by what would place it in its lineage. */
export interface Wanted {
  readonly type: TrendDocument['type']
  readonly slug: string
  readonly ref: Bytes32
  /** The edition series that may name it where the ref does not. */
  readonly series?: string | undefined
  /** Makes the document of a placement, and refuses one that the draft contradicts. */
  readonly fill: Fill
  /** The same without what the tool fills in: what a version with this content would be. */
  readonly alike: Fill
}

/** Makes a document of a placement; `known` is the version it follows, or that it is compared with. */
export type Fill = (placement: Placement, known: TrendDocument | undefined) => TrendDocument

/** Reads the newest block, unless another is given; everything one plan reads of the chain is read there. */
export async function openScene(ports: PlanPorts, options: PlanOptions, at?: ChainBlock): Promise<Scene> {
  const { registry, sources } = ports
  return {
    ports,
    publisher: options.publisher ?? toPublisher(registry.chain, registry.account),
    at: at ?? (await registry.block('latest', options)),
    library: libraryOf(sources, options),
    options
  }
}

/**
 * Plans the publication of drafts without doing any of it.
 * @throws INVALID_DOCUMENT, BLOCK_UNAVAILABLE when a lineage cannot be read, REGISTRY_UNAVAILABLE
 */
export async function plan(
  ports: PlanPorts,
  drafts: readonly Draft[],
  options: PlanOptions = {}
): Promise<readonly Step[]> {
  return await planVersions(await openScene(ports, options), drafts)
}

/** Opens a scene to publish in. @throws REGISTRY_REJECTED when the account may not publish for the publisher */
export async function openOwnScene(
  ports: PlanPorts,
  options: PlanOptions,
  account: Address = ports.registry.account
): Promise<Scene> {
  const scene = await openScene(ports, options)
  await checkMayPublish(ports.registry, scene.publisher, account, scene.at, options)
  return scene
}

/** Plans a version a draft. */
export async function planVersions(scene: Scene, drafts: readonly Draft[]): Promise<readonly Step[]> {
  const wanted = drafts.map(wantedOf)
  refuseTwins(wanted.map(({ slug }) => slug))
  return await planEach(scene, wanted)
}

/** How many are looked up at once: nodes turn away who asks for much more. */
const AT_ONCE = 50

/** Plans a version each. */
export async function planEach(scene: Scene, wanted: readonly Wanted[]): Promise<readonly Step[]> {
  const count = counter(scene.options.onProgress, 'planning', wanted.length)
  return await inLanes(wanted, AT_ONCE, async (one) => {
    const step = await planVersion(scene, one)
    count()
    return step
  })
}

/** What a draft of a trend wants: its slug's ref, filled as the draft says. */
export function wantedOf(draft: Draft): Wanted {
  if (draft.type === 'edition' || draft.type === 'notice') {
    const verb = draft.type === 'edition' ? 'publishEdition' : 'retract'
    throw misplaced('type', `a ${draft.type} is published by ${verb}`)
  }
  const slug = slugOf(draft)
  const plain = withoutFilled(draft)
  return {
    type: 'trend',
    slug,
    ref: refOf(slug),
    series: draft.edition,
    fill: (placement, known) => complete(inSeries(draft, known), placement),
    alike: (placement, known) => complete(inSeries(plain, known), placement)
  }
}

/** A draft that names no edition stays in the series that its document is in. */
function inSeries(draft: TrendDraft, known: TrendDocument | undefined): TrendDraft {
  if (draft.edition !== undefined || known?.type !== 'trend' || known.edition === undefined) return draft
  return { ...draft, edition: known.edition }
}

/** A draft may state what the tool fills in; whether its content is known already does not depend on that. */
export function withoutFilled<Any extends Draft>(draft: Any): Any {
  const filled: readonly string[] = FILLED
  return Object.fromEntries(Object.entries(draft).filter(([field]) => !filled.includes(field))) as Any
}

/** Refuses a batch in which two drafts want one slug. @throws INVALID_DOCUMENT */
export function refuseTwins(slugs: readonly string[]): void {
  const twin = slugs.find((slug, i) => slugs.indexOf(slug) !== i)
  if (twin !== undefined) throw misplaced('slug', `two drafts are called ${twin}: give one another slug`)
}

/** Finds out whether the wanted content is a version already, and makes the next one where it is not. */
export async function planVersion(scene: Scene, wanted: Wanted): Promise<Step> {
  const { present, parent } = await presentOf(scene, wanted)
  const { slug, ref } = wanted
  const twin = await equalVersion(scene, wanted, present)
  const reverts = twin !== undefined && twin !== present && scene.options.revert === true
  if (twin !== undefined && !reverts) {
    const own = await ownRecord(scene.ports.registry, twin, scene.at, scene.options)
    if (takesRecord(twin) && twin === present && own.publishedAt === 0 && own.retractedAt === 0) {
      return await recording(scene, wanted, twin, parent)
    }
    // An edition is recorded under another key than its leaf, which is what is taken back.
    const { retractedAt } = twin.document.type === 'edition' ? await leafRecord(scene, twin) : own
    return { status: 'unchanged', slug, named: twin, isRetracted: retractedAt !== 0 }
  }
  const { pending, below } = await pendingFor(scene, wanted, present)
  const after = below.at(-1) ?? present
  const document = wanted.fill(placeAfter(scene, after, pending), after?.document)
  const block = await toBlock(document)
  const named: Named = { cid: block.cid, document }
  const isRecorded = await standsAlready(scene, named)
  return { status: 'new', slug, named, block, after, ref, parent, below, isRecorded }
}

/** What is named and not recorded lost its record to a reorganisation, or never had one: it is recorded as it is. */
async function recording(scene: Scene, { slug, ref }: Wanted, named: Named, parent: Bytes32): Promise<Addition> {
  const after = await before(scene, named)
  const block = await toBlock(named.document)
  return { status: 'new', slug, named, block, after, ref, parent, below: [], isRecorded: false }
}

const leafRecord = async (
  { ports: { registry }, publisher, at, options }: Scene,
  { cid }: Named
): Promise<RegistryRecord> =>
  await registry.keyed(parsePublisher(publisher).address, leafOf(toBytes32(cid)), at, options)

/** Whether the very bytes are recorded and stand. @throws INVALID_DOCUMENT when the publisher took them back */
async function standsAlready(scene: Scene, named: Named): Promise<boolean> {
  const { publishedAt, retractedAt } = await recordOf(scene, named)
  if (retractedAt === 0) return publishedAt !== 0
  // A disowned record looks retracted too. The publisher may stand by the bytes again through an edition.
  if ((await leafRecord(scene, named)).retractedAt === 0) return false
  const rule = `${named.cid}, which it would become, was taken back for good`
  throw misplaced('published', rule, 'change the text, or state another time')
}

/** What the contract says of a document that was recorded itself. */
const recordOf = async (
  { ports: { registry }, publisher, at, options }: Scene,
  { cid, document }: Named
): Promise<RegistryRecord> => {
  const proof = document.type === 'edition' ? [treeOf(document)] : []
  return await registry.record(parsePublisher(publisher).address, toBytes32(cid), proof, at, options)
}

/** The version that is named now, by the ref or else by the newest edition of the series; and what the ref names. */
async function presentOf(scene: Scene, wanted: Wanted): Promise<{ present: Named | undefined; parent: Bytes32 }> {
  const { address } = parsePublisher(scene.publisher)
  const { registry } = scene.ports
  const { ref, series } = wanted
  const head = await registry.head(address, ref, scene.at, scene.options)
  if (head !== undefined)
    return { present: ownVersion(scene, wanted, await read(scene, fromBytes32(head))), parent: head }
  const edition =
    series === undefined ? undefined : await registry.head(address, refOf(series), scene.at, scene.options)
  const present = edition && (await listedVersion(scene, wanted, await read(scene, fromBytes32(edition))))
  return { present, parent: NONE }
}

/** The version in the newest edition that lists one: an edition may have left it out since. */
async function listedVersion(scene: Scene, wanted: Wanted, newest: Named): Promise<Named | undefined> {
  for (let edition: Named | undefined = newest; edition !== undefined; edition = await before(scene, edition)) {
    const { document } = edition
    const entry = document.type === 'edition' ? document.entries.find(({ slug }) => slug === wanted.slug) : undefined
    if (entry !== undefined) return ownVersion(scene, wanted, await read(scene, parseCid(entry.cid)))
  }
  return undefined
}

/** Publisher, slug and type never change along a lineage, so nothing else can be continued. */
function ownVersion({ publisher }: Scene, { slug, type }: Wanted, named: Named): Named {
  const { document, cid } = named
  if (document.publisher === publisher && document.slug === slug && document.type === type) return named
  const rule = `${slug} names a document that no ${type} of yours can follow: the ${document.type} ${document.slug} of ${document.publisher}`
  const hint = 'choose another slug, or point this one elsewhere first'
  throw new ArchiveError('BROKEN_LINEAGE', rule, { cid: String(cid), rule }, { hint })
}

/** The newest version with the wanted content, looking from the present one back to the first. */
async function equalVersion(scene: Scene, wanted: Wanted, present: Named | undefined): Promise<Named | undefined> {
  for (let here = present; here !== undefined; here = await before(scene, here)) {
    if (isAlike(wanted, here.document)) return here
  }
  return undefined
}

const isAlike = ({ alike }: Wanted, document: TrendDocument): boolean =>
  sameContent(alike(placementOf(document), document), document)

const placementOf = ({ publisher, version, previous, published }: TrendDocument): Placement => ({
  publisher,
  version,
  previous,
  published
})

async function before(scene: Scene, here: Named): Promise<Named | undefined> {
  const below = await previousOf(scene.library, here)
  return below && insist(below, here.cid)
}

interface PendingFound {
  readonly pending: TrendDocument | undefined
  readonly below: readonly Named[]
}

const NOT_PENDING: PendingFound = { pending: undefined, below: [] }

/** What an interrupted run pinned for this ref: its `published` is kept, so that the same bytes come out again. */
async function pendingFor(scene: Scene, wanted: Wanted, present: Named | undefined): Promise<PendingFound> {
  const cid = await scene.ports.pending.get(pendingName(scene.publisher, wanted.slug))
  const found = cid === undefined ? undefined : await scene.library(cid)
  if (found === undefined || isGap(found) || !isAlike(wanted, found.document)) return NOT_PENDING
  const below = await lostBelow(scene, found, present)
  return below === undefined ? NOT_PENDING : { pending: found.document, below }
}

/**
 * The versions between the present one and one that is pending: none where it follows at once. It follows over versions
 * that are not recorded any more, which only a reorganisation brings about; `undefined` where it does not follow.
 */
async function lostBelow(
  scene: Scene,
  pending: Named,
  present: Named | undefined
): Promise<readonly Named[] | undefined> {
  const lost: Named[] = []
  const follows = ({ document: { previous } }: Named): boolean => previous === (present && String(present.cid))
  for (let here = pending; !follows(here); ) {
    const below = await previousOf(scene.library, here)
    if (below === undefined || isGap(below) || !(await isLost(scene, below))) return undefined
    lost.unshift(below)
    here = below
  }
  return lost
}

/** Whether nothing is said of a document on chain; of one that was under way, that it was. */
async function isLost(scene: Scene, named: Named): Promise<boolean> {
  const { publishedAt, retractedAt } = await recordOf(scene, named)
  return publishedAt === 0 && retractedAt === 0
}

export const pendingName = (publisher: Publisher, slug: string): string => `${publisher}/${slug}`

function placeAfter(
  { publisher, options }: Scene,
  present: Named | undefined,
  pending: TrendDocument | undefined
): Placement {
  const seconds = options.now ?? Math.floor(Date.now() / 1000)
  return {
    publisher,
    version: (present?.document.version ?? 0) + 1,
    previous: present === undefined ? undefined : String(present.cid),
    published: pending?.published ?? instantOf(seconds)
  }
}

const read = async ({ library }: Scene, cid: TrendCid): Promise<Named> => insist(await library(cid), cid)

function misplaced(field: string, rule: string, mend?: string): ArchiveError<'INVALID_DOCUMENT'> {
  const path = `$.${field}`
  return new ArchiveError('INVALID_DOCUMENT', `${path}: ${rule}`, { path, rule, issues: [{ path, rule, mend }] })
}
