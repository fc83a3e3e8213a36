import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'

let made = 0

/** Small documents that no other call gets. */
export async function someBlocks(count: number): Promise<readonly Block[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => await toBlock({ number: made++, title: 'a trend' }))
  )
}

export async function someBlock(): Promise<Block> {
  return (await someBlocks(1))[0]!
}

/** The block's CID with one bit of its bytes changed. */
export function forged({ cid, bytes }: Block): Block {
  const other = bytes.slice()
  other[other.length >> 1]! ^= 1
  return { cid, bytes: other }
}

/** The name of a file in a folder of its own, which goes when the test has finished. */
export function scratchFile(name = 'archive.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

export async function namesOf(cids: AsyncIterable<TrendCid>): Promise<readonly string[]> {
  const names: string[] = []
  for await (const cid of cids) names.push(String(cid))
  return names.sort()
}

export const sortedNames = (blocks: readonly Block[]): readonly string[] => blocks.map(({ cid }) => String(cid)).sort()
