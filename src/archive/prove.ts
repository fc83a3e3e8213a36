import type { Bytes32, TrendCid } from '../block/cid.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { TrendDocument } from '../document/document.ts'
import { readDocument } from '../document/parse.ts'
import { type Address, type Chain, parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Progress } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import { provenHeader, unprovable } from '../registry/proven-header.ts'
import type { BlockTag, ChainBlock, Registry } from '../registry/registry.ts'
import type { StateReader } from '../registry/state.ts'
import { stateRegistry } from '../registry/state-registry.ts'
import { invalidBundle, writeBundle } from '../verdict/bundle.ts'
import { judgeCarried } from '../verdict/carried.ts'
import type { Answered, Evidence } from '../verdict/evidence.ts'
import type { Verdict } from '../verdict/judge.ts'
import { recordReads } from '../verdict/recording.ts'
import { type Shown, shownBy } from '../verdict/shown.ts'
import { gather, type VerifyOptions } from '../verdict/verify.ts'
import { gatherBundle } from '../verdict/verify-bundle.ts'

/** A chain whose state can be read with its proofs. */
export interface ProvableChain {
  readonly chain: Chain
  /** Where the registry is. */
  readonly address: Address
  readonly state: StateReader
  /** Whoever says which block a tag or a height means, and that it is a block of this chain. */
  readonly blocks: Pick<Registry, 'block'>
}

export interface ProvePorts {
  readonly sources: readonly BlockSource[]
  readonly chains: readonly ProvableChain[]
}

export type ProveEvent =
  | { readonly type: 'reading'; readonly block: ChainBlock }
  | { readonly type: 'proved'; readonly bytes: number }

export interface ProveOptions extends Omit<VerifyOptions, 'policy'>, Progress<ProveEvent> {
  /** At which block. @default the tag that the address book asks of the network */
  readonly at?: BlockTag | bigint | Bytes32 | undefined
}

/** A proof to carry away, and what it shows. */
export interface Proof {
  readonly cid: TrendCid
  readonly document: TrendDocument
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** As of this block. */
  readonly block: ChainBlock
  readonly shown: readonly Shown[]
  /** What the file comes to by itself, for whoever takes the block's hash from elsewhere. */
  readonly verdict: Verdict
}

/**
 * Makes a proof of how a document stands at one block: verifies it there, and keeps exactly what was read for that. What
 * comes out was verified again from the file alone.
 * @throws BLOCK_UNAVAILABLE, INVALID_DOCUMENT, NOT_CANONICAL, NOT_FOUND where the document's chain is not among the ports
 * @throws REGISTRY_UNAVAILABLE where the chain does not prove what it says, INVALID_BUNDLE where that is too much for a file
 */
export async function prove(ports: ProvePorts, cid: TrendCid, options: ProveOptions = {}): Promise<Proof> {
  const { bytes } = await fetchBlock(ports.sources, cid, options)
  const document = readDocument(bytes)
  const provable = chainFor(ports, document)
  const { chain, address, state } = provable
  const block = await blockAt(provable, options)
  options.onProgress?.({ type: 'reading', block })
  const recorded = await recordReads(ports.sources, state, block.hash, options)
  const registry = {
    ...stateRegistry({ chain, address, state: recorded.state }),
    block: async (): Promise<ChainBlock> => block
  }
  const evidence = await gather({ sources: [recorded.source], registries: [registry] }, { cid, bytes }, options)
  const answered = answerIn(evidence, address)
  const file = writeBundle(recorded.parts({ cid, bytes }))
  const offline = await gatherBundle(file, { ...options, blockHash: block.hash, registries: { [chain]: address } })
  const shown = shownBy(cid, answered)
  const verdict = judgeCarried(offline.evidence, {}, offline.carried)
  // A file that shows anything else than what was found must not leave the house.
  const shownOffline = shownBy(cid, answerIn(offline.evidence, address))
  const found = judgeCarried(settled(evidence), {}, { vouched: true })
  if (String(shownOffline) !== String(shown) || outcomesOf(verdict) !== outcomesOf(found)) {
    throw invalidBundle('what was written does not show what was read', cid)
  }
  options.onProgress?.({ type: 'proved', bytes: file.byteLength })
  return { cid, document, bytes: file, block, shown, verdict }
}

/** The same as whoever vouches for the block will have it. */
function settled(evidence: Evidence): Evidence {
  const { chain } = evidence
  if (chain === undefined || !('block' in chain)) return evidence
  return { ...evidence, chain: { ...chain, block: { ...chain.block, finality: 'final' } } }
}

const outcomesOf = ({ status, standing, checks }: Verdict): string =>
  [status, standing, ...checks.map(({ outcome }) => outcome)].join()

function answerIn({ chain }: Evidence, registry: Address): Answered {
  if (chain !== undefined && 'block' in chain) return chain
  const why = chain === undefined ? 'the document cannot be read' : chain.silent
  throw new ArchiveError('REGISTRY_UNAVAILABLE', why, { registry, reason: 'bad proof' })
}

function chainFor({ chains }: ProvePorts, { publisher }: TrendDocument): ProvableChain {
  const { chain } = parsePublisher(publisher)
  const found = chains.find((one) => one.chain === chain)
  if (found !== undefined) return found
  const hint = 'name its network, e.g. --network and --rpc-url'
  throw new ArchiveError('NOT_FOUND', `no node is known for ${chain}`, { name: publisher }, { hint })
}

/** A block that is named by its hash is looked up by its height, so that it is one of the chain's. */
async function blockAt({ chain, address, state, blocks }: ProvableChain, options: ProveOptions): Promise<ChainBlock> {
  const { at = tagOf(chain), signal } = options
  if (typeof at === 'bigint' || !at.startsWith('0x')) return await blocks.block(at as BlockTag | bigint, { signal })
  const { number } = await provenHeader({ state, address }, at as Bytes32, { signal })
  const block = await blocks.block(number, { signal })
  if (block.hash === at) return block
  throw unprovable({ state, address }, 'unknown block', `block ${at} is not on the chain`)
}
