import { execFileSync } from 'node:child_process'
import { concat, getBytes, hexlify, keccak256 } from 'ethers'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { editionTree, treeOf } from '../../src/registry/tree.ts'
import { plainHasher, type TreeHasher, WORD_SIZE } from '../../src/registry/tree-hasher.ts'
import { startHasher } from '../../src/registry/wasm-hasher.ts'

const wasm = startHasher() ?? expect.fail('WebAssembly is not allowed here')
const HASHERS: readonly (readonly [string, TreeHasher])[] = [
  ['JavaScript', plainHasher],
  ['WebAssembly', wasm]
]

/** Written anew from the specification, over another keccak. */
const independent: TreeHasher = {
  leavesOf: (digests) =>
    getBytes(concat(wordsIn(digests).map((digest) => keccak256(concat(['0x0180041220', digest]))))),
  nodesOf: (words) =>
    getBytes(concat(pairsIn(words).map(([a, b]) => keccak256(concat(BigInt(a) < BigInt(b) ? [a, b] : [b, a])))))
}
const wordsIn = (bytes: Uint8Array): readonly string[] =>
  Array.from({ length: bytes.length / WORD_SIZE }, (_, i) =>
    hexlify(bytes.subarray(WORD_SIZE * i, WORD_SIZE * (i + 1)))
  )
const pairsIn = (bytes: Uint8Array): readonly (readonly [string, string])[] => {
  const words = wordsIn(bytes)
  return Array.from({ length: Math.floor(words.length / 2) }, (_, i) => [words[2 * i]!, words[2 * i + 1]!] as const)
}

/** Random bytes, and bytes of few values, in which the words of a pair differ late or not at all. */
const words = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc
    .oneof(fc.array(fc.nat(255), { maxLength: maxLength * WORD_SIZE }), fc.array(fc.nat(1), { maxLength: 320 }))
    .map((bytes) => Uint8Array.from(bytes.slice(0, bytes.length - (bytes.length % WORD_SIZE))))
const sameButFor = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(31), fc.integer({ min: 1, max: 255 }))
  .map(([word, at, bits]) => Uint8Array.from([...word, ...word.with(at, word[at]! ^ bits)]))

/** So many leaves, as random as digests, and the same every time. */
const leavesLike = (count: number): readonly Bytes32[] => {
  const numbers = Uint8Array.from({ length: count * WORD_SIZE }, (_, i) => i >> (8 * (i % 4)))
  return wordsIn(plainHasher.leavesOf(numbers)) as readonly Bytes32[]
}

describe.each(HASHERS)('the hasher in %s', (_, hasher) => {
  test('makes the leaves that an independent implementation makes', () => {
    fc.assert(
      fc.property(words(40), (bytes) => {
        expect(hasher.leavesOf(bytes)).toEqual(independent.leavesOf(bytes))
      })
    )
  })

  test('makes the nodes that an independent implementation makes, whichever word of a pair is the smaller', () => {
    fc.assert(
      fc.property(fc.oneof(words(40), sameButFor), (bytes) => {
        expect(hasher.nodesOf(bytes)).toEqual(independent.nodesOf(bytes))
      })
    )
  })

  test('leaves what it was given as it was', () => {
    fc.assert(
      fc.property(words(8), (bytes) => {
        const before = bytes.slice()
        hasher.leavesOf(bytes)
        hasher.nodesOf(bytes)
        expect(bytes).toEqual(before)
      })
    )
  })
})

describe('a tree', () => {
  const spelled = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hexlify(bytes) as Bytes32)

  test('is the same in WebAssembly and in JavaScript, for any list', () => {
    fc.assert(
      fc.property(fc.array(spelled, { maxLength: 80 }), (list) => {
        const [ours, plain] = [treeOf(list, wasm), treeOf(list, plainHasher)]
        expect(ours.root).toBe(plain.root)
        for (const i of list.keys()) expect(ours.proof(i)).toEqual(plain.proof(i))
        expect(editionTree(list, wasm).root).toBe(editionTree(list, plainHasher).root)
      })
    )
  })

  // WebAssembly takes 512 leaves or pairs a call.
  test.each([0, 1, 2, 3, 4, 5, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1536, 2047, 2048, 2049])(
    'over %i leaves is the same in WebAssembly and in JavaScript',
    (count) => {
      const leaves = leavesLike(count)
      const [ours, plain] = [treeOf(leaves, wasm), treeOf(leaves, plainHasher)]
      expect(ours.root).toBe(plain.root)
      expect(editionTree(leaves, wasm).root).toBe(editionTree(leaves, plainHasher).root)
      for (let i = 0; i < count; i += 101) expect(ours.proof(i)).toEqual(plain.proof(i))
      if (count > 0) expect(ours.proof(count - 1)).toEqual(plain.proof(count - 1))
      expect(treeOf(leaves).root).toBe(plain.root)
    }
  )

  test('takes 64 bytes a leaf, and WebAssembly one page however long the list', () => {
    const pages: WebAssembly.Memory[] = []
    const { Instance } = WebAssembly
    vi.stubGlobal('WebAssembly', {
      ...wholeWebAssembly(),
      Instance: function instantiate(module: WebAssembly.Module) {
        const instance = new Instance(module)
        pages.push(instance.exports.memory as WebAssembly.Memory)
        return instance
      }
    })
    const hasher = startHasher() ?? expect.fail('WebAssembly is not allowed here')
    const leaves = leavesLike(20_000)
    const before = process.memoryUsage().arrayBuffers
    const tree = treeOf(leaves, hasher)
    const taken = process.memoryUsage().arrayBuffers - before
    expect(tree.proof(19_999)).not.toEqual([])
    // What a level leaves behind before it is collected, at most as much again, and the odd node's copy.
    expect(taken).toBeLessThan(4 * 64 * 20_000)
    expect(pages.map(({ buffer }) => buffer.byteLength)).toEqual([65_536])
    expect(() => pages[0]!.grow(1)).toThrow(RangeError)
  })
})

describe('without WebAssembly', () => {
  const refuse = (): never => {
    throw new WebAssembly.CompileError('Refused to compile or instantiate WebAssembly module')
  }

  test.each([
    ['is not there', undefined],
    ['may not be compiled', { Module: refuse }],
    ['may not be instantiated', { Instance: refuse }],
    [
      'computes something else',
      {
        Instance: function instantiate() {
          return { exports: { memory: { buffer: new ArrayBuffer(65_536) }, hash: () => {} } }
        }
      }
    ]
  ])('where it %s, there is no hasher of it', (_, parts) => {
    vi.stubGlobal('WebAssembly', parts && { ...wholeWebAssembly(), ...parts })
    expect(startHasher()).toBeUndefined()
  })

  test('a process makes the same tree', async () => {
    const count = 1000
    const { build } = await import('esbuild')
    const source = `
      import { editionTree } from './src/registry/tree.ts'
      const digests = Array.from({ length: ${count} }, (_, i) => '0x' + i.toString(16).padStart(64, '0'))
      const tree = editionTree(digests)
      console.log(JSON.stringify([typeof WebAssembly, tree.root, tree.proof(${count - 1})]))`
    const stdin = { contents: source, resolveDir: process.cwd() }
    const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', platform: 'neutral', write: false })
    const inProcess = (...flags: readonly string[]): unknown =>
      JSON.parse(
        execFileSync(process.execPath, [...flags, '--input-type=module'], {
          input: outputFiles[0]!.text,
          encoding: 'utf8'
        })
      )
    const tree = editionTree(Array.from({ length: count }, (_, i): Bytes32 => `0x${i.toString(16).padStart(64, '0')}`))
    expect(inProcess()).toEqual(['object', tree.root, tree.proof(count - 1)])
    expect(inProcess('--jitless')).toEqual(['undefined', tree.root, tree.proof(count - 1)])
  })
})

test('the module is what its source generates', () => {
  expect(() => execFileSync(process.execPath, ['scripts/wasm.ts', '--check'], { stdio: 'pipe' })).not.toThrow()
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Its members do not spread: they are not enumerable. */
function wholeWebAssembly(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(WebAssembly)).map(([name, { value }]) => [name, value])
  )
}
