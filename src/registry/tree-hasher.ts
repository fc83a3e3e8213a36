import { keccak256 } from './keccak.ts'

/**
 * Hashes what a tree is made of, many at a time. Words of 32 bytes lie one after another, in what is passed in and in
 * what comes back. Every hasher gives the same bytes; they differ in speed.
 */
export interface TreeHasher {
  /** The leaf of each digest: keccak-256 of the binary CID it makes. */
  readonly leavesOf: (digests: Uint8Array) => Uint8Array
  /** The node above each two words, in either order. An odd word at the end has no node. */
  readonly nodesOf: (words: Uint8Array) => Uint8Array
}

export const WORD_SIZE = 32
/** CIDv1, codec json (0x0200), sha2-256, 32 bytes: what makes a digest a whole binary CID. */
export const CID_PREFIX: Uint8Array = Uint8Array.of(0x01, 0x80, 0x04, 0x12, 0x20)

/** In JavaScript, word by word: it runs everywhere. */
export const plainHasher: TreeHasher = {
  leavesOf(digests) {
    const cid = new Uint8Array(CID_PREFIX.length + WORD_SIZE)
    cid.set(CID_PREFIX)
    return eachOf(digests, WORD_SIZE, (digest) => {
      cid.set(digest, CID_PREFIX.length)
      return keccak256(cid)
    })
  },
  nodesOf(words) {
    const pair = new Uint8Array(2 * WORD_SIZE)
    return eachOf(words, pair.length, (both) => {
      const [left, right] = [both.subarray(0, WORD_SIZE), both.subarray(WORD_SIZE)]
      // Sorted, so that a proof need not say which side a sibling is on.
      const isSorted = isBelow(left, right)
      pair.set(isSorted ? left : right)
      pair.set(isSorted ? right : left, WORD_SIZE)
      return keccak256(pair)
    })
  }
}

function eachOf(bytes: Uint8Array, size: number, digest: (part: Uint8Array) => Uint8Array): Uint8Array {
  const count = Math.floor(bytes.length / size)
  const digests = new Uint8Array(count * WORD_SIZE)
  for (let i = 0; i < count; i++) digests.set(digest(bytes.subarray(i * size, (i + 1) * size)), i * WORD_SIZE)
  return digests
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at !== -1 && a[at]! < b[at]!
}
