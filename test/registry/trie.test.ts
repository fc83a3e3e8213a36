import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { BadProof } from '../../src/registry/bad-proof.ts'
import { fromHex, keccak256, toBytes32 } from '../../src/registry/keccak.ts'
import { encodeRlp, type Rlp } from '../../src/registry/rlp.ts'
import { EMPTY_ROOT, lookUp, nodesByHash } from '../../src/registry/trie.ts'
import { buildTrie, compact } from './reference-trie.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const NOTHING = new Uint8Array()
const hashOf = (bytes: Uint8Array): Bytes32 => toBytes32(keccak256(bytes))

/** Keys of two bytes, so that many share digits, with values short enough to stand in their parents and longer ones. */
const anyContent = fc.uniqueArray(
  fc.tuple(
    fc.uint8Array({ minLength: 2, maxLength: 2 }),
    fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 30, maxLength: 60 }))
  ),
  { selector: ([key]) => toBytes32(key), minLength: 1, maxLength: 60 }
)
/** The same under keys as Ethereum has them. */
const hashed = (content: readonly (readonly [Uint8Array, Uint8Array])[]) =>
  content.map(([key, value]) => [keccak256(key), value] as const)

/** What a walk comes to: a value, nothing, or that the proof does not hold. Any other error fails the test. */
function found(root: Bytes32, key: Uint8Array, nodes: Iterable<Uint8Array>): Uint8Array | undefined | 'refused' {
  try {
    return lookUp(root, key, nodesByHash(nodes))
  } catch (error) {
    if (error instanceof BadProof) return 'refused'
    throw error
  }
}

/** Only the nodes on the way of a key: those that it cannot do without. */
function proofOf(root: Bytes32, key: Uint8Array, nodes: readonly Uint8Array[]): readonly Uint8Array[] {
  const all = nodesByHash(nodes)
  const used: Uint8Array[] = []
  lookUp(root, key, (hash) => {
    const node = all(hash)
    if (node !== undefined) used.push(node)
    return node
  })
  return used
}

describe('a trie', () => {
  test('has the root that others give it', () => {
    // `dogs` of trieanyorder.json in ethereum/tests.
    const { root } = buildTrie(
      Object.entries({ doe: 'reindeer', dog: 'puppy', dogglesworth: 'cat' }).map(([key, value]) => [
        text(key),
        text(value)
      ])
    )
    expect(root).toBe('0x8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3')
    expect(EMPTY_ROOT).toBe(hashOf(encodeRlp(NOTHING)))
  })

  test('has a value at the end of a branch too', () => {
    const words = { do: 'verb', dog: 'puppy', dogs: 'puppies', doge: 'coin', horse: 'stallion' }
    const { root, nodes } = buildTrie(Object.entries(words).map(([key, value]) => [text(key), text(value)]))
    for (const [key, value] of Object.entries(words)) expect(found(root, text(key), nodes)).toEqual(text(value))
    for (const key of ['', 'd', 'doges', 'dogt', 'hors', 'horses', 'x'])
      expect(found(root, text(key), nodes)).toBeUndefined()
  })

  test.each([
    ['short keys', (content: readonly (readonly [Uint8Array, Uint8Array])[]) => content],
    ['hashed keys', hashed]
  ])('proves what is in it, and that nothing else is: %s', (_, keyed) => {
    fc.assert(
      fc.property(anyContent, fc.uint8Array({ minLength: 2, maxLength: 2 }), (content, other) => {
        const entries = keyed(content)
        const { root, nodes } = buildTrie(entries)
        for (const [key, value] of entries) {
          expect(found(root, key, proofOf(root, key, nodes))).toEqual(value)
          const [[stranger]] = keyed([[other, NOTHING]]) as [readonly [Uint8Array, Uint8Array]]
          for (const near of [stranger, flipped(key, 0), flipped(key, 8 * key.length - 1)]) {
            const value = entries.find(([one]) => toBytes32(one) === toBytes32(near))?.[1]
            expect(found(root, near, proofOf(root, near, nodes))).toEqual(value)
          }
        }
      })
    )
  })

  test('proves nothing with a node less, or with nodes of another trie', () => {
    fc.assert(
      fc.property(anyContent, anyContent, fc.nat(), (content, others, at) => {
        const { root, nodes } = buildTrie(hashed(content))
        const key = keccak256(Uint8Array.of(at & 255, at >> 8))
        const proof = proofOf(root, key, nodes)
        for (const dropped of proof)
          expect(
            found(
              root,
              key,
              proof.filter((node) => node !== dropped)
            )
          ).toBe('refused')
        const foreign = buildTrie(hashed(others))
        if (foreign.root !== root) expect(found(root, key, foreign.nodes)).toBe('refused')
        const swapped = proof.map((node, i) => (i === proof.length - 1 ? foreign.nodes.at(-1)! : node))
        if (hashOf(swapped.at(-1)!) !== hashOf(proof.at(-1)!)) expect(found(root, key, swapped)).toBe('refused')
      })
    )
  })

  test('proves nothing with any bit of it flipped, and a flipped root leads to no other error', () => {
    const { root, nodes } = buildTrie(
      hashed(Array.from({ length: 40 }, (_, i) => [Uint8Array.of(i), text(`value ${i}`)]))
    )
    let flips = 0
    for (const key of [keccak256(Uint8Array.of(3)), keccak256(Uint8Array.of(99))]) {
      const proof = proofOf(root, key, nodes)
      expect(proof.length).toBeGreaterThan(1)
      for (const [i, node] of proof.entries()) {
        for (let bit = 0; bit < 8 * node.length; bit++) {
          const bent = flipped(node, bit)
          const others = proof.filter((_, j) => j !== i)
          if (found(root, key, [...others, bent]) !== 'refused') expect.fail(`node ${i}, bit ${bit}`)
          // Whoever could choose the root could prove anything; what must not happen is a crash.
          found(hashOf(bent), key, [...others, bent])
          flips += 1
        }
      }
    }
    expect(flips).toBeGreaterThan(9_000)
  })

  const KEY = fromHex(`0x12${'00'.repeat(31)}`)
  const LEAF: Rlp = [compact('2'.padEnd(63, '0'), true), text('value')]
  const branch = (child: Rlp): Rlp => Array.from({ length: 17 }, (_, i) => (i === 1 ? child : NOTHING))
  const long = (node: Rlp): Uint8Array => keccak256(encodeRlp(node))

  test('is made of branches, extensions and leaves', () => {
    const nodes = [branch(long(LEAF)), LEAF].map(encodeRlp)
    expect(found(hashOf(nodes[0]!), KEY, nodes)).toEqual(text('value'))
  })

  test.each<readonly [string, Rlp, ...Rlp[]]>([
    ['a node that is no list', text('x'.repeat(40))],
    ['a node of one item', [text('x'.repeat(40))]],
    ['a node of three items', [compact('', true), text('x'.repeat(40)), NOTHING]],
    ['a branch of 16 items', Array.from({ length: 16 }, () => NOTHING)],
    ['a branch of 18 items', Array.from({ length: 18 }, () => NOTHING)],
    ['a path of no bytes', [NOTHING, text('value')]],
    ['a path that is a list', [[], text('value')]],
    ['a path with an unknown flag', [Uint8Array.of(0x40), text('value')]],
    ['a path with the highest flag', [Uint8Array.of(0xf1, 0x20), text('value')]],
    ['an even path with something in its padding', [Uint8Array.of(0x25, 0x12), text('value')]],
    ['an even extension with something in its padding', [Uint8Array.of(0x01, 0x12), long(LEAF)], LEAF],
    ['an extension without a path', [Uint8Array.of(0x00), long(LEAF)], LEAF],
    ['an extension to nothing', [compact('12', false), NOTHING]],
    ['a reference of 31 bytes', branch(new Uint8Array(31).fill(1))],
    ['a reference of 33 bytes', branch(new Uint8Array(33).fill(1))],
    ['a child in its parent that is too long for it', branch(LEAF)],
    ['a child in its parent that is no node', branch([NOTHING])],
    ['a value that is a list', [compact(toBytes32(KEY).slice(2), true), [text('value')]]]
  ])('has not %s', (_, ...list) => {
    const nodes = (list as readonly Rlp[]).map(encodeRlp)
    expect(found(hashOf(nodes[0]!), KEY, nodes)).toBe('refused')
  })

  test('has no node that is larger than its nodes can be', () => {
    const leaf = encodeRlp([compact(toBytes32(KEY).slice(2), true), new Uint8Array(2000)])
    expect(found(hashOf(leaf), KEY, [leaf])).toBe('refused')
    expect(found(hashOf(leaf), KEY, [new Uint8Array(16 << 20), leaf])).toBe('refused')
  })

  test('is walked in no more steps than a key has digits', () => {
    // A chain of extensions, each of one digit, for twice as long as the key.
    const nodes: Uint8Array[] = [encodeRlp([compact('0'.repeat(64), true), text('value')])]
    for (let i = 0; i < 128; i++) nodes.unshift(encodeRlp([compact('0', false), keccak256(nodes[0]!)]))
    let fetched = 0
    const all = nodesByHash(nodes)
    const counted = (hash: Bytes32): Uint8Array | undefined => {
      fetched += 1
      return all(hash)
    }
    expect(lookUp(hashOf(nodes[0]!), new Uint8Array(32), counted)).toBeUndefined()
    expect(fetched).toBe(65)
  })
})

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
