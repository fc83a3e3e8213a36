import { ArchiveError, type SourceReason } from '../errors.ts'
import type { TrendCid } from './cid.ts'
import { readBlock } from './helia.ts'
import type { PeerNode } from './peer-node.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'
import { pinsOf } from './store-pins.ts'
import { shareWants } from './wants.ts'

/** How long peers are waited for, in milliseconds. */
export interface Patience {
  /** How long they may take to deliver one block. */
  readonly timeout: number
  /** The time before they are asked again; it doubles. */
  readonly first: number
  /** Whether a node that nobody is connected to gives up at once: it has no way to find anybody. */
  readonly needsPeers: boolean
}

/** Milliseconds that Helia takes to cancel a want; one for the same block would be cancelled with it. */
const CANCEL_TIME = 50
const BITSWAP = 'bitswap'

/**
 * What a node has, and what its peers have, by bitswap. Pinning is local: that a peer could get the bytes does not make
 * them kept elsewhere, so this sink is not elsewhere.
 */
export function bitswapBlocks(node: PeerNode, store: Store, patience: Patience): BlockSource & BlockSink & Pinned {
  const pins = pinsOf(store, BITSWAP)
  const wants = shareWants(async (cid, signal) => await ask(node, cid, patience, signal))
  return {
    name: BITSWAP,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const kept = store.get(cid.multihash.digest)
      if (kept !== undefined) return kept
      if (patience.needsPeers && node.connected().length === 0)
        throw silent('unreachable', 'not in the store, and no peer is connected')
      return await wants.share(cid, signal)
    },
    ...pins,
    async pin(blocks, options) {
      await pins.pin(blocks, options)
      // Helia announces before it stores, and then has nothing to give to a peer that already waits.
      await Promise.all(blocks.map(async ({ cid }) => await node.announce(cid)))
    }
  }
}

/**
 * Asks the peers, and asks again while there is no answer: a peer that runs Helia forgets the first time it is asked for
 * what it has sent before.
 */
async function ask(
  node: PeerNode,
  cid: TrendCid,
  { timeout, first }: Patience,
  caller: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = AbortSignal.timeout(timeout)
  const either = AbortSignal.any([caller, limit])
  for (let patience = first; ; patience *= 2) {
    try {
      return await readBlock(node, cid, BITSWAP, AbortSignal.any([either, AbortSignal.timeout(patience)]))
    } catch (cause) {
      await new Promise((resolve) => setTimeout(resolve, CANCEL_TIME))
      caller.throwIfAborted()
      // Bytes that are not the block's are dropped on arrival, so a liar and a peer without it look alike.
      if (limit.aborted) throw silent('timed out', `no peer delivered the block within ${timeout} ms`, cause)
      if (!(cause instanceof DOMException)) throw cause
    }
  }
}

/** Silence does not say whether anybody has the block. */
function silent(reason: SourceReason, words: string, cause?: unknown): ArchiveError<'SOURCE_UNREACHABLE'> {
  return new ArchiveError('SOURCE_UNREACHABLE', `${BITSWAP}: ${words}`, { source: BITSWAP, reason }, { cause })
}
