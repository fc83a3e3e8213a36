/** Writes documents into blockstore-fs, which does not sync, and says the number of each once its put has resolved. */
import { writeSync } from 'node:fs'
import { FsBlockstore } from 'blockstore-fs'
import { documentBlock } from './calls.ts'

const [folder = '', count] = process.argv.slice(2)
const blocks = await Promise.all(Array.from({ length: Number(count) }, (_, i) => documentBlock(i)))
const store = new FsBlockstore(folder)
await store.open()
for (const [i, { cid, bytes }] of blocks.entries()) {
  await store.put(cid, bytes)
  writeSync(1, `${i}\n`)
}
