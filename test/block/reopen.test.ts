import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentBlock } from '../../scripts/kill/calls.ts'
import { killModule } from '../../scripts/kill/child.ts'
import { openStore } from '../../src/block/store.ts'
import { folder } from '../cli/shell.ts'

/** Pinning it again would write nothing, so it must not be in a log that was perhaps never synced. */
test('what a killed process left in the log is on the disk as soon as the archive is opened', async () => {
  const home = folder()
  const file = join(home, 'archive.db')
  await killModule('pinner', [file, '5'], { lines: 5, delay: 0 })
  expect(readdirSync(home)).toContain('archive.db-wal')
  const withoutLog = join(folder(), 'archive.db')
  const store = openStore(file)
  copyFileSync(file, withoutLog)
  store.close()

  const copy = openStore(withoutLog)
  for (let document = 0; document < 5; document++) {
    const { cid, bytes } = await documentBlock(document)
    expect(copy.pins.keeps(cid.multihash.digest)).toBe(true)
    expect(copy.get(cid.multihash.digest)).toEqual(bytes)
  }
  copy.close()
})
