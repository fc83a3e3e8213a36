import type { Bytes32 } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import { NONE } from './registry.ts'

/** The tree over some leaves: its root, and for each leaf the siblings that lead up to that root. */
export interface Tree {
  /** {@link NONE} over no leaves, as the registry spells "no tree". */
  readonly root: Bytes32
  /** From the sibling of the leaf to that below the root. @throws INVALID_OPTION when there is no such leaf */
  readonly proof: (index: number) => readonly Bytes32[]
}

const WORD = /^0x[0-9a-f]{64}$/i
/** CIDv1, codec json (0x0200), sha2-256, 32 bytes: what makes a digest a whole binary CID. */
const CID_PREFIX = Uint8Array.of(0x01, 0x80, 0x04, 0x12, 0x20)

/**
 * The leaf of a document: keccak-256 of its binary CID. 37 bytes go into a leaf and 64 into a node, so neither can be
 * passed off as the other.
 * @throws INVALID_NAME when the digest is not 32 bytes
 */
export const leafOf = (digest: Bytes32): Bytes32 => toBytes32(leaf(word(digest)))

/** The node above two others, in either order. @throws INVALID_NAME when one is not 32 bytes */
export const nodeOf = (a: Bytes32, b: Bytes32): Bytes32 => toBytes32(node(word(a), word(b)))

/**
 * The tree over leaves in their order. The odd one at the end of a level moves up unchanged; doubling it would let two
 * lists share a root.
 * @throws INVALID_NAME when a leaf is not 32 bytes
 */
export const treeOf = (leaves: readonly Bytes32[]): Tree => grow(leaves.map(word))

/**
 * The tree of an edition, over the digests of its documents in their order. The edition itself is recorded under
 * {@link keyOf} of its digest and this root, so a document's proof goes on with the edition's leaf:
 * `[...tree.proof(i), leafOf(edition)]`; the edition's own proof is `[tree.root]`.
 * @throws INVALID_NAME when a digest is not 32 bytes
 */
export const editionTree = (digests: readonly Bytes32[]): Tree => grow(digests.map((digest) => leaf(word(digest))))

/** The key a document is recorded under: its leaf, or with a tree the node above the two. */
export const keyOf = (digest: Bytes32, tree: Bytes32 = NONE): Bytes32 =>
  tree === NONE ? leafOf(digest) : nodeOf(leafOf(digest), tree)

/** Folds a leaf up along its proof to the key it leads to. */
export const foldProof = (start: Bytes32, proof: readonly Bytes32[]): Bytes32 =>
  toBytes32(proof.reduce((below, sibling) => node(below, word(sibling)), word(start)))

function grow(leaves: readonly Uint8Array[]): Tree {
  const levels = [leaves]
  for (let level = leaves; level.length > 1; levels.push(level)) level = levelAbove(level)
  const [root] = levels.at(-1) ?? []
  return {
    root: root === undefined ? NONE : toBytes32(root),
    proof(index) {
      if (leaves[index] === undefined) {
        const rule = `there are ${leaves.length} leaves, counted from 0`
        throw new ArchiveError('INVALID_OPTION', `no leaf ${index}: ${rule}`, { option: 'index', rule })
      }
      return levels
        .map((level, height) => level[(index >> height) ^ 1])
        .slice(0, -1)
        .flatMap((sibling) => (sibling === undefined ? [] : [toBytes32(sibling)]))
    }
  }
}

function levelAbove(level: readonly Uint8Array[]): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
    const [left, right] = [level[2 * i]!, level[2 * i + 1]]
    return right === undefined ? left : node(left, right)
  })
}

function leaf(digest: Uint8Array): Uint8Array {
  return keccak256(concat(CID_PREFIX, digest))
}

/** Sorted, so that a proof need not say which side a sibling is on. */
function node(a: Uint8Array, b: Uint8Array): Uint8Array {
  return keccak256(isBelow(a, b) ? concat(a, b) : concat(b, a))
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at !== -1 && a[at]! < b[at]!
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

function word(hex: Bytes32): Uint8Array {
  if (!WORD.test(hex)) {
    const rule = 'a digest, a node and a tree are each 0x and 64 hex digits'
    throw new ArchiveError('INVALID_NAME', `${hex}: ${rule}`, { name: hex, rule })
  }
  return fromHex(hex)
}
