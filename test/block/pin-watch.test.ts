import { expect, onTestFinished, test } from 'vitest'
import { type PinChange, watchPins } from '../../src/block/pin-watch.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { scratchFile, someBlocks } from './samples.ts'

function opened(file: string) {
  const store = openStore(file)
  onTestFinished(() => store.close())
  return { store, pins: pinsOf(store, 'a test') }
}

function watched({ store, pins }: ReturnType<typeof opened>, every = 60_000) {
  const changes: PinChange[] = []
  const errors: unknown[] = []
  const watch = watchPins(store, pins, {
    every,
    onChange: (change) => changes.push(change),
    onError: (error) => errors.push(error)
  })
  onTestFinished(watch.stop)
  return { watch, changes, errors }
}

test('the first look tells all that is pinned, later ones only what changed', async () => {
  const here = opened(scratchFile())
  const [one, two] = await someBlocks(2)
  await here.pins.pin([one!])
  const { watch, changes } = watched(here)
  await watch.look()
  await here.pins.pin([two!])
  await here.pins.unpin([one!.cid])
  await watch.look()
  await watch.look()
  expect(changes).toEqual([
    { pinned: [one!.cid], unpinned: [] },
    { pinned: [two!.cid], unpinned: [one!.cid] }
  ])
  expect(watch.count).toBe(1)
})

test('what another process pins is noticed by itself', async () => {
  const file = scratchFile()
  const [here, elsewhere] = [opened(file), opened(file)]
  const { changes } = watched(here, 10)
  const [block] = await someBlocks(1)
  await elsewhere.pins.pin([block!])
  await expect.poll(() => changes).toEqual([{ pinned: [block!.cid], unpinned: [] }])
})

test('nothing is listed while nothing was written, and what was written without a pin changes nothing', async () => {
  const here = opened(scratchFile())
  let listed = 0
  const counting = {
    pinned() {
      listed++
      return here.pins.pinned()
    }
  }
  const watch = watchPins(here.store, counting, { every: 60_000, onChange: () => expect.unreachable() })
  onTestFinished(watch.stop)
  await watch.look()
  await watch.look()
  expect(listed).toBe(1)
  here.store.write({ blocks: await someBlocks(1) })
  await watch.look()
  expect(listed).toBe(2)
})

test('a store that cannot be read is told, and the watch goes on', async () => {
  const here = opened(scratchFile())
  const { watch, errors } = watched(here, 10)
  here.store.close()
  await expect.poll(() => errors.length).toBeGreaterThan(1)
  expect(errors[0]).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(watch.look()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
