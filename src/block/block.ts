import { encode, type Json } from '../document/canonical.ts'
import type { TrendDocument } from '../document/document.ts'
import { MAX_BYTES } from '../document/size.ts'
import { cidOf, type TrendCid } from './cid.ts'

/** Bytes with their name. Holding a `Block` means someone hashed these bytes. */
export interface Block {
  readonly cid: TrendCid
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Documents above this size are refused, on the way in and on the way out. */
export const MAX_BLOCK_SIZE: number = MAX_BYTES

/** Encodes a document and names its bytes. @throws INVALID_DOCUMENT when it has no canonical encoding */
export async function toBlock(document: Json | TrendDocument): Promise<Block> {
  const bytes = encode(document)
  return { cid: await cidOf(bytes), bytes }
}

/** Names bytes from an untrusted place; `undefined` when they are not what `cid` names. */
export async function checkBlock(cid: TrendCid, bytes: Uint8Array<ArrayBuffer>): Promise<Block | undefined> {
  const actual = await cidOf(bytes)
  return actual.equals(cid) ? { cid, bytes } : undefined
}
