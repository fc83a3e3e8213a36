import type { Block } from '../../src/block/block.ts'
import { openPeer } from '../../src/block/peer.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, type Tally, tallyOf } from './tally.ts'

export interface PeerFlips extends Tally {
  /** Blocks with a changed bit that the peer really sent. */
  readonly sent: number
}

/** How long a document is waited for: a peer's wrong bytes are nobody's, so all that is seen of them is silence. */
const TIMEOUT = 400

/** Asks a peer for documents, one bit of which it changes, another one each time, so many times. */
export async function flipFromPeer(blocks: readonly Block[], rounds: number): Promise<PeerFlips> {
  let sent = 0
  const kept = new Map(blocks.map(({ cid, bytes }) => [Buffer.from(cid.multihash.digest).toString('hex'), bytes]))
  const honest = openStore(':memory:')
  const liar: Store = {
    ...honest,
    get(digest) {
      const bytes = kept.get(Buffer.from(digest).toString('hex'))
      if (bytes === undefined) return undefined
      return flipped(bytes, (sent++ * 7919) % (bytes.length * 8))
    }
  }
  const empty = openStore(':memory:')
  const [provider, reader] = [await openPeer(liar), await openPeer(empty, { timeout: TIMEOUT })]
  try {
    await reader.dial(provider.addresses)
    let tally = NOTHING
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(
        blocks.map(async (block) => {
          const answer = await orRefused(fetchBlock([reader.blocks], block.cid))
          return [block, answer?.bytes ?? empty.get(block.cid.multihash.digest)] as const
        })
      )
      tally = add(tally, tallyOf(blocks.length, answers))
    }
    return { ...tally, sent }
  } finally {
    await Promise.all([reader.stop(), provider.stop()])
    honest.close()
    empty.close()
  }
}

async function orRefused(answer: Promise<Block>): Promise<Block | undefined> {
  try {
    return await answer
  } catch (error) {
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    return undefined
  }
}
