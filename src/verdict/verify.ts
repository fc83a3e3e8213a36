import { type Block, checkBlock } from '../block/block.ts'
import type { TrendCid } from '../block/cid.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import { decode } from '../document/canonical.ts'
import type { TrendDocument } from '../document/document.ts'
import { parseDocument } from '../document/parse.ts'
import { type Chain, parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { Accounts } from '../registry/accounts.ts'
import { addressOn, deployments, tagOf } from '../registry/deployments.ts'
import { type ChainBlock, FINALITY, type Registry } from '../registry/registry.ts'
import type { Beside } from './beside.ts'
import { checkedRegistry } from './checked-registry.ts'
import { type Deadline, deadlineIn } from './deadline.ts'
import type { BytesFound, ChainEvidence, Evidence, LineageFound, Namer, Reading, SignatureFound } from './evidence.ts'
import type { Hints } from './hints.ts'
import { investigate } from './investigate.ts'
import { judge, type Verdict } from './judge.ts'
import { isGap, type Library, libraryOf, MAX_HOPS, type Named, previousOf } from './library.ts'
import { highestFor, type Lesson, learned, violationIn, weightOf } from './memory.ts'
import { type Opening, openEarly } from './opening.ts'
import type { Policy } from './policy.ts'
import { sameLineage } from './search.ts'
import type { Statement } from './statement.ts'
import type { Watermarks } from './watermarks.ts'

export interface VerifyPorts {
  readonly sources: readonly BlockSource[]
  /** The registries that are pinned, one a chain; the document's publisher says which is asked. */
  readonly registries: readonly Registry[]
  readonly watermarks?: Watermarks | undefined
  /** Who says what accounts say of signatures, one a chain. Without any, only keys can be looked at. */
  readonly accounts?: readonly Accounts[] | undefined
}

/** What to verify: a CID, or bytes that are claimed to be it. */
export interface Subject {
  readonly cid: TrendCid
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined
  readonly hints?: Hints | undefined
  /** Its publisher's signatures, where it may not be recorded: 16 at most are looked at. */
  readonly statements?: readonly Statement[] | undefined
}

export interface VerifyOptions extends Abortable {
  readonly policy?: Policy | undefined
  /** The time now, in seconds. @default the machine's clock */
  readonly now?: number | undefined
  /**
   * Milliseconds until the verdict is given on what was found by then; what is missing then is unknown, and never verified.
   * @default 30_000
   */
  readonly timeout?: number | undefined
  /** What looks beside the document, e.g. `lookBeside`: more requests, and only warnings come of it. */
  readonly beside?: LookBeside | undefined
}

/** Looks at what stands beside a document while its chain is read. */
export type LookBeside = (
  at: {
    readonly ports: VerifyPorts
    readonly library: Library
    readonly named: Named
    readonly chain: Promise<Evidence['chain']>
  },
  options: Abortable
) => Promise<Beside>

export const TIMEOUT = 30_000

/**
 * Judges whether the publisher that a document names stands by it.
 *
 * A bad document, a lying gateway and a dead node are verdicts, not errors: this throws only when `signal` aborts.
 * @throws UNSUPPORTED_RUNTIME where there is no `crypto.subtle`, so that nothing could be judged
 */
export async function verify(ports: VerifyPorts, subject: Subject, options: VerifyOptions = {}): Promise<Verdict> {
  return await conclude(ports, await gather(ports, subject, options), options.policy)
}

/** Judges, and remembers what the verdict teaches. */
export async function conclude(ports: VerifyPorts, evidence: Evidence, policy: Policy | undefined): Promise<Verdict> {
  const verdict = judge(evidence, policy)
  const lesson = lessonOf(evidence, verdict)
  if (lesson !== undefined) await ports.watermarks?.learn(verdict.publisher!, (before) => learned(before, lesson))
  return verdict
}

/** What is to be remembered of a verdict, if anything. */
function lessonOf({ chain, now }: Evidence, { status, document, checks }: Verdict): Lesson | undefined {
  if (document === undefined || chain === undefined || !('block' in chain)) return undefined
  const { block, recalled, trust, named, given } = chain
  const isSettled = checks.some(({ name, outcome }) => name === 'finality' && outcome === 'pass')
  // A block that is not final may go again; remembered, it would make a later reading at a final one look old.
  const isAccepted = status !== 'inconclusive' && isSettled && block.finality === 'final' && given !== true
  const violation = recalled?.violation
  if (!isAccepted && violation === undefined) return undefined
  const accepted = isAccepted ? block : undefined
  return { accepted, slug: document.slug, named, violation, trust, weight: weightOf(chain), now }
}

/** Collects what {@link judge} weighs: the bytes, what they say, and what their home chain says of them. */
export async function gather(ports: VerifyPorts, subject: Subject, options: VerifyOptions = {}): Promise<Evidence> {
  const deadline = deadlineIn(options.timeout ?? TIMEOUT, options)
  try {
    return await gatherBy(deadline, ports, subject, options)
  } finally {
    deadline.end()
  }
}

async function gatherBy(
  { signal, within }: Deadline,
  ports: VerifyPorts,
  subject: Subject,
  { timeout = TIMEOUT, ...asked }: VerifyOptions
): Promise<Evidence> {
  const { cid } = subject
  const now = asked.now ?? nowInSeconds()
  const options = { ...asked, now, signal }
  const opening = openEarly(ports.registries, options)
  try {
    const found = await within(
      () => readSubject(ports.sources, subject, options),
      () => lateBytes(timeout)
    )
    const { named, ...read } = found
    if (named === undefined) return { cid, ...read, chain: undefined, now }
    const library = libraryOf(ports.sources, options, [named])
    const reader: Reader = { library, open: opening.open, close: isCanonical }
    const reading = within(
      () => readHome(ports, reader, named, subject, options),
      () => lateHome(named, timeout)
    )
    const [home, beside] = await Promise.all([
      reading,
      // Apart from the rest, so that what is late here makes nothing unknown there.
      within<Beside | undefined>(
        async () =>
          await options.beside?.({ ports, library, named, chain: reading.then(({ chain }) => chain) }, options),
        () => undefined
      )
    ])
    return { cid, ...read, ...home, now, beside }
  } finally {
    opening.stop()
  }
}

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000)

/** What is found of a document within a time that was too short for its bytes. */
export const lateBytes = (timeout: number): Found => ({
  bytes: { found: 'none', why: `no source delivered it within ${timeout} ms` },
  reading: undefined,
  named: undefined
})

/** What is found of a document beside its bytes. */
export type Home = Omit<Evidence, keyof Found | 'cid' | 'now' | 'beside'>

/** What is found within a time that was too short for it. */
export const lateHome = ({ document }: Named, timeout: number): Home => ({
  chain: {
    chain: parsePublisher(document.publisher).chain,
    silent: `not everything could be read within ${timeout} ms`
  }
})

/** Reads what there is of a document beside its bytes. */
export async function readHome(
  ports: VerifyPorts,
  reader: Reader,
  named: Named,
  subject: Subject,
  options: VerifyOptions & { readonly now: number }
): Promise<Home> {
  const chain = await readChain(ports, reader, named, subject, options)
  return { chain, signatures: await readStatements(ports, named, subject, chain, options) }
}

/** What is found under a CID: whether there are bytes, what they say, and the document where they say one. */
export interface Found extends Pick<Evidence, 'bytes' | 'reading'> {
  readonly named: Named | undefined
}

/** From a CID to a document. */
export async function readSubject(
  sources: readonly BlockSource[],
  subject: Subject,
  options: Abortable
): Promise<Found> {
  const { bytes, block } = await findBytes(sources, subject, options)
  if (block === undefined) return { bytes, reading: undefined, named: undefined }
  const reading = read(block.bytes)
  const named = 'document' in reading ? { cid: subject.cid, document: reading.document } : undefined
  return { bytes, reading, named }
}

async function findBytes(
  sources: readonly BlockSource[],
  { cid, bytes }: Subject,
  options: Abortable
): Promise<{ readonly bytes: BytesFound; readonly block: Block | undefined }> {
  if (bytes !== undefined) {
    const block = await checkBlock(cid, bytes)
    return { bytes: { found: block === undefined ? 'other' : 'matching' }, block }
  }
  try {
    return { bytes: { found: 'matching' }, block: await fetchBlock(sources, cid, options) }
  } catch (error) {
    if (!isArchiveError(error) || isArchiveError(error, 'UNSUPPORTED_RUNTIME')) throw error
    return { bytes: { found: 'none', why: error.message }, block: undefined }
  }
}

function read(bytes: Uint8Array<ArrayBuffer>): Reading {
  const step = <Value>(flawed: 'canonical' | 'schema', work: () => Value): Value | Reading => {
    try {
      return work()
    } catch (flaw) {
      if (!isArchiveError(flaw)) throw flaw
      return { flawed, flaw }
    }
  }
  const value = step('canonical', () => ({ json: decode(bytes) }))
  if (!('json' in value)) return value
  return step<{ document: TrendDocument }>('schema', () => ({ document: parseDocument(value.json) }))
}

/** How a chain is read: with which documents at hand, from which blocks on, and what is asked in the end. */
export interface Reader {
  readonly library: Library
  readonly open: (registry: Registry) => Promise<Opening>
  /** Whether the block was still canonical after everything had been read at it. */
  readonly close: (registry: Registry, block: ChainBlock, options: Abortable) => Promise<boolean>
}

/** What the document's home chain says of it, read through the pinned registry of that chain. */
async function readChain(
  { registries, watermarks }: VerifyPorts,
  { library, open, close }: Reader,
  named: Named,
  { hints }: Subject,
  options: VerifyOptions & { readonly now: number }
): Promise<ChainEvidence> {
  const { publisher } = named.document
  const { chain } = parsePublisher(publisher)
  const pinned = registries.find((candidate) => candidate.chain === chain)
  if (pinned === undefined) return { chain, silent: `no registry is known for ${chain}` }
  const registry = checkedRegistry(pinned)
  const { given } = registry
  // A block that the caller named is as old as it is, and nothing is learned from it about the chain's present.
  const marks = given ? undefined : watermarks
  try {
    const [{ block, newest, untagged }, memory] = await Promise.all([open(registry), marks?.recall(publisher)])
    const ports = { registry, library }
    const readAndClose = async () => {
      const [judged, latest, violation] = await Promise.all([
        investigate(ports, named, block, hints, options),
        block.hash === newest.hash ? undefined : investigate(ports, named, newest, hints, options),
        memory && violationIn(registry, memory, block, options)
      ])
      return { judged, latest, violation, canonical: await close(registry, block, options) }
    }
    const [{ judged, latest, violation, canonical }, lineage] = await Promise.all([
      readAndClose(),
      walkLineage(library, named)
    ])
    const highest = memory && highestFor(memory, weightOf(registry))
    const version = marks && (await versionNamed(library, named, judged.namer))
    const { version: seen = 0 } = memory?.versions.get(named.document.slug) ?? {}
    return {
      chain,
      registry: registry.address,
      trust: registry.trust,
      mode: registry.mode,
      readers: registry.readers,
      usual: FINALITY[tagOf(chain)],
      given,
      test: deployments[chain]?.test,
      block,
      untagged,
      canonical,
      seenHigher: highest !== undefined && highest > block.number ? highest : undefined,
      named: version,
      recalled: { violation, newer: version !== undefined && seen > version ? { seen, named: version } : undefined },
      judged,
      latest,
      lineage
    }
  } catch (error) {
    return silence(chain, error)
  }
}

/** What looks at signatures is loaded where there are any. */
async function readStatements(
  { registries, accounts }: VerifyPorts,
  named: Named,
  { statements = [] }: Subject,
  evidence: ChainEvidence,
  options: Abortable
): Promise<readonly SignatureFound[]> {
  if (statements.length === 0) return []
  const { weighStatements } = await import('./signatures.ts')
  const { chain } = evidence
  const { address = addressOn(chain), mode, readers } = registries.find((one) => one.chain === chain) ?? {}
  const witness = {
    registry: address,
    mode,
    readers,
    accounts: accounts?.find((one) => one.chain === chain),
    at: 'block' in evidence ? evidence.block : undefined
  }
  return await weighStatements(statements, named, witness, options)
}

/** A chain that was not to be read, and why; whatever else was thrown is thrown on. */
export function silence(chain: Chain, error: unknown): ChainEvidence {
  if (isArchiveError(error, 'REGISTRY_UNAVAILABLE')) return { chain, silent: error.message }
  if (!isArchiveError(error, 'REGISTRY_DISAGREES')) throw error
  const { question, answers } = error.details
  return { chain, silent: error.message, disagreement: { question, answers } }
}

/** Whether a block is still canonical: the last thing that is asked. @throws REGISTRY_UNAVAILABLE */
export async function isCanonical(registry: Registry, block: ChainBlock, options: Abortable): Promise<boolean> {
  if (registry.isCanonical !== undefined) return await registry.isCanonical(block, options)
  return (await registry.block(block.number, options)).hash === block.hash
}

/** Which version is named, where that is known without asking anybody who was not asked anyway. */
async function versionNamed(library: Library, { document }: Named, namer: Namer): Promise<number | undefined> {
  if (namer.by === 'edition') return namer.version
  if (namer.by !== 'ref' || document.type === 'notice') return undefined
  const found = await library(namer.cid)
  return isGap(found) || !sameLineage(found.document, document) ? undefined : found.document.version
}

async function walkLineage(library: Library, named: Named): Promise<LineageFound> {
  let here = named
  for (let versions = 1; versions <= MAX_HOPS; versions++) {
    const below = await previousOf(library, here)
    if (below === undefined) return { found: 'walked', versions }
    if (isGap(below)) return below.broken ? { found: 'broken', rule: below.gap } : { found: 'gap', why: below.gap }
    here = below
  }
  return { found: 'gap', why: `more than ${MAX_HOPS} versions` }
}
