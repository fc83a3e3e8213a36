import { hash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from '@helia/json'
import { createHeliaLight } from 'helia'
import * as codec from 'multiformats/codecs/json'
import { toBlock } from '../src/block/block.ts'
import { heliaBlocks, openHelia } from '../src/block/helia.ts'
import { openStore } from '../src/block/store.ts'
import { complete } from '../src/document/draft.ts'
import { benchCase, type Case, type Comparison, compare } from './compare.ts'
import { documents, drafts, PUBLISHER } from './documents.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))

/** From a draft to a durable, pinned block: publishing without the chain. */
export async function benchPublish(count: number): Promise<Comparison> {
  return await compare('publish without a chain', count, [
    limit(count),
    ours(count, count),
    ours(count, 100),
    ours(count, 1),
    await stockHelia(count)
  ])
}

function limit(count: number): Case {
  const all = documents(count)
  return benchCase({
    name: 'JSON.stringify + sha-256 + one appended write (limit, no fsync)',
    prepare: () => {
      const home = folder()
      return { home, file: openSync(join(home, 'log'), 'a') }
    },
    run: ({ file }) => {
      for (const one of all) {
        const text = JSON.stringify(one)
        hash('sha256', text, 'buffer')
        writeSync(file, text)
      }
    },
    cleanUp: ({ home, file }) => {
      closeSync(file)
      rmSync(home, { recursive: true })
    }
  })
}

/** Draft, document, canonical bytes, CID, pin: everything that publish does before the chain, synced to disk. */
function ours(count: number, batch: number): Case {
  const all = drafts(count)
  return benchCase({
    name: `trend-archive, durable and pinned, ${batch} at a time`,
    prepare: async () => {
      const home = folder()
      const store = openStore(join(home, 'archive.db'))
      const node = await openHelia(store)
      return { home, store, node, blocks: heliaBlocks(node, store) }
    },
    run: async ({ blocks }) => {
      for (let i = 0; i < count; i += batch) {
        const named = all.slice(i, i + batch).map((draft) => {
          const document = complete(draft, { publisher: PUBLISHER, version: 1, published: '' })
          return toBlock(document)
        })
        await blocks.pin(await Promise.all(named))
      }
    },
    cleanUp: async ({ home, store, node }) => {
      await node.stop()
      store.close()
      rmSync(home, { recursive: true })
    }
  })
}

/** What Helia's own documentation says: `json.add`, then `pins.add`; in memory, so with no disk to wait for. */
async function stockHelia(count: number): Promise<Case> {
  const all = documents(count)
  return benchCase({
    name: 'stock Helia json.add + pins.add, one at a time, in memory only',
    prepare: async () => await createHeliaLight({ codecs: [codec] }).start(),
    run: async (helia) => {
      const documentsOf = json(helia)
      for (const one of all) for await (const _ of helia.pins.add(await documentsOf.add(one)));
    },
    cleanUp: async (helia) => {
      await helia.stop()
    }
  })
}
