import { join } from 'node:path'
import { documents, PUBLISHER } from '../bench/documents.ts'
import { type Block, toBlock } from '../src/block/block.ts'
import { openStore } from '../src/block/store.ts'
import { pinsOf } from '../src/block/store-pins.ts'
import type { TrendDocument } from '../src/document/document.ts'
import { completeEdition } from '../src/document/draft.ts'
import { entriesOf } from '../src/document/edition.ts'

const SIZE = 4_096
/** How many documents an edition lists. */
const EDITION = 5_000
const BATCH = 1_000

/** Documents of exactly 4 KB, each the first of its lineage. */
async function blocksFrom(
  first: number
): Promise<readonly { readonly block: Block; readonly document: TrendDocument }[]> {
  return await Promise.all(
    documents(BATCH, first + 1).map(async (made, i) => {
      const document = { ...made, slug: `t-${first + i}` }
      const { bytes } = await toBlock(document)
      const body = document.body + 'x'.repeat(Math.max(0, SIZE - bytes.byteLength))
      return { block: await toBlock({ ...document, body }), document }
    })
  )
}

/**
 * Fills the archive in a folder with so many documents of 4 KB: half of them in editions, half in none. Answers with the
 * name of an edition.
 */
export async function fill(folder: string, count: number): Promise<string> {
  const store = openStore(join(folder, 'archive.db'))
  const sink = pinsOf(store, 'archive.db')
  let edition = ''
  for (let first = 0; first < count / 2; first += EDITION) {
    const batches: (readonly Block[])[] = []
    const listed: { readonly cid: string; readonly document: TrendDocument }[] = []
    for (let at = first; at < Math.min(first + EDITION, count / 2); at += BATCH) {
      const made = await blocksFrom(at)
      batches.push(made.map(({ block }) => block))
      listed.push(...made.map(({ block, document }) => ({ cid: String(block.cid), document })))
    }
    const draft = { type: 'edition', slug: `e-${first}`, title: 'An edition', summary: 'Of many.' } as const
    const placement = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' }
    const block = await toBlock(completeEdition(draft, entriesOf(listed), placement))
    await sink.pin([block])
    for (const blocks of batches) await sink.pin(blocks, { root: block.cid })
    edition = String(block.cid)
  }
  for (let at = Math.ceil(count / 2 / BATCH) * BATCH; at < count; at += BATCH) {
    await sink.pin((await blocksFrom(at)).map(({ block }) => block))
  }
  store.close()
  return edition
}
