import type { Bytes32, TrendCid } from '../block/cid.ts'
import { readDocument } from '../document/parse.ts'
import { type Address, type Chain, parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { addressOn } from '../registry/deployments.ts'
import { givenBlock } from '../registry/given-block.ts'
import type { ChainBlock, Registry, TrustMode } from '../registry/registry.ts'
import { stateRegistry } from '../registry/state-registry.ts'
import { type Bundle, invalidBundle, readBundle } from './bundle.ts'
import { type OpenBundle, openBundle, THE_FILE } from './bundle-state.ts'
import { type Carried, judgeCarried } from './carried.ts'
import type { Evidence } from './evidence.ts'
import type { Verdict } from './judge.ts'
import { gather, type VerifyOptions } from './verify.ts'

export type BlockTeller = Pick<Registry, 'chain' | 'block' | 'trust' | 'mode' | 'readers'>

export interface VerifyBundleOptions extends VerifyOptions {
  /** The hash of the block, from a source of the caller's own. */
  readonly blockHash?: Bytes32 | undefined
  /** Who says whether the block is one of the chain's, and how final: readers of nodes, one a chain. */
  readonly blocks?: readonly BlockTeller[] | undefined
  /** Where the registry is on a chain. @default where it is on every chain */
  readonly registries?: Readonly<Record<Chain, Address>> | undefined
  /** What the file is to be about. Another document is refuted. */
  readonly cid?: TrendCid | undefined
}

/**
 * Judges a document by a proof that was carried here: as of one block, without any network. With `blockHash` or `blocks`
 * the verdict rests on whoever says that the block is one of the chain's. With neither everything is checked as well, but
 * nothing is verified or refuted by a chain that may have been made up: the verdict names the block to compare.
 *
 * A proof that does not hold is a verdict. A file that is no bundle, or has anything in it that the proof has no use for,
 * is none.
 * @throws INVALID_BUNDLE, or INVALID_OPTION for a `blockHash` that is none
 */
export async function verifyBundle(
  bytes: Uint8Array<ArrayBuffer>,
  options: VerifyBundleOptions = {}
): Promise<Verdict> {
  const { evidence, carried } = await gatherBundle(bytes, options)
  return judgeCarried(evidence, options.policy, carried)
}

/** What a file proves, and how far its block is to be relied on. */
export interface Gathered {
  readonly evidence: Evidence
  readonly carried: Carried
}

/** What {@link verifyBundle} judges. @throws INVALID_BUNDLE */
export async function gatherBundle(
  bytes: Uint8Array<ArrayBuffer>,
  options: VerifyBundleOptions = {}
): Promise<Gathered> {
  const bundle = await readBundle(bytes)
  const open = openBundle(bundle)
  const { document } = bundle
  const carrier = carrierOf(bundle, open, options)
  const subject = { cid: options.cid ?? document.cid, bytes: document.bytes }
  const registries = carrier === undefined ? [] : [carrier.registry]
  const evidence = await gather({ sources: [open.source], registries }, subject, options)
  const { chain } = evidence
  if (carrier === undefined || chain === undefined || !('block' in chain)) return { evidence, carried: UNKNOWN }
  if (open.unread() > 0) throw invalidBundle('it has blocks that its proof does not lead to')
  const carried = carrier.carried(chain.canonical)
  // Whoever was asked and did not answer is trusted with nothing.
  const trust = carried.silence === undefined ? chain.trust : THE_FILE
  return { evidence: { ...evidence, chain: { ...chain, trust } }, carried }
}

/** No block was come to. */
const UNKNOWN: Carried = { vouched: false }

/** The registry of the document's chain over the file, and how far its block is to be relied on. */
interface Carrier {
  readonly registry: Registry
  readonly carried: (isCanonical: boolean) => Carried
}

function carrierOf(
  { document }: Bundle,
  { state }: OpenBundle,
  { blockHash, blocks = [], registries }: VerifyBundleOptions
): Carrier | undefined {
  const chain = chainOf(document.bytes)
  if (chain === undefined) return undefined
  const address = registries?.[chain] ?? addressOn(chain)
  const given = blockHash === undefined ? undefined : givenBlock({ hash: blockHash, state, address })
  const proved = stateRegistry({ chain, address, state, blocks: given })
  const teller = given === undefined ? blocks.find((one) => one.chain === chain) : undefined
  let silence: string | undefined
  const asked = async (mine: ChainBlock, options: Abortable | undefined): Promise<ChainBlock> => {
    try {
      return (await teller?.block(mine.number, options)) ?? { ...mine, finality: 'unsafe' }
    } catch (error) {
      options?.signal?.throwIfAborted()
      silence = error instanceof Error ? error.message : 'no answer'
      return { ...mine, finality: 'unsafe' }
    }
  }
  return {
    registry: {
      ...proved,
      trust: given === undefined ? (teller === undefined ? THE_FILE : `state proof, ${teller.trust}`) : proved.trust,
      // A proof is worth what the word for its block is worth; a node's, or the file's own, is that of one.
      ...(given === undefined && { mode: modeOf(teller), readers: teller?.readers }),
      // Whoever made the file chose the block.
      given: true,
      async block(at, options) {
        const mine = await proved.block('latest', options)
        if (given !== undefined) return mine
        const theirs = await asked(mine, options)
        // Asked for by its height it is whatever they have there; the verdict sees whether that is the same.
        return typeof at === 'bigint' ? theirs : { ...mine, finality: theirs.finality }
      }
    },
    carried: (isCanonical) => {
      const isTold = given !== undefined || (teller !== undefined && silence === undefined)
      return { vouched: isCanonical && isTold, ...(silence !== undefined && { silence }) }
    }
  }
}

/** The word of a quorum or of a light client makes a state proof of a file; that of a node makes it as good as the node. */
function modeOf(teller: BlockTeller | undefined): TrustMode {
  const mode = teller?.mode ?? 'rpc'
  return mode === 'quorum' ? 'state proof' : mode
}

/** The chain that a document names, if it is one. */
function chainOf(bytes: Uint8Array<ArrayBuffer>): Chain | undefined {
  try {
    return parsePublisher(readDocument(bytes).publisher).chain
  } catch (error) {
    if (!isArchiveError(error)) throw error
    return undefined
  }
}
