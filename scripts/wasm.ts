/**
 * Writes `src/registry/tree-wasm.ts`: one function in WebAssembly that hashes leaves and nodes of a tree, many a call.
 * With `--check` it writes nothing, and fails where the file is not what this generates.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { CID_PREFIX } from '../src/registry/tree-hasher.ts'

const FILE = new URL('../src/registry/tree-wasm.ts', import.meta.url)

/** Instructions of WebAssembly 1.0, by the names of its text format. */
const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i64Load: 0x29,
  i32Load8: 0x2d,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i64Rotl: 0x89
} as const
const I32 = 0x7f
const I64 = 0x7e
const NO_RESULT = 0x40

const unsigned = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
const signed = (value: bigint): readonly number[] => {
  const low = Number(value & 0x7fn)
  const rest = value >> 7n
  const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}
const vector = (bytes: readonly number[]): readonly number[] => [...unsigned(bytes.length), ...bytes]
const section = (id: number, bytes: readonly number[]): readonly number[] => [id, ...vector(bytes)]
const text = (name: string): readonly number[] => vector([...new TextEncoder().encode(name)])

type Code = readonly number[]
const get = (local: number): Code => [OP.localGet, ...unsigned(local)]
const set = (local: number): Code => [OP.localSet, ...unsigned(local)]
const i32 = (value: number): Code => [OP.i32Const, ...signed(BigInt(value))]
const i64 = (value: bigint): Code => [OP.i64Const, ...signed(BigInt.asIntN(64, value))]
const load = (pointer: number, offset: number): Code => [...get(pointer), OP.i64Load, 0, ...unsigned(offset)]
const store = (pointer: number, offset: number, value: Code): Code => [
  ...get(pointer),
  ...value,
  ...[OP.i64Store, 0],
  ...unsigned(offset)
]
const advance = (pointer: number, by: Code): Code => [...get(pointer), ...by, OP.i32Add, ...set(pointer)]
const each = (count: number, code: (i: number) => Code): Code => Array.from({ length: count }, (_, i) => code(i)).flat()

/** Locals of the function: its parameters, pointers, the 25 lanes of the state, and what a round needs beside them. */
const [FROM, TO, COUNT, SIZE, SMALLER, LARGER, AT] = [0, 1, 2, 3, 4, 5, 6]
const lane = (i: number): number => 7 + i
const moved = (i: number): number => 32 + i
const parity = (x: number): number => 57 + (x % 5)
const delta = (x: number): number => 62 + (x % 5)

/** FIPS 202, 3.2.2: how far rho rotates the lane x + 5y. */
const ROTATIONS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14]
const ROUNDS = 24
/** Lanes of a block of keccak-256: 1088 bits. */
const RATE = 17

/** FIPS 202, 3.2.5: the round constants, out of a shift register. They lie at address 0. */
function roundConstants(): readonly number[] {
  const words = new BigUint64Array(ROUNDS)
  let register = 1
  for (let round = 0; round < ROUNDS; round++) {
    for (let j = 0n; j < 7n; j++) {
      if (register & 1) words[round]! ^= 1n << ((1n << j) - 1n)
      register = ((register << 1) ^ ((register >> 7) * 0x71)) & 0xff
    }
  }
  return [...words].flatMap(bytesOf)
}

const bytesOf = (word: bigint): readonly number[] =>
  Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))

/** FIPS 202, 3.2 and 3.3: theta, then rho and pi in one move, then chi and iota, 24 times. */
const permutation: Code = [
  ...i32(0),
  ...set(AT),
  ...[OP.loop, NO_RESULT],
  ...each(5, (x) => [...each(5, (y) => [...get(lane(x + 5 * y)), ...(y === 0 ? [] : [OP.i64Xor])]), ...set(parity(x))]),
  ...each(5, (x) => [
    ...[...get(parity(x + 1)), ...i64(1n), OP.i64Rotl],
    ...[...get(parity(x + 4)), OP.i64Xor, ...set(delta(x))]
  ]),
  ...each(25, (i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)]
    const rotated = ROTATIONS[i] === 0 ? [] : [...i64(BigInt(ROTATIONS[i]!)), OP.i64Rotl]
    return [...get(lane(i)), ...get(delta(x)), OP.i64Xor, ...rotated, ...set(moved(y + 5 * ((2 * x + 3 * y) % 5)))]
  }),
  ...each(25, (i) => {
    const inRow = (step: number): number => moved(i - (i % 5) + ((i + step) % 5))
    // a ^ (~b & c) without a complement, which WebAssembly lacks: a ^ c ^ (b & c).
    const chi = [
      ...get(moved(i)),
      ...get(inRow(2)),
      OP.i64Xor,
      ...get(inRow(1)),
      ...get(inRow(2)),
      OP.i64And,
      OP.i64Xor
    ]
    return [...chi, ...(i === 0 ? [...load(AT, 0), OP.i64Xor] : []), ...set(lane(i))]
  }),
  ...[...get(AT), ...i32(8), OP.i32Add, OP.localTee, ...unsigned(AT)],
  ...[...i32(8 * ROUNDS), OP.i32LtU, OP.brIf, 0, OP.end]
]

/** The padding of Keccak before FIPS 202: a bit after the message, a bit at the end of the block. */
const padding = (from: number): Code => [
  ...each(25 - from, (i) => [...i64(from + i === RATE - 1 ? 1n << 63n : 0n), ...set(lane(from + i))])
]

/** Two words, the smaller first, fill the lanes 0 to 7. */
const loadNode: Code = [
  ...[...get(FROM), ...set(SMALLER), ...get(FROM), ...i32(32), OP.i32Add, ...set(LARGER)],
  ...[...i32(0), ...set(AT)],
  ...[OP.block, NO_RESULT, OP.loop, NO_RESULT], // to the first byte that differs
  ...[...get(AT), ...i32(32), OP.i32Eq, OP.brIf, 1],
  ...[...byteAt(0), ...byteAt(32), OP.i32Ne, OP.brIf, 1],
  ...[...advance(AT, i32(1)), OP.br, 0, OP.end, OP.end],
  ...[...get(AT), ...i32(32), OP.i32LtU, OP.if, NO_RESULT],
  ...[...byteAt(0), ...byteAt(32), OP.i32GtU, OP.if, NO_RESULT],
  ...[...get(LARGER), ...get(SMALLER), ...set(LARGER), ...set(SMALLER), OP.end, OP.end],
  ...each(4, (i) => [...load(SMALLER, 8 * i), ...set(lane(i)), ...load(LARGER, 8 * i), ...set(lane(4 + i))]),
  ...[...i64(1n), ...set(lane(8)), ...padding(9)]
]

function byteAt(offset: number): Code {
  return [...get(FROM), ...get(AT), OP.i32Add, OP.i32Load8, 0, offset]
}

/** The five bytes before a digest and the digest, which they shift, fill the lanes 0 to 4. */
const loadLeaf: Code = [
  ...each(5, (i) => {
    const before = i === 0 ? i64(prefix()) : [...load(FROM, 8 * (i - 1)), ...i64(24n), OP.i64ShrU]
    const after = i === 4 ? i64(1n << 40n) : [...load(FROM, 8 * i), ...i64(40n), OP.i64Shl]
    return [...before, ...after, OP.i64Or, ...set(lane(i))]
  }),
  ...padding(5)
]

function prefix(): bigint {
  return CID_PREFIX.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n)
}

/** (from, to, count, size): leaves of words for size 32, nodes of pairs for size 64; one after another, one at least. */
const body: Code = [
  ...[2, ...[3, I32], ...[60, I64]],
  ...[OP.loop, NO_RESULT],
  ...[...get(SIZE), ...i32(64), OP.i32Eq, OP.if, NO_RESULT, ...loadNode, OP.else, ...loadLeaf, OP.end],
  ...permutation,
  ...each(4, (i) => store(TO, 8 * i, get(lane(i)))),
  ...[...advance(FROM, get(SIZE)), ...advance(TO, i32(32))],
  ...[...get(COUNT), ...i32(1), OP.i32Sub, OP.localTee, ...unsigned(COUNT), OP.brIf, 0, OP.end, OP.end]
]

/** One page of memory and no more: the caller hashes a long list piece by piece. */
const wasm = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, ...vector([I32, I32, I32, I32]), 0]),
  ...section(3, [1, 0]),
  ...section(5, [1, 1, 1, 1]),
  ...section(7, [2, ...text('memory'), 2, 0, ...text('hash'), 0, 0]),
  ...section(10, [1, ...vector(body)]),
  ...section(11, [1, 0, ...i32(0), OP.end, ...vector(roundConstants())])
])

const wanted = [
  '// generated by scripts/wasm.ts: do not edit',
  '',
  `/** ${wasm.length} bytes of WebAssembly in base64; {@link wasmHasher} says what they do. */`,
  `export const TREE_WASM =\n  '${Buffer.from(wasm).toString('base64')}'`,
  ''
].join('\n')

if (!process.argv.includes('--check')) await writeFile(FILE, wanted)
else if ((await readFile(FILE, 'utf8').catch(() => '')) !== wanted) {
  console.error('src/registry/tree-wasm.ts is not what scripts/wasm.ts generates: run it and commit the result')
  process.exitCode = 1
}
