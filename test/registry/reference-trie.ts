import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { CODE_DIGEST } from '../../src/registry/bytecode.ts'
import { fromHex, keccak256, toBytes32 } from '../../src/registry/keccak.ts'
import { encodeRlp, type Rlp } from '../../src/registry/rlp.ts'
import { EMPTY_ROOT } from '../../src/registry/trie.ts'

/** A hexary Merkle-Patricia trie over some keys, built as the Yellow Paper defines it (appendix D), all at once. */
export interface ReferenceTrie {
  readonly root: Bytes32
  readonly nodes: readonly Uint8Array[]
}

type Entry = readonly [digits: string, value: Uint8Array]

const NOTHING = new Uint8Array()

export function buildTrie(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>): ReferenceTrie {
  const nodes: Uint8Array[] = []
  const stored = (node: Rlp): Uint8Array => {
    const bytes = encodeRlp(node)
    nodes.push(bytes)
    return keccak256(bytes)
  }
  const reference = (below: readonly Entry[]): Rlp => {
    if (below.length === 0) return NOTHING
    const node = nodeOver(below)
    return encodeRlp(node).length < 32 ? node : stored(node)
  }
  const nodeOver = (below: readonly Entry[]): Rlp => {
    const [[digits, value]] = below as [Entry]
    if (below.length === 1) return [compact(digits, true), value]
    const shared = below.reduce((prefix, [other]) => commonPrefix(prefix, other), digits)
    if (shared !== '')
      return [compact(shared, false), reference(below.map(([path, at]) => [path.slice(shared.length), at]))]
    const children = Array.from('0123456789abcdef', (digit) =>
      reference(below.filter(([path]) => path[0] === digit).map(([path, at]) => [path.slice(1), at]))
    )
    return [...children, below.find(([path]) => path === '')?.[1] ?? NOTHING]
  }
  const all = Array.from(entries, ([key, value]): Entry => [hexOf(key), value])
  return all.length === 0 ? { root: EMPTY_ROOT, nodes } : { root: toBytes32(stored(nodeOver(all))), nodes }
}

export const compact = (digits: string, isLeaf: boolean): Uint8Array => {
  const flag = (isLeaf ? 2 : 0) + (digits.length % 2)
  return fromHex(`0x${flag}${digits.length % 2 === 0 ? '0' : ''}${digits}`)
}

const hexOf = (bytes: Uint8Array): string => toBytes32(bytes).slice(2)

function commonPrefix(one: string, other: string): string {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return one.slice(0, length)
}

/** The shortest bytes of a number. */
export function integer(value: bigint): Uint8Array {
  const hex = value.toString(16)
  return value === 0n ? NOTHING : fromHex(`0x${hex.length % 2 === 0 ? hex : `0${hex}`}`)
}

export interface MadeState {
  readonly words?: Readonly<Record<Bytes32, bigint>> | undefined
  readonly codeHash?: Bytes32 | undefined
  readonly number?: bigint | undefined
  readonly timestamp?: bigint | undefined
}

/** A block that nobody mined: its header, and the nodes of its state, in which there is one contract among other accounts. */
export function makeState(
  address: Address,
  { words = {}, codeHash = CODE_DIGEST, number = 7n, timestamp = 1000n }: MadeState = {}
): { readonly header: Uint8Array; readonly hash: Bytes32; readonly nodes: readonly Uint8Array[] } {
  const storage = buildTrie(
    Object.entries(words).map(([slot, word]) => [keccak256(fromHex(slot)), encodeRlp(integer(word))])
  )
  const account = (root: Bytes32, code: Bytes32): Uint8Array =>
    encodeRlp([integer(1n), integer(0n), fromHex(root), fromHex(code)])
  const others = Array.from({ length: 40 }, (_, i) => keccak256(Uint8Array.of(i)))
  const state = buildTrie([
    [keccak256(fromHex(address)), account(storage.root, codeHash)],
    ...others.map((key): [Uint8Array, Uint8Array] => [key, account(EMPTY_ROOT, toBytes32(keccak256(NOTHING)))])
  ])
  const word = new Uint8Array(32)
  const header = encodeRlp([
    ...[word, word, new Uint8Array(20), fromHex(state.root), word, word, new Uint8Array(256)],
    ...[0n, number, 30_000_000n, 0n, timestamp].map(integer),
    ...[NOTHING, word, new Uint8Array(8)]
  ])
  return { header, hash: toBytes32(keccak256(header)), nodes: [...state.nodes, ...storage.nodes] }
}
