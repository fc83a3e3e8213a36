import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Block } from './block.ts'
import { fromDigest } from './cid.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { Store } from './store.ts'

/** Keeps documents in a store. A call writes its blocks and its pins in one transaction, which is one sync of the disk. */
export function pinsOf(store: Store, name: string): Omit<BlockSink, 'name'> & Pinned {
  return {
    async pin(blocks, { root, signal, onProgress } = {}) {
      signal?.throwIfAborted()
      try {
        store.write({ blocks, pins: blocks.map(({ cid }) => ({ digest: cid.multihash.digest, root })) })
      } catch (cause) {
        throw pinFailed(blocks, name, cause)
      }
      onProgress?.({ type: 'advanced', unit: 'documents', done: blocks.length, total: blocks.length })
    },
    async *pinned({ own, signal } = {}) {
      for (const digest of own ? store.pins.own() : store.pins.documents()) {
        signal?.throwIfAborted()
        yield fromDigest(digest)
      }
    },
    async unpin(cids, { signal } = {}) {
      signal?.throwIfAborted()
      store.write({ unpinned: cids })
    }
  }
}

function pinFailed(blocks: readonly Block[], sink: string, cause: unknown): ArchiveError<'PIN_FAILED'> {
  const cid = isArchiveError(cause, 'BLOCK_MISMATCH') ? cause.details.cid : String(blocks[0]?.cid)
  const why = cause instanceof Error ? cause.message : String(cause)
  const hint = isArchiveError(cause) ? cause.hint : undefined
  return new ArchiveError(
    'PIN_FAILED',
    `${sink} could not pin ${blocks.length} blocks: ${why}`,
    { cid, sink },
    { cause, hint }
  )
}
