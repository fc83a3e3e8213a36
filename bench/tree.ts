/**
 * `npm run bench:tree`: the tree of an edition and its proofs, beside OpenZeppelin's trees, in the same run. `--quick`
 * leaves out the large ones. Decision record 0010 says what the figures decided.
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { SimpleMerkleTree, StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { createKeccak } from 'hash-wasm'
import type { Bytes32 } from '../src/block/cid.ts'
import { editionTree, foldProof, leafOf, treeOf } from '../src/registry/tree.ts'
import { CID_PREFIX, plainHasher, type TreeHasher, WORD_SIZE } from '../src/registry/tree-hasher.ts'
import { startHasher } from '../src/registry/wasm-hasher.ts'
import { benchCase, type Comparison, compare, lines, machine, type Row } from './compare.ts'

const OURS = 'trend-archive'
const SIMPLE = 'OpenZeppelin SimpleMerkleTree'
const STANDARD = 'OpenZeppelin StandardMerkleTree'
/** As an edition has them: in the order of its entries. It spares OpenZeppelin's trees a sort. */
const IN_ORDER = { sortLeaves: false }

const wasm = startHasher() ?? assert.fail('WebAssembly is not allowed here')
const library = await libraryHasher()

/** From words to a tree that gives proofs: leaves as they are, and digests of which leaves are made first. */
export async function benchTree(count: number, repetitions = 5): Promise<Comparison> {
  const digests = digestsOf(count)
  const leaves = digests.map(leafOf)
  expectEqual(digests, leaves)
  const words = new Uint8Array(2 * count * WORD_SIZE)
  return await compare(
    'build a tree',
    count,
    [
      benchCase({ name: 'a node a document in WebAssembly (limit, no tree)', run: () => wasm.nodesOf(words) }),
      benchCase({ name: `${OURS} treeOf, leaves`, run: () => treeOf(leaves, wasm) }),
      benchCase({ name: `${OURS} treeOf, leaves, over hash-wasm`, run: () => treeOf(leaves, library) }),
      benchCase({ name: `${OURS} treeOf, leaves, in JavaScript`, run: () => treeOf(leaves, plainHasher) }),
      benchCase({ name: `${SIMPLE}, leaves`, run: () => SimpleMerkleTree.of(leaves, IN_ORDER) }),
      benchCase({ name: `${OURS} editionTree, digests`, run: () => editionTree(digests, wasm) }),
      benchCase({ name: `${OURS} editionTree, digests, over hash-wasm`, run: () => editionTree(digests, library) }),
      benchCase({ name: `${OURS} editionTree, digests, in JavaScript`, run: () => editionTree(digests, plainHasher) }),
      benchCase({
        name: `${STANDARD}, digests`,
        run: () => StandardMerkleTree.of(rows(digests), ['bytes32'], IN_ORDER)
      })
    ],
    repetitions
  )
}

/** From a tree to the proof of a leaf. */
async function benchProofs(count: number, asked = 1000): Promise<Comparison> {
  const leaves = digestsOf(count).map(leafOf)
  const ours = treeOf(leaves)
  const theirs = SimpleMerkleTree.of(leaves, IN_ORDER)
  const indices = Array.from({ length: asked }, (_, i) => Math.floor((i * count) / asked))
  const word = Buffer.alloc(WORD_SIZE, 0x5a)
  return await compare(`prove one of ${count}`, asked, [
    benchCase({
      name: 'as many words in hex (limit, no tree)',
      run: () => indices.map(() => Array.from({ length: Math.ceil(Math.log2(count)) }, () => word.toString('hex')))
    }),
    benchCase({ name: `${OURS} proof`, run: () => indices.map((i) => ours.proof(i)) }),
    benchCase({ name: `${SIMPLE} getProof`, run: () => indices.map((i) => theirs.getProof(i)) })
  ])
}

/** From a leaf and its proof to whether it belongs to a root. */
async function benchFolds(count: number, asked = 1000): Promise<Comparison> {
  const leaves = digestsOf(count).map(leafOf)
  const { root, proof } = treeOf(leaves)
  const proofs = Array.from({ length: asked }, (_, i) => Math.floor((i * count) / asked)).map(
    (i) => [leaves[i]!, proof(i)] as const
  )
  const words = new Uint8Array(2 * WORD_SIZE * Math.ceil(Math.log2(count)))
  return await compare(`check a proof of one of ${count}`, asked, [
    benchCase({
      name: 'as many nodes in WebAssembly (limit, no hex)',
      run: () => {
        for (let i = 0; i < asked; i++) wasm.nodesOf(words)
      }
    }),
    benchCase({
      name: `${OURS} foldProof`,
      run: () => assert.ok(proofs.every(([leaf, siblings]) => foldProof(leaf, siblings) === root))
    }),
    benchCase({
      name: `${SIMPLE} verify`,
      run: () => assert.ok(proofs.every(([leaf, siblings]) => SimpleMerkleTree.verify(root, leaf, [...siblings])))
    })
  ])
}

/** How many times as long OpenZeppelin took for the same words, by the clock and by the processor, as lines of text. */
function gains({ rows: measured, operations }: Comparison): readonly string[] {
  const rowOf = (name: string): Row => measured.find((row) => row.name === name) ?? assert.fail(name)
  return [
    ['treeOf, leaves', `${SIMPLE}, leaves`],
    ['editionTree, digests', `${STANDARD}, digests`]
  ].flatMap(([verb, peer]) =>
    ['', ', over hash-wasm', ', in JavaScript'].map((how) => {
      const [ours, theirs] = [rowOf(`${OURS} ${verb}${how}`), rowOf(peer!)]
      const [wall, cpu] = [theirs.median / ours.median, theirs.cpu / ours.cpu].map((times) => times.toFixed(1))
      return `${operations}: ${verb}${how} is ${wall} times as fast as ${peer} (${cpu} by processor time)`
    })
  )
}

const rows = (digests: readonly Bytes32[]): [string][] => digests.map((digest) => [digest])

/** The leaves of numbers will do for digests: they are as random, and the same every time. */
const digestsOf = (count: number): readonly Bytes32[] =>
  Array.from({ length: count }, (_, i) => leafOf(`0x${i.toString(16).padStart(64, '0')}`))

/** Everything that is compared gives the same trees, and OpenZeppelin's agrees where it has the same shape. */
function expectEqual(digests: readonly Bytes32[], leaves: readonly Bytes32[]): void {
  const { root, proof } = treeOf(leaves, wasm)
  for (const hasher of [wasm, library, plainHasher]) {
    assert.equal(treeOf(leaves, hasher).root, root)
    assert.equal(editionTree(digests, hasher).root, root)
  }
  const whole = leaves.slice(0, 2 ** Math.floor(Math.log2(leaves.length)))
  assert.equal(SimpleMerkleTree.of(whole, IN_ORDER).root, treeOf(whole, wasm).root)
  for (let i = 0; i < leaves.length; i += Math.ceil(leaves.length / 50)) {
    assert.ok(SimpleMerkleTree.verify(root, leaves[i]!, [...proof(i)]))
  }
}

/** The same work by the WebAssembly of a library, which hashes one message at a time. */
async function libraryHasher(): Promise<TreeHasher> {
  const keccak = await createKeccak(256)
  const eachOf = (bytes: Uint8Array, size: number, message: (part: Uint8Array) => Uint8Array): Uint8Array => {
    const digests = new Uint8Array(Math.floor(bytes.length / size) * WORD_SIZE)
    for (let i = 0; i * WORD_SIZE < digests.length; i++) {
      keccak.init()
      keccak.update(message(bytes.subarray(i * size, (i + 1) * size)))
      digests.set(keccak.digest('binary'), i * WORD_SIZE)
    }
    return digests
  }
  const cid = new Uint8Array(CID_PREFIX.length + WORD_SIZE)
  cid.set(CID_PREFIX)
  const pair = new Uint8Array(2 * WORD_SIZE)
  return {
    leavesOf: (digests) =>
      eachOf(digests, WORD_SIZE, (digest) => {
        cid.set(digest, CID_PREFIX.length)
        return cid
      }),
    nodesOf: (words) =>
      eachOf(words, 2 * WORD_SIZE, (both) => {
        let at = 0
        while (at < WORD_SIZE - 1 && both[at] === both[WORD_SIZE + at]) at++
        if (both[at]! <= both[WORD_SIZE + at]!) return both
        pair.set(both.subarray(WORD_SIZE))
        pair.set(both.subarray(0, WORD_SIZE), WORD_SIZE)
        return pair
      })
  }
}

if (import.meta.main) {
  const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values
  console.log(machine())
  for (const count of quick ? [1000] : [1000, 10_000, 100_000]) {
    const built = await benchTree(count, count > 10_000 ? 3 : 5)
    console.log(`\n${lines(built).join('\n')}\n\n${gains(built).join('\n')}`)
  }
  const count = quick ? 1000 : 100_000
  for (const comparison of [await benchProofs(count), await benchFolds(count)]) {
    console.log(`\n${lines(comparison).join('\n')}`)
  }
}
