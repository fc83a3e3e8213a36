import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { BadProof } from './bad-proof.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import { decodeRlp, type Rlp } from './rlp.ts'
import { lookUp, type NodeLookup } from './trie.ts'

/** What of an account leads to the rest: its storage, and its code. */
export interface Account {
  readonly storageRoot: Bytes32
  readonly codeHash: Bytes32
}

/** An account in the state of a root, or `undefined` where it is proven that there is none. @throws BadProof */
export function provenAccount(stateRoot: Bytes32, address: Address, nodes: NodeLookup): Account | undefined {
  const value = lookUp(stateRoot, keccak256(fromHex(address)), nodes)
  if (value === undefined) return undefined
  const fields = decodeRlp(value)
  // Nonce and balance come first (Yellow Paper, 4.1).
  if (fields instanceof Uint8Array || fields.length !== 4) throw new BadProof('an account has other than 4 fields')
  return { storageRoot: hashIn(fields[2]!), codeHash: hashIn(fields[3]!) }
}

/** The word in a slot of an account's storage; 0 where it is proven that nothing is there. @throws BadProof */
export function provenWord(storageRoot: Bytes32, slot: Bytes32, nodes: NodeLookup): bigint {
  const value = lookUp(storageRoot, keccak256(fromHex(slot)), nodes)
  if (value === undefined) return 0n
  const word = decodeRlp(value)
  if (!(word instanceof Uint8Array) || word.length > 32 || word[0] === 0) {
    throw new BadProof('a word of storage is not in its shortest form')
  }
  // A zero is not kept at all, but anvil keeps those that were something else before.
  return word.length === 0 ? 0n : BigInt(toBytes32(word))
}

function hashIn(field: Rlp): Bytes32 {
  if (field instanceof Uint8Array && field.length === 32) return toBytes32(field)
  throw new BadProof('a hash in an account is not 32 bytes')
}
