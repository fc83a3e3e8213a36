import { fromDigest, parseCid, type TrendCid } from './cid.ts'

/**
 * A digest as a text of 32 letters, one a byte; texts sort as their digests do. What a set of a hundred thousand
 * documents holds: a key takes 48 bytes, a CID 2 kB, and the text of one is remembered beside it.
 */
export type Key = string

export const keyOf = ({ multihash }: TrendCid): Key => String.fromCharCode(...multihash.digest)

export const fromKey = (key: Key): TrendCid => fromDigest(Uint8Array.from(key, (letter) => letter.charCodeAt(0)))

/** The key of a CID that a document names, which is of the profile. */
export const keyOfText = (text: string): Key => keyOf(parseCid(text))
