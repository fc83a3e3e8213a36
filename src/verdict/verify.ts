import { eitherOf } from '../block/abort.ts'
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
import type { BlockTag, ChainBlock, Finality, Registry } from '../registry/registry.ts'
import { checkedRegistry } from './checked-registry.ts'
import type { BytesFound, ChainEvidence, Evidence, LineageFound, Reading } from './evidence.ts'
import type { Hints } from './hints.ts'
import { investigate } from './investigate.ts'
import { judge, type Verdict } from './judge.ts'
import { isGap, type Library, libraryOf, MAX_HOPS, type Named, previousOf } from './library.ts'
import type { Policy } from './policy.ts'
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
}

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
  await remember(ports, verdict)
  return verdict
}

/** Raises the watermark of a publisher to the block that a verdict rests on. */
export async function remember({ watermarks }: VerifyPorts, verdict: Verdict): Promise<void> {
  const { status, publisher, chain, checks } = verdict
  const isSettled = checks.some(({ name, outcome }) => name === 'finality' && outcome === 'pass')
  // A block that is not final may go again; remembered, it would make a later reading at a final one look old.
  if (status !== 'inconclusive' && isSettled && publisher !== undefined && chain?.finality === 'final') {
    await watermarks?.raise(publisher, chain.block.number)
  }
}

/** Collects what {@link judge} weighs: the bytes, what they say, and what their home chain says of them. */
export async function gather(ports: VerifyPorts, subject: Subject, options: VerifyOptions = {}): Promise<Evidence> {
  const { cid } = subject
  const now = options.now ?? nowInSeconds()
  const opening = openEarly(ports.registries, options)
  try {
    const found = await readSubject(ports.sources, subject, options)
    const { bytes, reading, named } = found
    if (named === undefined) return { cid, bytes, reading, chain: undefined, now }
    const library = libraryOf(ports.sources, options, [named])
    const evidence = await readChain(
      ports,
      { library, open: opening.open, close: isCanonical },
      named,
      subject,
      options
    )
    return { cid, bytes, reading, chain: evidence, now }
  } finally {
    opening.stop()
  }
}

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000)

/** The blocks that a verdict is read at: the one that it rests on, and the newest. */
export interface Opening {
  readonly block: ChainBlock
  readonly newest: ChainBlock
}

/** Reads them, in one request where they are the same by definition. @throws REGISTRY_UNAVAILABLE */
export async function open(registry: Registry, { policy, signal }: VerifyOptions): Promise<Opening> {
  const { finality } = policy ?? {}
  const tag = finality === undefined ? tagOf(registry.chain) : TAGS[finality]
  const newest = registry.block('latest', { signal })
  const [block, last] = await Promise.all([tag === 'latest' ? newest : registry.block(tag, { signal }), newest])
  return { block, newest: last }
}

/**
 * Where one registry only is pinned it is most likely the document's, so its blocks are asked for while the bytes come.
 * Older than the bytes by a moment, they are as good.
 */
function openEarly(registries: readonly Registry[], options: VerifyOptions) {
  const stop = new AbortController()
  const [only, ...others] = registries
  const early = only === undefined || others.length > 0 ? undefined : openChecked(only, stop.signal, options)
  early?.catch(() => {})
  return {
    open: async (registry: Registry): Promise<Opening> => await (early ?? open(registry, options)),
    stop: (): void => stop.abort()
  }
}

const openChecked = (registry: Registry, stop: AbortSignal, options: VerifyOptions): Promise<Opening> =>
  open(checkedRegistry(registry), { ...options, signal: eitherOf(options.signal, stop) })

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

/** How a chain is read: with which documents at hand, from which blocks on, and what is asked in the end. */
export interface Reader {
  readonly library: Library
  readonly open: (registry: Registry) => Promise<Opening>
  /** Whether the block was still canonical after everything had been read at it. */
  readonly close: (registry: Registry, block: ChainBlock, options: Abortable) => Promise<boolean>
}

/** What the document's home chain says of it, read through the pinned registry of that chain. */
export async function readChain(
  { registries, watermarks }: VerifyPorts,
  { library, open, close }: Reader,
  named: Named,
  { hints }: Subject,
  options: VerifyOptions
): Promise<ChainEvidence> {
  const { publisher } = named.document
  const { chain } = parsePublisher(publisher)
  const pinned = registries.find((candidate) => candidate.chain === chain)
  if (pinned === undefined) return { chain, silent: `no registry is known for ${chain}` }
  const registry = checkedRegistry(pinned)
  try {
    const { block, newest } = await open(registry)
    const ports = { registry, library }
    const readAndClose = async () => {
      const [judged, latest] = await Promise.all([
        investigate(ports, named, block, hints, options),
        block.hash === newest.hash ? undefined : investigate(ports, named, newest, hints, options)
      ])
      return { judged, latest, canonical: await close(registry, block, options) }
    }
    const [{ judged, latest, canonical }, lineage, highest] = await Promise.all([
      readAndClose(),
      walkLineage(library, named),
      watermarks?.highest(publisher)
    ])
    return {
      chain,
      registry: registry.address,
      trust: registry.trust,
      test: deployments[chain]?.test,
      block,
      canonical,
      seenHigher: highest !== undefined && highest > block.number ? highest : undefined,
      judged,
      latest,
      lineage
    }
  } catch (error) {
    if (!isArchiveError(error, 'REGISTRY_UNAVAILABLE')) throw error
    return { chain, silent: error.message }
  }
}

/** Whether a block is still canonical: the last thing that is asked. @throws REGISTRY_UNAVAILABLE */
export async function isCanonical(registry: Registry, block: ChainBlock, options: Abortable): Promise<boolean> {
  if (registry.isCanonical !== undefined) return await registry.isCanonical(block, options)
  return (await registry.block(block.number, options)).hash === block.hash
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
