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
import type { Beside } from './beside.ts'
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
  /** What looks beside the document, e.g. `lookBeside`: more requests, and only warnings come of it. */
  readonly beside?: LookBeside | undefined
}

/** Looks at what stands beside a document while its chain is read. */
export type LookBeside = (
  at: {
    readonly ports: VerifyPorts
    readonly library: Library
    readonly named: Named
    readonly chain: Promise<ChainEvidence>
  },
  options: Abortable
) => Promise<Beside>

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
  const { status, publisher, chain, checks } = verdict
  const isSettled = checks.some(({ name, outcome }) => name === 'finality' && outcome === 'pass')
  // A block that is not final may go again; remembered, it would make a later reading at a final one look old.
  if (status !== 'inconclusive' && isSettled && publisher !== undefined && chain?.finality === 'final') {
    await ports.watermarks?.raise(publisher, chain.block.number)
  }
  return verdict
}

/** Collects what {@link judge} weighs: the bytes, what they say, and what their home chain says of them. */
export async function gather(ports: VerifyPorts, subject: Subject, options: VerifyOptions = {}): Promise<Evidence> {
  const { cid } = subject
  const now = options.now ?? Math.floor(Date.now() / 1000)
  const { bytes, block } = await findBytes(ports.sources, subject, options)
  if (block === undefined) return { cid, bytes, reading: undefined, chain: undefined, now }
  const reading = read(block.bytes)
  if (!('document' in reading)) return { cid, bytes, reading, chain: undefined, now }
  const named: Named = { cid, document: reading.document }
  const library = libraryOf(ports.sources, options, [named])
  const asked = readChain(ports, library, named, subject.hints, options)
  const [chain, beside] = await Promise.all([asked, options.beside?.({ ports, library, named, chain: asked }, options)])
  return { cid, bytes, reading, chain, now, beside }
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
  options: VerifyOptions
): Promise<ChainEvidence> {
  const { publisher } = named.document
  const { chain } = parsePublisher(publisher)
  const pinned = registries.find((candidate) => candidate.chain === chain)
  if (pinned === undefined) return { chain, silent: `no registry is known for ${chain}` }
  const registry = checkedRegistry(pinned)
  const { finality } = options.policy ?? {}
  const tag = finality === undefined ? tagOf(chain) : TAGS[finality]
  try {
    const [block, newest] = await Promise.all([registry.block(tag, options), registry.block('latest', options)])
    const ports = { registry, library }
    const same = block.hash === newest.hash
    const [judged, latest, lineage, highest] = await Promise.all([
      investigate(ports, named, block, hints, options),
      same ? undefined : investigate(ports, named, newest, hints, options),
      walkLineage(library, named),
      watermarks?.highest(publisher)
    ])
    return {
      chain,
      registry: registry.address,
      trust: registry.trust,
      test: deployments[chain]?.test,
      block,
      canonical: await isCanonical(registry, block, options),
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

async function isCanonical(registry: Registry, { number, hash }: ChainBlock, options: Abortable): Promise<boolean> {
  return (await registry.block(number, options)).hash === hash
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
