import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { provenAccount, provenWord } from '../registry/account-proof.ts'
import { BadProof } from '../registry/bad-proof.ts'
import { readHeader } from '../registry/header.ts'
import type { NodeLookup } from '../registry/trie.ts'

/** Nodes of tries under their keccak-256. */
export type Nodes = ReadonlyMap<Bytes32, Uint8Array>

/** The nodes that lead from a block's header to slots of an account: those of the state trie, those of the storage trie. */
export interface Trail {
  readonly state: ReadonlySet<Bytes32>
  readonly storage: ReadonlySet<Bytes32>
}

/**
 * Which nodes lead to some slots, or to where they would be: those that whoever proves them has to look at, so that a file
 * needs no others. It proves nothing, and ends where a node is missing or is none.
 */
export function trailOf(
  header: Uint8Array,
  nodes: { readonly state: Nodes; readonly storage: Nodes },
  address: Address,
  slots: readonly Bytes32[]
): Trail {
  const trail = { state: new Set<Bytes32>(), storage: new Set<Bytes32>() }
  const noting =
    (part: keyof Trail): NodeLookup =>
    (hash) => {
      const node = nodes[part].get(hash)
      if (node !== undefined) trail[part].add(hash)
      return node
    }
  asFarAsItGoes(() => {
    const account = provenAccount(readHeader(header).stateRoot, address, noting('state'))
    if (account === undefined) return
    for (const slot of slots) asFarAsItGoes(() => provenWord(account.storageRoot, slot, noting('storage')))
  })
  return trail
}

function asFarAsItGoes(walk: () => unknown): void {
  try {
    walk()
  } catch (error) {
    if (!(error instanceof BadProof)) throw error
  }
}
