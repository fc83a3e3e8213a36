import type { Block } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import type { BlockSource } from '../../src/block/source.ts'

/** What became of flips of one kind. */
export interface Tally {
  readonly flips: number
  /** Answers that were other bytes than those of the CID: the one figure that must be 0. */
  readonly accepted: number
  /** Answers that were the right bytes, because the flip hit nothing that matters or somebody else delivered. */
  readonly right: number
  /** Refused, or said to be missing. */
  readonly refused: number
}

export const NOTHING: Tally = { flips: 0, accepted: 0, right: 0, refused: 0 }

export const add = (a: Tally, b: Tally): Tally => ({
  flips: a.flips + b.flips,
  accepted: a.accepted + b.accepted,
  right: a.right + b.right,
  refused: a.refused + b.refused
})

/** The tally of one flip that was met by so many answers; `undefined` is a refusal. */
export function tallyOf(flips: number, answers: readonly (readonly [Block, Uint8Array | undefined])[]): Tally {
  const accepted = answers.filter(([{ bytes }, answer]) => answer !== undefined && !same(bytes, answer)).length
  const refused = answers.filter(([, answer]) => answer === undefined).length
  return { flips, accepted, refused, right: answers.length - accepted - refused }
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** A copy in which one bit is another. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  // A Buffer's own slice would be the same memory.
  const copy = new Uint8Array(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** Numbers of at least 0 and below 1 that follow from a seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Blocks that are at hand, as a source. */
export function sourceOf(blocks: readonly Block[], name = 'elsewhere'): BlockSource {
  const kept = new Map(blocks.map(({ cid, bytes }) => [String(cid), bytes]))
  return {
    name,
    async get(cid: TrendCid) {
      const bytes = kept.get(String(cid))
      if (bytes === undefined) throw new Error(`${name} does not have the block`)
      return bytes
    }
  }
}
