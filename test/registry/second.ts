/**
 * A second implementation of part 1 of docs/SPEC.md, written from that text. It takes a keccak from elsewhere and nothing
 * from `src`: what the two agree on, the text says.
 */
import { keccak256 } from 'ethers'

/** Hex with 0x before it, as everything here goes in and out. */
type Hex = string

// 2 Notation

const join = (...parts: readonly Hex[]): Hex => `0x${parts.map((part) => part.slice(2)).join('')}`
const ascii = (text: string): Hex =>
  `0x${Array.from(text, (letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`
const lengthOf = (bytes: Hex): number => (bytes.length - 2) / 2
/** A number or an address, filled up on the left. */
const word = (value: number | bigint | Hex): Hex => `0x${BigInt(value).toString(16).padStart(64, '0')}`
const ZERO = word(0)

// 3 Leaves, trees and keys

export const cidOf = (digest: Hex): Hex => join('0x0180041220', digest)
export const leafOf = (digest: Hex): Hex => keccak256(cidOf(digest))
export const nodeOf = (a: Hex, b: Hex): Hex => keccak256(BigInt(a) < BigInt(b) ? join(a, b) : join(b, a))
export const refOf = (slug: string): Hex => `0x${ascii(slug).slice(2).padEnd(64, '0')}`
export const keyOf = (digest: Hex, tree: Hex): Hex => (tree === ZERO ? leafOf(digest) : nodeOf(leafOf(digest), tree))
export const fold = (leaf: Hex, proof: readonly Hex[]): Hex => proof.reduce(nodeOf, leaf)

/** Every level of a tree, the leaves first. */
function levelsOf(leaves: readonly Hex[]): readonly (readonly Hex[])[] {
  if (leaves.length < 2) return [leaves]
  const above: Hex[] = []
  for (let i = 0; i < leaves.length; i += 2) {
    const [left, right] = [leaves[i]!, leaves[i + 1]]
    above.push(right === undefined ? left : nodeOf(left, right))
  }
  return [leaves, ...levelsOf(above)]
}

export const treeOf = (leaves: readonly Hex[]): Hex => levelsOf(leaves).at(-1)![0] ?? ZERO

export function siblingsOf(leaves: readonly Hex[], index: number): readonly Hex[] {
  return levelsOf(leaves).flatMap((level, height) => {
    const place = Math.floor(index / 2 ** height)
    const sibling = level[place % 2 === 0 ? place + 1 : place - 1]
    return sibling === undefined ? [] : [sibling]
  })
}

// 4.1 Where it is

export const createdAddress = (proxy: Hex, salt: Hex, creationCodeDigest: Hex): Hex =>
  `0x${keccak256(join('0xff', proxy, salt, creationCodeDigest)).slice(-40)}`

// 4.2 State

export const insideOf = (mapping: number, outer: Hex): Hex => keccak256(join(word(outer), word(mapping)))
export const slotOf = (mapping: number, outer: Hex, inner: Hex): Hex =>
  keccak256(join(word(inner), insideOf(mapping, outer)))
export const recordWord = (publishedAt: number, retractedAt: number, editor: Hex): Hex =>
  join('0x0000', editor, fiveBytes(retractedAt), fiveBytes(publishedAt))
const fiveBytes = (value: number): Hex => `0x${value.toString(16).padStart(10, '0')}`

// 4.3 to 4.6 Calls, answers, errors, events

export const selectorOf = (signature: string): Hex => keccak256(ascii(signature)).slice(0, 10)
export const topicOf = (signature: string): Hex => keccak256(ascii(signature))

type Value = number | Hex | readonly Hex[]

/** The types between the brackets of a signature. */
const typesOf = (signature: string): readonly string[] => signature.slice(signature.indexOf('(') + 1, -1).split(',')

export const callOf = (signature: string, values: readonly Value[]): Hex =>
  join(selectorOf(signature), encode(typesOf(signature), values))

/** The ABI's encoding, as far as the registry needs it: static values are words, the others follow at an offset. */
export function encode(types: readonly string[], values: readonly Value[]): Hex {
  const heads: Hex[] = []
  const tails: Hex[] = []
  let offset = 32 * types.length
  for (const [i, type] of types.entries()) {
    const tail = tailOf(type, values[i]!)
    heads.push(tail === undefined ? word(values[i] as number | Hex) : word(offset))
    if (tail === undefined) continue
    tails.push(tail)
    offset += lengthOf(tail)
  }
  return join(...heads, ...tails)
}

function tailOf(type: string, value: Value): Hex | undefined {
  if (type === 'bytes') return bytesTail(value as Hex)
  const list = value as readonly Hex[]
  if (type === 'bytes32[]') return join(word(list.length), ...list)
  const types = list.map?.(() => 'bytes')
  return type === 'bytes[]' ? join(word(list.length), encode(types, list)) : undefined
}

function bytesTail(bytes: Hex): Hex {
  const padded = bytes.padEnd(2 + 64 * Math.ceil(lengthOf(bytes) / 32), '0')
  return join(word(lengthOf(bytes)), padded)
}

// 4.7 Typed data

export function separatorOf(chainId: number, registry: Hex): Hex {
  const type = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
  const hashes = [type, 'TrendRegistry', '1'].map((text) => keccak256(ascii(text)))
  return keccak256(join(...hashes, word(chainId), word(registry)))
}

export const structHashOf = (type: string, values: readonly (number | Hex)[]): Hex =>
  keccak256(join(keccak256(ascii(type)), ...values.map(word)))
export const signedDigestOf = (separator: Hex, structHash: Hex): Hex => keccak256(join('0x1901', separator, structHash))
