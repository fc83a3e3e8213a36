import type { Block } from '../block/block.ts'
import { type Bytes32, toBytes32 as digestOf, type TrendCid } from '../block/cid.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { Abortable } from '../options.ts'
import { keccak256, toBytes32 } from '../registry/keccak.ts'
import type { StateReader } from '../registry/state.ts'
import type { BundleParts } from './bundle.ts'
import { trailOf } from './trail.ts'

/** Sources and the state at one block, read through so that it is known afterwards what was read. */
export interface Recording {
  readonly source: BlockSource
  readonly state: StateReader
  /** All of it, and nothing that was handed over without need. */
  readonly parts: (document: Block) => BundleParts
}

/** Records what is read from now on, in the state of one block. @throws REGISTRY_UNAVAILABLE */
export async function recordReads(
  sources: readonly BlockSource[],
  state: StateReader,
  block: Bytes32,
  options: Abortable = {}
): Promise<Recording> {
  const header = await state.header(block, options)
  const documents = new Map<Bytes32, Block>()
  const nodes = new Map<Bytes32, Uint8Array>()
  const [seenState, seenStorage] = [new Set<Bytes32>(), new Set<Bytes32>()]
  return {
    source: {
      name: 'what was read',
      local: true,
      async get(cid: TrendCid, { signal } = {}) {
        const found = await fetchBlock(sources, cid, { signal })
        documents.set(digestOf(cid), found)
        return found.bytes
      }
    },
    state: {
      trust: state.trust,
      header: async () => header,
      async nodes(account, slots, at, { signal } = {}) {
        const given = await state.nodes(account, slots, at, { signal })
        for (const node of given) nodes.set(toBytes32(keccak256(node)), node)
        const trail = trailOf(header, { state: nodes, storage: nodes }, account, slots)
        for (const name of trail.state) seenState.add(name)
        for (const name of trail.storage) seenStorage.add(name)
        return given
      }
    },
    parts: (document) => ({
      document,
      header,
      documents: documents.values(),
      state: Array.from(seenState, (name) => nodes.get(name)!),
      storage: Array.from(seenStorage, (name) => nodes.get(name)!)
    })
  }
}
