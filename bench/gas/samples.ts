import { hash } from 'node:crypto'
import type { Bytes32 } from '../../src/block/cid.ts'
import { refOf } from '../../src/registry/ref.ts'
import { editionTree, type Tree } from '../../src/registry/tree.ts'

/**
 * A byte of calldata costs 16 gas, a zero byte 4 (EIP-2028), and a compressor sees through patterns. So that no figure
 * depends on luck, what is published has no zero byte and looks random, and is the same in every run.
 */
export const hasZeroByte = (hex: string): boolean => /^0x(?:..)*?00/.test(hex)

/** The first of something that has no zero byte. */
export function withoutZeroByte<Result>(make: (attempt: number) => Result, hexOf: (result: Result) => string): Result {
  for (let attempt = 0; ; attempt++) {
    const result = make(attempt)
    if (!hasZeroByte(hexOf(result))) return result
  }
}

/** The digest of the document with this number. */
export const digestOf = (n: number): Bytes32 =>
  withoutZeroByte(
    (attempt): Bytes32 => `0x${hash('sha256', `document ${n}, attempt ${attempt}`)}`,
    (digest) => digest
  )

/** An edition, by the number of the first document that it lists. */
export interface Edition {
  readonly digest: Bytes32
  readonly listed: readonly Bytes32[]
  readonly tree: Tree
}

export const editionOf = (size: number, first: number): Edition => {
  const listed = Array.from({ length: size }, (_, i) => digestOf(first + i))
  return withoutZeroByte(
    (attempt) => {
      // Another last document gives another root.
      const all = listed.with(-1, attempt === 0 ? listed.at(-1)! : digestOf(first + size - 1 + attempt))
      return { digest: digestOf(first - 1), listed: all, tree: editionTree(all) }
    },
    ({ tree }) => tree.root
  )
}

/** A second that is far off and has no zero byte: the year 2098. */
export const LATE = 0xf1f1_f1f1

/** The digests of a version of each of ten trends. */
export const versionsOf = (version: number): readonly Bytes32[] =>
  Array.from({ length: 10 }, (_, trend) => digestOf(1000 * version + trend))

export const NAME = 'trend-of-the-season'

/** A slug of 19 letters, as a ref. */
export const REF = refOf(NAME)

/** The slug, and the ref, of one trend out of many, 19 letters each. */
export const nameOf = (n: number): string => `trend-number-${String(100_000 + n)}`
