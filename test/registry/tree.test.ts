import { readFileSync } from 'node:fs'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { Contract, concat, keccak256 } from 'ethers'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { NONE } from '../../src/registry/registry.ts'
import { editionTree, foldProof, keyOf, leafOf, nodeOf, treeOf } from '../../src/registry/tree.ts'
import { openHardhat } from './evm.ts'

const evm = await openHardhat()
afterAll(evm.close)

const word = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Bytes32 => `0x${Buffer.from(bytes).toString('hex')}`)
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 70 })
const flip = (hex: Bytes32, bit: number): Bytes32 => {
  const value = BigInt(hex) ^ (1n << BigInt(bit))
  return `0x${value.toString(16).padStart(64, '0')}`
}

describe('a leaf', () => {
  test('is the keccak-256 of the 37 bytes of the binary CID', () => {
    const digest: Bytes32 = `0x${'11'.repeat(32)}`
    expect(leafOf(digest)).toBe(keccak256(concat(['0x0180041220', digest])))
  })

  test('and a node are made of words of 32 bytes only', () => {
    const refusal = expect.objectContaining({ code: 'INVALID_NAME' })
    for (const bad of ['0x', '0x11', `0x${'11'.repeat(33)}`, `0x${'zz'.repeat(32)}`, '11'.repeat(33)]) {
      expect(() => leafOf(bad as Bytes32)).toThrow(refusal)
      expect(() => nodeOf(NONE, bad as Bytes32)).toThrow(refusal)
      expect(() => treeOf([bad as Bytes32])).toThrow(refusal)
      expect(() => foldProof(NONE, [bad as Bytes32])).toThrow(refusal)
    }
  })
})

describe('a tree', () => {
  test('proves every leaf, and nothing else', () => {
    fc.assert(
      fc.property(words, fc.nat(), fc.integer({ min: 0, max: 255 }), (leaves, pick, bit) => {
        const tree = treeOf(leaves)
        for (const [i, leaf] of leaves.entries()) expect(foldProof(leaf, tree.proof(i))).toBe(tree.root)
        const at = pick % leaves.length
        const leaf = leaves[at]!
        const proof = tree.proof(at)
        expect(foldProof(flip(leaf, bit), proof)).not.toBe(tree.root)
        for (const [i, sibling] of proof.entries()) {
          expect(foldProof(leaf, proof.with(i, flip(sibling, bit)))).not.toBe(tree.root)
          expect(foldProof(leaf, proof.toSpliced(i, 1))).not.toBe(tree.root)
        }
        expect(foldProof(leaf, [...proof, leaf])).not.toBe(tree.root)
      }),
      { numRuns: 60 }
    )
  })

  test('folds as the most used library of such trees does', () => {
    fc.assert(
      fc.property(words, (leaves) => {
        const tree = treeOf(leaves)
        for (const [i, leaf] of leaves.entries()) {
          expect(SimpleMerkleTree.verify(tree.root, leaf, [...tree.proof(i)])).toBe(true)
        }
        const theirs = SimpleMerkleTree.of(leaves)
        for (const leaf of leaves) expect(foldProof(leaf, theirs.getProof(leaf) as Bytes32[])).toBe(theirs.root)
      }),
      { numRuns: 20 }
    )
  })

  test('moves the odd leaf up unchanged, so that no two lists share a root', () => {
    const [a, b, c] = [leafOf(`0x${'0a'.repeat(32)}`), leafOf(`0x${'0b'.repeat(32)}`), leafOf(`0x${'0c'.repeat(32)}`)]
    expect(treeOf([a]).root).toBe(a)
    expect(treeOf([a, b]).root).toBe(nodeOf(a, b))
    expect(treeOf([a, b, c]).root).toBe(nodeOf(nodeOf(a, b), c))
    expect(treeOf([a, b, c, c]).root).not.toBe(treeOf([a, b, c]).root)
    expect(treeOf([a, b, c]).proof(2)).toEqual([nodeOf(a, b)])
  })

  test('depends on the order of its leaves beyond each pair', () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((n): Bytes32 => `0x${String(n).repeat(64)}`) as [
      Bytes32,
      Bytes32,
      Bytes32,
      Bytes32
    ]
    expect(treeOf([a, b, c, d]).root).not.toBe(treeOf([a, c, b, d]).root)
  })

  test('over nothing is no tree, and has nothing to prove', () => {
    expect(treeOf([]).root).toBe(NONE)
    expect(keyOf(`0x${'11'.repeat(32)}`, treeOf([]).root)).toBe(leafOf(`0x${'11'.repeat(32)}`))
    for (const index of [0, -1, 0.5]) {
      expect(() => treeOf([]).proof(index)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
  })
})

describe('the registry', () => {
  let serial = 0
  /** Records an edition of so many documents, another one every time. */
  const record = async (count: number) => {
    const [wallet] = evm.wallets
    const registry = await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer: wallet! })
    const [edition, ...digests] = fc.sample(word, { numRuns: count + 1, seed: ++serial })
    const tree = editionTree(digests)
    await registry.send([
      { verb: 'publish', publisher: registry.account, ref: NONE, digest: edition!, parent: NONE, tree: tree.root }
    ])
    const isPublished = async (digest: Bytes32, proof: readonly Bytes32[]): Promise<boolean> =>
      (await contract.getFunction('verify')(registry.account, digest, proof)).publishedAt !== 0n
    return { edition: edition!, digests, tree, isPublished }
  }
  const contract = new Contract(evm.address, trendRegistryAbi, evm.provider)

  test('the contract accepts exactly the proofs of this tree', async () => {
    for (const count of [1, 2, 3, 5, 8, 13, 21, 33]) {
      const { edition, digests, tree, isPublished } = await record(count)
      expect(await contract.getFunction('leafOf')(edition)).toBe(leafOf(edition))
      expect(await isPublished(edition, [tree.root])).toBe(true)
      expect(await isPublished(tree.root, [leafOf(edition)])).toBe(false)
      for (const [i, digest] of digests.entries()) {
        const proof = [...tree.proof(i), leafOf(edition)]
        expect(await isPublished(digest, proof)).toBe(true)
        expect(foldProof(leafOf(digest), proof)).toBe(keyOf(edition, tree.root))
        const wrong = [proof.slice(1), proof.slice(0, -1), [...proof, proof[0]!], proof.with(i % proof.length, edition)]
        for (const other of wrong) expect(await isPublished(digest, other)).toBe(false)
        expect(await isPublished(leafOf(digest), proof)).toBe(false)
      }
    }
  })

  test('the contract accepts the proofs of long lists of any size, which WebAssembly hashes', async () => {
    const size = fc.integer({ min: 257, max: 2100 })
    await fc.assert(
      fc.asyncProperty(size, fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), async (count, picks) => {
        const { edition, digests, tree, isPublished } = await record(count)
        for (const i of [count - 1, ...picks.map((pick) => pick % count)]) {
          const proof = [...tree.proof(i), leafOf(edition)]
          expect(await isPublished(digests[i]!, proof)).toBe(true)
          expect(await isPublished(digests[(i + 1) % count]!, proof)).toBe(false)
          expect(foldProof(leafOf(digests[i]!), proof)).toBe(keyOf(edition, tree.root))
        }
      }),
      { numRuns: 6 }
    )
  })
})

describe('the golden trees', () => {
  const vectors: readonly {
    readonly digests: readonly Bytes32[]
    readonly leaves: readonly Bytes32[]
    readonly root: Bytes32
    readonly edition: Bytes32
    readonly key: Bytes32
    readonly proofs: readonly (readonly Bytes32[])[]
  }[] = JSON.parse(readFileSync(new URL('../vectors/trees.json', import.meta.url), 'utf8'))
  /** Written anew from the specification, over another keccak. */
  const leaf = (digest: string): string => keccak256(concat(['0x0180041220', digest]))
  const node = (a: string, b: string): string => keccak256(concat(a < b ? [a, b] : [b, a]))
  const root = (level: readonly string[]): string =>
    level.length === 1
      ? level[0]!
      : root(
          Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
            const [left, right] = level.slice(2 * i, 2 * i + 2)
            return right === undefined ? left! : node(left!, right)
          })
        )

  test.each(vectors.map((vector) => [vector.digests.length, vector] as const))(
    'of %i documents are what an independent implementation makes of them',
    (_, { digests, leaves, root: top, edition, key, proofs }) => {
      expect(digests.map(leaf)).toEqual(leaves)
      expect(root(leaves)).toBe(top)
      expect(node(leaf(edition), top)).toBe(key)
      for (const [i, proof] of proofs.entries()) expect(proof.reduce<string>(node, leaves[i]!)).toBe(key)
    }
  )

  test('are what this implementation makes of them', () => {
    for (const { digests, leaves, root: top, edition, key, proofs } of vectors) {
      const tree = editionTree(digests)
      expect(digests.map(leafOf)).toEqual(leaves)
      expect(tree.root).toBe(top)
      expect(keyOf(edition, tree.root)).toBe(key)
      expect(digests.map((_, i) => [...tree.proof(i), leafOf(edition)])).toEqual(proofs)
    }
  })
})
