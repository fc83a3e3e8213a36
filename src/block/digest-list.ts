import { fromDigest, type TrendCid } from './cid.ts'

/** CIDs that are made as they are asked for. */
export interface CidList extends Iterable<TrendCid> {
  readonly count: number
}

const SIZE = 32

/**
 * The CIDs in the order of their digests. They are kept as digests in a row, of 32 bytes each, out of the way of the
 * collector: a hundred thousand CIDs take 200 MB.
 */
export async function sortedCids(cids: AsyncIterable<TrendCid>): Promise<CidList> {
  let row = new Uint8Array(SIZE * 1024)
  let count = 0
  for await (const { multihash } of cids) {
    if (row.byteLength === count * SIZE) {
      const longer = new Uint8Array(2 * row.byteLength)
      longer.set(row)
      row = longer
    }
    row.set(multihash.digest, count++ * SIZE)
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => compareAt(row, a * SIZE, b * SIZE))
  return {
    count,
    *[Symbol.iterator]() {
      for (const i of order) yield fromDigest(row.slice(i * SIZE, (i + 1) * SIZE))
    }
  }
}

function compareAt(row: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < SIZE; i++) {
    const difference = row[a + i]! - row[b + i]!
    if (difference !== 0) return difference
  }
  return 0
}
