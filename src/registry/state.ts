import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { BlockTag } from './registry.ts'

/**
 * Headers and trie nodes of a chain, from anybody: a node asked by `eth_getProof`, or a file. Nothing of it is believed.
 * A header is what its hash says, and every trie node what its parent says, up to the header's state root.
 */
export interface StateReader {
  /** Whom the choice of a block rests on where a tag or a height is asked for: `rpc:<host>`. */
  readonly trust: string
  /** The header of a block, as RLP: the bytes whose keccak-256 is the block's hash. @throws REGISTRY_UNAVAILABLE */
  header: (at: BlockTag | bigint | Bytes32, options?: Abortable) => Promise<Uint8Array>
  /**
   * Nodes of the state trie that lead to an account, and of its storage trie that lead to each slot, or to where it would
   * be, in the state of the block of this hash. In any order, and more than is needed does no harm.
   * @throws REGISTRY_UNAVAILABLE
   */
  nodes: (
    account: Address,
    slots: readonly Bytes32[],
    block: Bytes32,
    options?: Abortable
  ) => Promise<readonly Uint8Array[]>
}
