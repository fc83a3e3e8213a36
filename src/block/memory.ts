import { ArchiveError } from '../errors.ts'
import { type Block, checkBlock } from './block.ts'
import type { TrendCid } from './cid.ts'
import { lacking } from './failure.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'

interface Kept extends Block {
  /** On whose behalf; itself where it is kept in its own right. */
  readonly roots: Set<string>
}

/** Blocks in memory: for tests, and for bytes that are at hand already. */
export function memoryBlocks(name = 'memory'): BlockSource & BlockSink & Pinned {
  const kept = new Map<string, Kept>()
  return {
    name,
    local: true,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const block = kept.get(String(cid))
      if (block === undefined) throw lacking(name)
      return block.bytes.slice()
    },
    async pin(blocks, { root, signal } = {}) {
      signal?.throwIfAborted()
      for (const block of await Promise.all(blocks.map((block) => checked(block, name)))) {
        const key = String(block.cid)
        const roots = kept.get(key)?.roots ?? new Set()
        kept.set(key, { ...block, roots: roots.add(String(root ?? block.cid)) })
      }
    },
    async *pinned({ own, signal } = {}) {
      for (const { cid, roots } of [...kept.values()]) {
        signal?.throwIfAborted()
        if (!own || roots.has(String(cid))) yield cid
      }
    },
    async unpin(cids, { signal } = {}) {
      signal?.throwIfAborted()
      for (const cid of cids) release(kept, cid)
    }
  }
}

function release(kept: Map<string, Kept>, root: TrendCid): void {
  const name = String(root)
  for (const [key, { roots }] of kept) if (roots.delete(name) && roots.size === 0) kept.delete(key)
}

/** A copy that later changes to the caller's bytes do not reach. */
async function checked({ cid, bytes }: Block, sink: string): Promise<Block> {
  const block = await checkBlock(cid, bytes.slice())
  if (block !== undefined) return block
  const hint = 'name the bytes with cidOf, or make the block with toBlock'
  throw new ArchiveError('PIN_FAILED', `the bytes are not those of ${cid}`, { cid: String(cid), sink }, { hint })
}
