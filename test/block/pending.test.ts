import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryPending, type Pending } from '../../src/block/pending.ts'
import { openStore } from '../../src/block/store.ts'
import { scratchFile, someBlocks } from './samples.ts'

function storedPending(file = scratchFile()): Pending {
  const store = openStore(file)
  onTestFinished(store.close)
  return store.pending
}

describe.each([
  ['in memory', memoryPending],
  ['in a store', storedPending]
])('what is pending %s', (_, make) => {
  test('is remembered by name until it is cleared', async () => {
    const pending = make()
    const [a, b] = await someBlocks(2)
    await pending.set([
      { name: 'p/a', cid: a!.cid },
      { name: 'p/b', cid: b!.cid }
    ])
    expect(String(await pending.get('p/a'))).toBe(String(a!.cid))
    await pending.clear(['p/a', 'never set'])
    expect(await pending.get('p/a')).toBeUndefined()
    expect(String(await pending.get('p/b'))).toBe(String(b!.cid))
  })

  test('is replaced when it is set again', async () => {
    const pending = make()
    const [a, b] = await someBlocks(2)
    await pending.set([{ name: 'p', cid: a!.cid }])
    await pending.set([{ name: 'p', cid: b!.cid }])
    expect(String(await pending.get('p'))).toBe(String(b!.cid))
  })
})

test('what is pending in a store outlives it', async () => {
  const file = scratchFile()
  const [a] = await someBlocks(1)
  const store = openStore(file)
  await store.pending.set([{ name: 'p', cid: a!.cid }])
  store.close()
  expect(String(await storedPending(file).get('p'))).toBe(String(a!.cid))
})
