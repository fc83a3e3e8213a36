import { type Block, checkBlock } from '../block/block.ts'
import type { TrendCid } from '../block/cid.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import { decode } from '../document/canonical.ts'
import type { TrendDocument } from '../document/document.ts'
import { parseDocument } from '../document/parse.ts'
import { parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { deployments, tagOf } from '../registry/deployments.ts'
import { type BlockTag, type ChainBlock, FINALITY, type Finality, type Registry } from '../registry/registry.ts'
import { checkedRegistry } from './checked-registry.ts'
import { type Deadline, deadlineIn } from './deadline.ts'
import type { BytesFound, ChainEvidence, Evidence, LineageFound, Namer, Reading } from './evidence.ts'
import type { Hints } from './hints.ts'
import { investigate } from './investigate.ts'
import { judge, type Verdict } from './judge.ts'
import { isGap, type Library, libraryOf, MAX_HOPS, type Named, previousOf } from './library.ts'
import { highestFor, type Lesson, learned, violationIn, weightOf } from './memory.ts'
import type { Policy } from './policy.ts'
import { sameLineage } from './search.ts'
import type { Watermarks } from './watermarks.ts'

export interface VerifyPorts {
  readonly sources: readonly BlockSource[]
  /** The registries that are pinned, one a chain; the document's publisher says which is asked. */
  readonly registries: readonly Registry[]
  readonly watermarks?: Watermarks | undefined
}

/** What to verify: a CID, or bytes that are claimed to be it. */
export interface Subject {
  readonly cid: TrendCid
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined
  readonly hints?: Hints | undefined
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
}

const TIMEOUT = 30_000

const TAGS: Readonly<Record<Finality, BlockTag>> = { final: 'finalized', safe: 'safe', unsafe: 'latest' }

/**
 * Judges whether the publisher that a document names stands by it.
 *
 * A bad document, a lying gateway and a dead node are verdicts, not errors: this throws only when `signal` aborts.
 * @throws UNSUPPORTED_RUNTIME for bytes from the caller, where there is no `crypto.subtle`
 */
export async function verify(ports: VerifyPorts, subject: Subject, options: VerifyOptions = {}): Promise<Verdict> {
  const evidence = await gather(ports, subject, options)
  const verdict = judge(evidence, options.policy)
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
  const now = asked.now ?? Math.floor(Date.now() / 1000)
  const options = { ...asked, now, signal }
  const { bytes, block } = await within<Awaited<ReturnType<typeof findBytes>>>(
    () => findBytes(ports.sources, subject, options),
    () => ({ bytes: { found: 'none', why: `no source delivered it within ${timeout} ms` }, block: undefined })
  )
  if (block === undefined) return { cid, bytes, reading: undefined, chain: undefined, now }
  const reading = read(block.bytes)
  if (!('document' in reading)) return { cid, bytes, reading, chain: undefined, now }
  const named: Named = { cid, document: reading.document }
  const library = libraryOf(ports.sources, options, [named])
  const chain = await within<ChainEvidence>(
    () => readChain(ports, library, named, subject.hints, options),
    () => ({
      chain: parsePublisher(reading.document.publisher).chain,
      silent: `not everything could be read within ${timeout} ms`
    })
  )
  return { cid, bytes, reading, chain, now }
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
    if (!isArchiveError(error)) throw error
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

async function readChain(
  { registries, watermarks }: VerifyPorts,
  library: Library,
  named: Named,
  hints: Hints | undefined,
  options: VerifyOptions & { readonly now: number }
): Promise<ChainEvidence> {
  const { publisher } = named.document
  const { chain } = parsePublisher(publisher)
  const pinned = registries.find((candidate) => candidate.chain === chain)
  if (pinned === undefined) return { chain, silent: `no registry is known for ${chain}` }
  const registry = checkedRegistry(pinned)
  const { finality } = options.policy ?? {}
  const { given } = registry
  // A block that the caller named is as old as it is, and nothing is learned from it about the chain's present.
  const marks = given ? undefined : watermarks
  const tag = finality === undefined ? tagOf(chain) : TAGS[finality]
  try {
    const [tagged, newest, memory] = await Promise.all([
      registry.block(tag, options).catch(orUntagged(options)),
      registry.block('latest', options),
      marks?.recall(publisher)
    ])
    const block = tagged ?? newest
    const ports = { registry, library }
    const same = block.hash === newest.hash
    const [judged, latest, lineage, violation] = await Promise.all([
      investigate(ports, named, block, hints, options),
      same ? undefined : investigate(ports, named, newest, hints, options),
      walkLineage(library, named),
      memory && violationIn(registry, memory, block, options)
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
      untagged: tagged === undefined ? tag : undefined,
      canonical: await isCanonical(registry, block, options),
      seenHigher: highest !== undefined && highest > block.number ? highest : undefined,
      named: version,
      recalled: { violation, newer: version !== undefined && seen > version ? { seen, named: version } : undefined },
      judged,
      latest,
      lineage
    }
  } catch (error) {
    if (isArchiveError(error, 'REGISTRY_UNAVAILABLE')) return { chain, silent: error.message }
    if (!isArchiveError(error, 'REGISTRY_DISAGREES')) throw error
    const { question, answers } = error.details
    return { chain, silent: error.message, disagreement: { question, answers } }
  }
}

/** Nothing, where a node does not know a tag, or has no block under it yet: it knows its newest block, or nothing at all. */
const orUntagged =
  ({ signal }: Abortable) =>
  (error: unknown): undefined => {
    signal?.throwIfAborted()
    if (!isArchiveError(error, 'REGISTRY_UNAVAILABLE')) throw error
    const { reason } = error.details
    if (reason !== 'no answer' && reason !== 'unknown block') throw error
  }

async function isCanonical(registry: Registry, { number, hash }: ChainBlock, options: Abortable): Promise<boolean> {
  return (await registry.block(number, options)).hash === hash
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
