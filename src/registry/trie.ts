import type { Bytes32 } from '../block/cid.ts'
import { BadProof } from './bad-proof.ts'
import { keccak256, toBytes32 } from './keccak.ts'
import { decodeRlp, encodeRlp, type Rlp } from './rlp.ts'

/** Finds a node by its keccak-256. Of {@link nodesByHash}, so that what it finds is what its hash says. */
export type NodeLookup = (hash: Bytes32) => Uint8Array | undefined

/** The root of a trie with nothing in it: keccak-256 of the RLP of no bytes. */
export const EMPTY_ROOT: Bytes32 = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/** A branch of 16 hashes has 532 bytes; neither an account nor a word of storage makes a larger node. */
const MAX_NODE = 1024
/** What is shorter than its hash stands in its parent itself (Yellow Paper, appendix D). */
const HASH_SIZE = 32
/** A child for each hex digit, and a value. */
const BRANCH_SIZE = 17

/** Hashes nodes. What is too large to be one is left out, so that whoever needs it finds that it is missing. */
export function nodesByHash(nodes: Iterable<Uint8Array>): NodeLookup {
  const byHash = new Map<Bytes32, Uint8Array>()
  for (const node of nodes) if (node.length <= MAX_NODE) byHash.set(toBytes32(keccak256(node)), node)
  return (hash) => byHash.get(hash)
}

/**
 * The value of a key in the hexary Merkle-Patricia trie of a root, or `undefined` where the nodes prove that it has none:
 * the trie is empty, a branch has nothing at the key's digit, or what is there leads to another key. Every step takes a
 * digit of the key at least, so there is one node more than digits at most.
 * @throws BadProof where a node that is needed is missing, or is none
 */
export function lookUp(root: Bytes32, key: Uint8Array, nodes: NodeLookup): Uint8Array | undefined {
  if (root === EMPTY_ROOT) return undefined
  const path = digitsOf(key)
  let node = fetched(root, nodes)
  for (let at = 0; ; ) {
    if (node.type === 'branch') {
      if (at === path.length) return valueIn(node.items[BRANCH_SIZE - 1]!)
      const child = node.items[path[at]!]!
      at += 1
      if (child.length === 0) return undefined
      node = childOf(child, nodes)
    } else {
      const { digits, item, type } = node
      const leads = digits.every((digit, i) => digit === path[at + i])
      at += digits.length
      if (type === 'leaf') return leads && at === path.length ? bytesIn(item) : undefined
      if (!leads) return undefined
      node = childOf(item, nodes)
    }
  }
}

type Node =
  | { readonly type: 'branch'; readonly items: readonly Rlp[] }
  /** The digits that all keys below share, and the child or the value they lead to. */
  | { readonly type: 'extension' | 'leaf'; readonly digits: readonly number[]; readonly item: Rlp }

function fetched(hash: Bytes32, nodes: NodeLookup): Node {
  const bytes = nodes(hash)
  if (bytes === undefined) throw new BadProof(`the node ${hash} of a trie is missing`)
  return nodeOf(decodeRlp(bytes))
}

function childOf(reference: Rlp, nodes: NodeLookup): Node {
  if (!(reference instanceof Uint8Array)) {
    if (encodeRlp(reference).length >= HASH_SIZE) throw new BadProof('a node that is not short stands in its parent')
    return nodeOf(reference)
  }
  if (reference.length !== HASH_SIZE) throw new BadProof('a reference to a node is not 32 bytes')
  return fetched(toBytes32(reference), nodes)
}

function nodeOf(items: Rlp): Node {
  if (items instanceof Uint8Array) throw new BadProof('a node of a trie is no list')
  if (items.length === BRANCH_SIZE) return { type: 'branch', items }
  const [prefix, item] = items
  if (items.length !== 2 || prefix === undefined || item === undefined) {
    throw new BadProof('a node of a trie has neither 17 items nor 2')
  }
  return { ...partialPath(bytesIn(prefix)), item }
}

/** Digits behind a first one that says of what, and whether their number is odd (Yellow Paper, appendix C). */
function partialPath(bytes: Uint8Array): { readonly type: 'extension' | 'leaf'; readonly digits: readonly number[] } {
  const [flag = NaN, pad, ...rest] = digitsOf(bytes)
  const isOdd = flag === 1 || flag === 3
  const digits = isOdd && pad !== undefined ? [pad, ...rest] : rest
  if (!(flag <= 3) || (!isOdd && pad !== 0)) throw new BadProof('a path in a trie begins as none does')
  if (flag < 2 && digits.length === 0) throw new BadProof('an extension of a trie has no path')
  return { type: flag < 2 ? 'extension' : 'leaf', digits }
}

const digitsOf = (bytes: Uint8Array): readonly number[] => Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15])

function bytesIn(item: Rlp): Uint8Array {
  if (item instanceof Uint8Array) return item
  throw new BadProof('a node of a trie has a list where bytes belong')
}

function valueIn(item: Rlp): Uint8Array | undefined {
  const value = bytesIn(item)
  return value.length === 0 ? undefined : value
}
