import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { scratchFile } from './samples.ts'

const run = promisify(execFile)
const STORE = fileURLToPath(new URL('../../src/block/store.ts', import.meta.url))
/** Opens a store at a given moment, as near to it as a process can. */
const OPENER = `
  const [store, file, at] = process.argv.slice(1)
  const { openStore } = await import(store)
  while (Date.now() < Number(at));
  openStore(file).close()
`
/** Milliseconds that a process takes to begin, and some more. */
const START = 400

test('several processes that make an archive at the same moment all get it', async () => {
  for (let round = 0; round < 6; round++) {
    const argv = ['--input-type=module', '-e', OPENER, STORE, scratchFile(), String(Date.now() + START)]
    const ended = await Promise.allSettled(Array.from({ length: 4 }, () => run(process.execPath, argv)))
    expect(ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([])
  }
})
