import { fromDigest, type TrendCid } from './cid.ts'
import { decodeMultibase } from './multibase.ts'

/**
 * A digest as a text of 32 letters, one a byte; texts sort as their digests do. What a set of a hundred thousand
 * documents holds: a key takes 48 bytes, a CID 2 kB, and the text of one is remembered beside it.
 */
export type Key = string

export const keyOf = ({ multihash }: TrendCid): Key => String.fromCharCode(...multihash.digest)

export const fromKey = (key: Key): TrendCid => fromDigest(Uint8Array.from(key, (letter) => letter.charCodeAt(0)))

/** CIDv1, json, sha2-256, 32 bytes: what stands before the digest. */
const PREFIX_SIZE = 5

/** The key of a CID that a document names, which is of the profile. No CID is made of it. */
export const keyOfText = (text: string): Key => String.fromCharCode(...decodeMultibase(text)!.subarray(PREFIX_SIZE))
