import type { Bytes32 } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import { toBytes32 } from './keccak.ts'
import { NONE } from './registry.ts'
import { type TreeHasher, WORD_SIZE } from './tree-hasher.ts'
import { hasherFor } from './wasm-hasher.ts'

/** The tree over some leaves: its root, and for each leaf the siblings that lead up to that root. */
export interface Tree {
  /** {@link NONE} over no leaves, as the registry spells "no tree". */
  readonly root: Bytes32
  /** From the sibling of the leaf to that below the root. @throws INVALID_OPTION when there is no such leaf */
  readonly proof: (index: number) => readonly Bytes32[]
}

/**
 * The leaf of a document: keccak-256 of its binary CID. 37 bytes go into a leaf and 64 into a node, so neither can be
 * passed off as the other.
 * @throws INVALID_NAME when the digest is not 32 bytes
 */
export const leafOf = (digest: Bytes32): Bytes32 => toBytes32(hasherFor(1).leavesOf(bytesOf([digest])))

/** The node above two others, in either order. @throws INVALID_NAME when one is not 32 bytes */
export const nodeOf = (a: Bytes32, b: Bytes32): Bytes32 => toBytes32(hasherFor(1).nodesOf(bytesOf([a, b])))

/**
 * The tree over leaves in their order. The odd one at the end of a level moves up unchanged; doubling it would let two
 * lists share a root.
 * @param hasher default WebAssembly for a long list where the runtime allows it, else JavaScript
 * @throws INVALID_NAME when a leaf is not 32 bytes
 */
export const treeOf = (leaves: readonly Bytes32[], hasher: TreeHasher = hasherFor(leaves.length)): Tree =>
  grow(bytesOf(leaves), hasher)

/**
 * The tree of an edition, over the digests of its documents in their order. The edition itself is recorded under
 * {@link keyOf} of its digest and this root, so a document's proof goes on with the edition's leaf:
 * `[...tree.proof(i), leafOf(edition)]`; the edition's own proof is `[tree.root]`.
 * @param hasher default as that of {@link treeOf}
 * @throws INVALID_NAME when a digest is not 32 bytes
 */
export const editionTree = (digests: readonly Bytes32[], hasher: TreeHasher = hasherFor(digests.length)): Tree =>
  grow(hasher.leavesOf(bytesOf(digests)), hasher)

/** The key a document is recorded under: its leaf, or with a tree the node above the two. */
export const keyOf = (digest: Bytes32, tree: Bytes32 = NONE): Bytes32 =>
  tree === NONE ? leafOf(digest) : nodeOf(leafOf(digest), tree)

/** Folds a leaf up along its proof to the key it leads to. @throws INVALID_NAME when one is not 32 bytes */
export function foldProof(start: Bytes32, proof: readonly Bytes32[]): Bytes32 {
  const { nodesOf } = hasherFor(proof.length)
  const pair = new Uint8Array(2 * WORD_SIZE)
  let node = bytesOf([start])
  const siblings = bytesOf(proof)
  for (let at = 0; at < siblings.length; at += WORD_SIZE) {
    pair.set(node)
    pair.set(siblings.subarray(at, at + WORD_SIZE), WORD_SIZE)
    node = nodesOf(pair)
  }
  return toBytes32(node)
}

/** Levels stay bytes, 64 of them a leaf in all, and only what is asked for is spelled out. */
function grow(leaves: Uint8Array, hasher: TreeHasher): Tree {
  const levels = [leaves]
  for (let level = leaves; level.length > WORD_SIZE; levels.push(level)) level = levelAbove(level, hasher)
  const count = leaves.length / WORD_SIZE
  return {
    root: count === 0 ? NONE : toBytes32(levels.at(-1)!),
    proof(index) {
      if (!Number.isInteger(index) || index < 0 || index >= count) {
        const rule = `there are ${count} leaves, counted from 0`
        throw new ArchiveError('INVALID_OPTION', `no leaf ${index}: ${rule}`, { option: 'index', rule })
      }
      return levels.flatMap((level, height) => {
        const at = (Math.floor(index / 2 ** height) ^ 1) * WORD_SIZE
        return at < level.length ? [toBytes32(level.subarray(at, at + WORD_SIZE))] : []
      })
    }
  }
}

function levelAbove(level: Uint8Array, { nodesOf }: TreeHasher): Uint8Array {
  const nodes = nodesOf(level)
  const odd = level.subarray(2 * nodes.length)
  if (odd.length === 0) return nodes
  const above = new Uint8Array(nodes.length + odd.length)
  above.set(nodes)
  above.set(odd, nodes.length)
  return above
}

const NO_DIGIT = 0xff
/** The value of a hex digit of either case, by its character code. */
const DIGITS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? NO_DIGIT : value
})

/** The bytes of words, one after another. Reading hex is a fifth of a tree's time, so it is checked in one pass. */
function bytesOf(words: readonly Bytes32[]): Uint8Array {
  const bytes = new Uint8Array(words.length * WORD_SIZE)
  for (const [i, word] of words.entries()) {
    if (!writeWord(word, bytes, i * WORD_SIZE)) {
      const rule = 'a digest, a node and a tree are each 0x and 64 hex digits'
      throw new ArchiveError('INVALID_NAME', `${word}: ${rule}`, { name: word, rule })
    }
  }
  return bytes
}

/** Whether it is a word; its bytes then stand in `bytes`. */
function writeWord(word: string, bytes: Uint8Array, start: number): boolean {
  if (!/^0x/i.test(word) || word.length !== 2 + 2 * WORD_SIZE) return false
  let seen = 0
  for (let i = 0; i < WORD_SIZE; i++) {
    const high = DIGITS[word.charCodeAt(2 + 2 * i)] ?? NO_DIGIT
    const low = DIGITS[word.charCodeAt(3 + 2 * i)] ?? NO_DIGIT
    seen |= high | low
    bytes[start + i] = (high << 4) | low
  }
  return seen < 16
}
