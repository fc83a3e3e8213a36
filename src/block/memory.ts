import { ArchiveError } from '../errors.ts'
import { type Block, checkBlock } from './block.ts'
import { parseCid } from './cid.ts'
import { lacking } from './failure.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'

/** Blocks in memory: for tests, and for bytes that are at hand already. */
export function memoryBlocks(name = 'memory'): BlockSource & BlockSink & Pinned {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    name,
    local: true,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const bytes = kept.get(String(cid))
      if (bytes === undefined) throw lacking(name)
      return bytes.slice()
    },
    async pin(blocks, { signal } = {}) {
      signal?.throwIfAborted()
      for (const block of await Promise.all(blocks.map((block) => checked(block, name)))) {
        kept.set(String(block.cid), block.bytes)
      }
    },
    async *pinned({ signal } = {}) {
      for (const cid of [...kept.keys()]) {
        signal?.throwIfAborted()
        yield parseCid(cid)
      }
    },
    async unpin(cids, { signal } = {}) {
      signal?.throwIfAborted()
      for (const cid of cids) kept.delete(String(cid))
    }
  }
}

/** A copy that later changes to the caller's bytes do not reach. */
async function checked({ cid, bytes }: Block, sink: string): Promise<Block> {
  const block = await checkBlock(cid, bytes.slice())
  if (block !== undefined) return block
  const hint = 'name the bytes with cidOf, or make the block with toBlock'
  throw new ArchiveError('PIN_FAILED', `the bytes are not those of ${cid}`, { cid: String(cid), sink }, { hint })
}
