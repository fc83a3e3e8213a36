import { join } from '../block/bytes.ts'
import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { slots } from './abi.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'

/** Where the registry keeps the record of a key. */
export const recordSlot = (publisher: Address, key: Bytes32): Bytes32 => slotOf(slots.records, publisher, key)

/** Where it keeps the digest that a ref names. */
export const headSlot = (publisher: Address, ref: Bytes32): Bytes32 => slotOf(slots.heads, publisher, ref)

/** Where it keeps until when an editor may publish. */
export const editorSlot = (publisher: Address, editor: Address): Bytes32 => slotOf(slots.editors, publisher, editor)

/** The slot of `m[a][b]` for the mapping at a slot, as Solidity lays them out: keccak256(b ‖ keccak256(a ‖ slot)). */
function slotOf(mapping: number, publisher: Address, inner: Address | Bytes32): Bytes32 {
  const outer = keccak256(join([wordOf(publisher), wordOf(`0x${mapping.toString(16)}`)]))
  return toBytes32(keccak256(join([wordOf(inner), outer])))
}

const wordOf = (hex: string): Uint8Array => fromHex(`0x${hex.slice(2).padStart(64, '0')}`)
