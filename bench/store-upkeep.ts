import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { toBlock } from '../src/block/block.ts'
import { openStore } from '../src/block/store.ts'
import { pinsOf } from '../src/block/store-pins.ts'
import type { Job } from './bar.ts'
import { compare } from './compare.ts'
import { documents } from './documents.ts'
import { openLog, openLogFile } from './store-log.ts'
import { scratch } from './stores.ts'

/** What a store costs beside keeping: to be opened with many documents, and their room on disk. */
export const reopen = (count: number): Job => ({
  run: async () => {
    const { file, remove } = scratch('archive.db')
    const store = openStore(file)
    const log = openLog()
    let bytes = 0
    for (let i = 0; i < count; i += 1_000) {
      const blocks = await Promise.all(documents(Math.min(1_000, count - i), i + 1).map(toBlock))
      bytes += blocks.reduce((sum, block) => sum + block.bytes.byteLength, 0)
      await pinsOf(store, 'ours').pin(blocks)
      await log.subject.pin(blocks)
    }
    const [{ cid }] = await Promise.all([toBlock(documents(1, 1)[0]!)])
    store.close()
    const times = (path: string): string => (statSync(path).size / bytes).toFixed(3)
    const title = `open with ${count} documents and read one (on disk, times the bytes: ${times(file)}, a log ${times(log.file)})`
    try {
      return await compare(title, 1, [
        {
          name: 'trend-archive',
          run: () => {
            const opened = openStore(file)
            assert.ok(opened.get(cid.multihash.digest))
            opened.close()
          }
        },
        {
          name: 'a log (prototype), index in memory',
          run: async () => {
            const opened = openLogFile(log.file)
            assert.ok(await opened.subject.get(cid))
            opened.close()
          }
        }
      ])
    } finally {
      log.close()
      remove()
    }
  },
  bars: []
})
