import { type Bytes32, toBytes32 as digestOf, type TrendCid } from '../block/cid.ts'
import { lacking } from '../block/failure.ts'
import type { BlockSource } from '../block/source.ts'
import { ArchiveError } from '../errors.ts'
import type { BlockTag } from '../registry/registry.ts'
import type { StateReader } from '../registry/state.ts'
import type { Bundle } from './bundle.ts'
import { trailOf } from './trail.ts'

/** A bundle as a source of documents and of the state at its block; it notes what of it was read. */
export interface OpenBundle {
  readonly source: BlockSource
  readonly state: StateReader
  /** How many blocks of the file nobody has read so far. */
  readonly unread: () => number
}

/** Who chose a block that nobody else vouches for. */
export const THE_FILE = 'the file alone'

export function openBundle(bundle: Bundle): OpenBundle {
  const { document, header, block, documents, state, storage } = bundle
  const [docs, nodes] = [new Set<Bytes32>(), { state: new Set<Bytes32>(), storage: new Set<Bytes32>() }]
  return {
    source: {
      name: 'the file',
      local: true,
      async get(cid: TrendCid) {
        if (cid.equals(document.cid)) return document.bytes
        const digest = digestOf(cid)
        const bytes = documents.get(digest)
        if (bytes === undefined) throw lacking('the file')
        docs.add(digest)
        return bytes
      }
    },
    state: {
      trust: THE_FILE,
      async header(at) {
        if (isHash(at) && at !== block) throw otherBlock(block, at)
        return header
      },
      async nodes(account, slots, at) {
        if (at !== block) throw otherBlock(block, at)
        const trail = trailOf(header, bundle, account, slots)
        for (const name of trail.state) nodes.state.add(name)
        for (const name of trail.storage) nodes.storage.add(name)
        return [
          ...Array.from(trail.state, (name) => state.get(name)!),
          ...Array.from(trail.storage, (name) => storage.get(name)!)
        ]
      }
    },
    unread: () => documents.size - docs.size + (state.size - nodes.state.size) + (storage.size - nodes.storage.size)
  }
}

function otherBlock(block: Bytes32, asked: Bytes32): ArchiveError<'REGISTRY_UNAVAILABLE'> {
  const message = `the file proves the state at block ${block}, and not at block ${asked}`
  return new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: 'the file', reason: 'unknown block' })
}

const isHash = (at: BlockTag | bigint | Bytes32): at is Bytes32 => typeof at === 'string' && at.startsWith('0x')
