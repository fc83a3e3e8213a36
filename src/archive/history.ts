import { nextTask } from '../block/abort.ts'
import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import { type DeclaredFinding, misdeclarations } from '../document/declared.ts'
import type { TrendDocument } from '../document/document.ts'
import { type Edit, editsBetween, isContent } from '../document/edits.ts'
import { type Publisher, parsePublisher } from '../document/publisher.ts'
import type { ArchiveError } from '../errors.ts'
import type { Advance, Progress } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import { refOf } from '../registry/ref.ts'
import { type ChainBlock, NONE, type Registry, type RegistryRecord, type Survey } from '../registry/registry.ts'
import type { Glance } from '../verdict/beside.ts'
import { checkedRegistry } from '../verdict/checked-registry.ts'
import { lookAt } from '../verdict/cited.ts'
import { namerInEdition, ownEdition } from '../verdict/editions.ts'
import type { Fallen, NoticeFound, Voucher } from '../verdict/evidence.ts'
import { readNotice } from '../verdict/investigate.ts'
import { insist, isGap, libraryOf, type Named } from '../verdict/library.ts'
import type { Standing } from '../verdict/policy.ts'
import { isRecorded } from '../verdict/registered.ts'
import { isDisowned, merge, type Scene, weigh } from '../verdict/search.ts'
import { descend, type End } from './descend.ts'
import { type Fork, forksOf, type Sighting, seriesOf } from './forks.ts'
import { inLanes } from './lanes.ts'
import type { Name } from './name.ts'
import type { ReadPorts } from './ports.ts'
import { checkNamed, headOf, type ResolveOptions, registryFor } from './resolve.ts'

export interface HistoryOptions extends ResolveOptions, Progress<Advance> {
  /** Documents that may be versions of the same lineage: where they are others, they are forks. Checked, never believed. */
  readonly hints?: readonly TrendCid[] | undefined
}

/** A lineage as far as it can be read, and what does not fit. Everything of the chain is read at one block. */
export interface History {
  readonly publisher: Publisher
  readonly slug: string
  readonly type: TrendDocument['type']
  /** Newest first, from what the ref names, or from the CID that was asked for where the ref does not lead to it. */
  readonly versions: readonly Version[]
  /** Where the way back ends, and why. */
  readonly end: End
  /** Whether every version down to 1 was read, and every edition that may list another. */
  readonly complete: boolean
  /** Other documents that are recorded, named or listed under a number of these. */
  readonly forks: readonly Fork[]
  /** What of the publisher's editions could not be read. */
  readonly gaps: readonly string[]
  /** What the ref names. */
  readonly head: TrendCid | undefined
  readonly registry: Pick<Registry, 'chain' | 'address' | 'trust'>
  readonly block: ChainBlock
  /** Whether that block was still canonical when everything had been read. */
  readonly canonical: boolean
}

export interface Version {
  readonly cid: TrendCid
  readonly document: TrendDocument
  /** What the chain says of this version alone; a version recorded through an edition has no record of its own. */
  readonly record: RegistryRecord
  /** Whether its ref, or without one the newest edition that stands, names it now. */
  readonly named: boolean
  readonly recorded: Recorded
  readonly standing: VersionStanding
  /** When it was taken back, in seconds; 0 when it was not. */
  readonly retractedAt: number
  /** The publisher's word about it. */
  readonly notice: NoticeFound | undefined
  /** What that says to read instead, and how it stands. */
  readonly instead: Glance | undefined
  /** What it did to the version before; nothing where that was not read. */
  readonly edits: readonly Edit[]
  /** Where what it declares of its change is not so. */
  readonly declared: readonly DeclaredFinding[]
}

/**
 * How a version is on record: alone · an edition lists it · only a later version, or merely named one, leads back to it by
 * hashes · its ref names it and no record does · not at all.
 */
export type Recorded =
  | { readonly how: 'alone' | 'edition'; readonly root: TrendCid; readonly record: RegistryRecord }
  | { readonly how: 'lineage'; readonly root: TrendCid; readonly record: RegistryRecord | undefined }
  | { readonly how: 'named' | 'nobody' }

/** As a verdict has it; `disowned` where only editors recorded it whom the publisher has disowned. */
export type VersionStanding = Standing | 'disowned' | 'unrecorded'

/** How many questions go to the registry at once. */
const SURVEYED = 256
/** How many requests for editions are under way at once. */
const AT_ONCE = 16

/**
 * The versions of a lineage with how each is recorded and stands, checked link by link down to the first. What is missing,
 * broken or forked is told and ends nothing else.
 * @throws NOT_FOUND, BLOCK_UNAVAILABLE when nothing of it can be read, BROKEN_LINEAGE when the ref names a foreign document
 * @throws REGISTRY_UNAVAILABLE
 */
export async function history(ports: ReadPorts, name: Name, options: HistoryOptions = {}): Promise<History> {
  const { scene, library, subject, head, publisher } = await openHistory(ports, name, options)
  const namer = head ?? (await namerWithoutRef(scene, subject))
  const top = namer === undefined || namer.equals(subject.cid) ? undefined : await library(namer)
  const above = top === undefined || isGap(top) ? undefined : await descend(library, top, options)
  const leads = above?.versions.some(({ cid }) => cid.equals(subject.cid)) ?? false
  const { versions: walked, end } = leads ? above! : await descend(library, subject, options)
  const series = await seriesOf(scene, walked)
  const forks = await forksOf(library, walked, {
    named: leads ? [] : (above?.versions ?? []),
    listed: series.sightings,
    hints: options.hints ?? []
  })
  const surveys = await surveyAll(scene, [...walked.map(({ cid }) => cid), ...forks.map(({ cid }) => cid)])
  const weighed = await inLanes(
    walked,
    AT_ONCE,
    async (named, i) => await weighVersion(scene, named, surveys[i]!, series.sightings)
  )
  const notices = await Promise.all(
    walked.map(async (named, i) => {
      const { notice } = surveys[i]!
      return notice && (await readNotice(scene, named, fromBytes32(notice)))
    })
  )
  const instead = await readInstead(ports, notices, options)
  const { registry, at } = scene
  const attested = attestations(walked, weighed, namer)
  const compared = await compareAll(walked, end, options)
  return {
    publisher,
    slug: subject.document.slug,
    type: subject.document.type,
    versions: walked.map((named, i): Version => {
      const { record, retractedAt } = weighed[i]!
      const recorded = attested[i]!
      const isNamed = namer?.equals(named.cid) ?? false
      return {
        ...named,
        record,
        named: isNamed,
        recorded,
        standing: standingOf(weighed[i]!, recorded, isNamed, namer),
        retractedAt,
        notice: notices[i],
        instead: instead[i],
        ...compared[i]!
      }
    }),
    end,
    complete: end.at === 'first' && series.gaps.length === 0,
    forks: forks.map((fork, i) => withRecord(fork, surveys[walked.length + i]!)),
    gaps: series.gaps,
    head,
    registry: { chain: registry.chain, address: registry.address, trust: registry.trust },
    block: at,
    canonical: (await registry.block(at.number, options)).hash === at.hash
  }
}

interface Opened {
  readonly scene: Scene
  readonly library: Scene['library']
  readonly subject: Named
  readonly head: TrendCid | undefined
  readonly publisher: Publisher
}

async function openHistory(ports: ReadPorts, name: Name, options: HistoryOptions): Promise<Opened> {
  const library = libraryOf(ports.sources, options)
  if (name.by === 'ref') {
    const { registry: unchecked, at, head } = await headOf(ports, { ...name, version: undefined }, options)
    const subject = insist(await library(head), head)
    checkNamed(name, subject.document, head)
    const registry = checkedRegistry(unchecked)
    return { ...sceneOf(registry, at, library, name.publisher, options), library, subject, head }
  }
  const subject = insist(await library(name.cid), name.cid)
  const { publisher } = subject.document
  const registry = checkedRegistry(registryFor(ports, publisher))
  const at = await registry.block(options.tag ?? tagOf(registry.chain), options)
  const opened = sceneOf(registry, at, library, publisher, options)
  return { ...opened, library, subject, head: await headNaming(opened.scene, subject, library) }
}

const sceneOf = (
  registry: Registry,
  at: ChainBlock,
  library: Scene['library'],
  publisher: Publisher,
  options: HistoryOptions
): Pick<Opened, 'scene' | 'publisher'> => ({
  scene: {
    registry: rememberingEditors(registry),
    library,
    at,
    options,
    publisher: parsePublisher(publisher).address,
    editions: new Map()
  },
  publisher
})

/** One editor may have recorded every version, and all is read at one block. */
function rememberingEditors(registry: Registry): Registry {
  const known = new Map<string, Promise<bigint>>()
  return {
    ...registry,
    editorUntil: (publisher, editor, at, options) => {
      const until = known.get(editor) ?? registry.editorUntil(publisher, editor, at, options)
      known.set(editor, until)
      return until
    }
  }
}

/** What the ref of a document's lineage names, where that is one of the same lineage. */
async function headNaming(
  { registry, publisher, at, options }: Scene,
  { document }: Named,
  library: Scene['library']
): Promise<TrendCid | undefined> {
  const digest =
    document.type === 'notice'
      ? await registry.notice(publisher, toBytes32(parseCid(document.of)), at, options)
      : await registry.head(publisher, refOf(document.slug), at, options)
  if (digest === undefined) return undefined
  const head = fromBytes32(digest)
  const found = await library(head)
  const { publisher: own, slug, type } = document
  if (isGap(found)) return head
  const is = found.document
  return is.publisher === own && is.slug === slug && is.type === type ? head : undefined
}

async function namerWithoutRef(scene: Scene, { document }: Named): Promise<TrendCid | undefined> {
  const namer = await namerInEdition(scene, document)
  return 'cid' in namer ? namer.cid : undefined
}

/** What the chain says of each, with as few requests as a reader of it needs. */
async function surveyAll(scene: Scene, cids: readonly TrendCid[]): Promise<readonly Survey[]> {
  const { registry, publisher, at, options } = scene
  const surveys: Survey[] = []
  for (let i = 0; i < cids.length; i += SURVEYED) {
    const questions = cids.slice(i, i + SURVEYED).map((cid) => ({ digest: toBytes32(cid), ref: NONE }))
    surveys.push(...(await registry.survey(publisher, questions, at, options)))
  }
  return surveys
}

interface Weighed {
  readonly record: RegistryRecord
  readonly vouchers: readonly Voucher[]
  readonly fallen: readonly Fallen[]
  /** When the leaf was retracted, or else what recorded it. */
  readonly retractedAt: number
}

async function weighVersion(
  scene: Scene,
  named: Named,
  { record }: Survey,
  sightings: readonly Sighting[]
): Promise<Weighed> {
  const own = merge(await weigh(scene, 'record', named.cid, record), await ownEdition(scene, named))
  const listing = sightings.filter(({ entry }) => entry.cid === String(named.cid))
  const vouchers = [...(own.vouchers ?? []), ...listing.flatMap((one) => one.vouchers)].filter(isRecorded)
  const fallen = [...(own.fallen ?? []), ...listing.flatMap((one) => one.fallen)]
  const leaf = await leafRetractedAt(scene, toBytes32(named.cid), record)
  const since = vouchers.length > 0 ? [] : fallen.filter(({ by }) => by === 'retraction')
  return {
    record,
    vouchers,
    fallen,
    retractedAt: leaf !== 0 ? leaf : Math.max(0, ...since.map((one) => one.record.retractedAt))
  }
}

/** A disowned record looks as if its leaf were retracted; below a node that holds nothing, only a retraction shows. */
async function leafRetractedAt(scene: Scene, digest: Bytes32, record: RegistryRecord): Promise<number> {
  if (record.retractedAt === 0 || !(await isDisowned(scene, record))) return record.retractedAt
  const { registry, publisher, at, options } = scene
  return (await registry.record(publisher, digest, [NONE], at, options)).retractedAt
}

/** How each version is on record; what stands, or is named, attests those before it by their hashes. */
function attestations(
  versions: readonly Named[],
  weighed: readonly Weighed[],
  namer: TrendCid | undefined
): readonly Recorded[] {
  let later: Extract<Recorded, { readonly how: 'lineage' }> | undefined
  return versions.map(({ cid }, i): Recorded => {
    const { vouchers, fallen, retractedAt } = weighed[i]!
    const first = earliest(vouchers) ?? earliest(fallen)
    const isNamed = namer?.equals(cid) ?? false
    const above = later
    const stands = retractedAt === 0 && (vouchers.length > 0 || isNamed)
    const { record } = earliest(vouchers) ?? {}
    if (stands && (record !== undefined || later?.record === undefined)) later = { how: 'lineage', root: cid, record }
    if (first !== undefined) {
      return { how: first.how === 'edition' ? 'edition' : 'alone', root: first.root, record: first.record }
    }
    return isNamed ? { how: 'named' } : (above ?? { how: 'nobody' })
  })
}

type WithRecord = Voucher & { readonly record: RegistryRecord }

const earliest = (vouchers: readonly Voucher[]): WithRecord | undefined =>
  vouchers
    .filter((one): one is WithRecord => one.record !== undefined)
    .toSorted((a, b) => a.record.publishedAt - b.record.publishedAt)[0]

function standingOf(
  { vouchers, fallen, retractedAt }: Weighed,
  { how }: Recorded,
  isNamed: boolean,
  namer: TrendCid | undefined
): VersionStanding {
  if (retractedAt !== 0) return 'retracted'
  if (fallen.length > 0 && vouchers.length === 0) return 'disowned'
  if (how === 'nobody') return 'unrecorded'
  if (isNamed) return 'current'
  return namer === undefined ? 'unnamed' : 'superseded'
}

type Compared = Pick<Version, 'edits' | 'declared'>

/** What each version did to the one before it. Long texts take their time, so an abort is heard between two versions. */
async function compareAll(
  versions: readonly Named[],
  end: End,
  { signal }: HistoryOptions
): Promise<readonly Compared[]> {
  const documents = versions.map(({ document }) => document)
  const compared: Compared[] = []
  for (const [i, document] of documents.entries()) {
    await nextTask()
    signal?.throwIfAborted()
    const before = documents[i + 1]
    const earlier = end.at === 'first' ? documents.slice(i + 2) : undefined
    compared.push({
      edits: before === undefined ? [] : editsBetween(before, document).filter(isContent),
      declared: misdeclarations({ document, before, earlier })
    })
  }
  return compared
}

async function readInstead(
  ports: ReadPorts,
  notices: readonly (NoticeFound | undefined)[],
  options: HistoryOptions
): Promise<readonly (Glance | undefined)[]> {
  const wanted = notices.flatMap((notice) => notice?.document?.successor ?? [])
  const glances = await lookAt(ports, wanted, options)
  return notices.map((notice) => {
    const successor = notice?.document?.successor
    return successor === undefined ? undefined : glances[wanted.indexOf(successor)]
  })
}

const withRecord = (fork: Fork, { record }: Survey): Fork => ({ ...fork, record })

/** The error that a history ends with, where it does not end with the first version. */
export const endError = ({ end }: History): ArchiveError | undefined => (end.at === 'first' ? undefined : end.error)
