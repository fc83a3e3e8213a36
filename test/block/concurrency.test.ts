import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contest } from '../../scripts/contend.ts'
import { runModule } from '../../scripts/kill/child.ts'
import { inspect } from '../../scripts/kill/inspect.ts'
import { inLanes, lanesOf } from '../../scripts/kill/lanes.ts'
import { acknowledgedOf, writerArgs } from '../../scripts/kill/pins.ts'
import { anySeed } from '../../scripts/kill/random.ts'
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import { folder } from '../cli/shell.ts'

const SOUND = { lost: 0, undone: 0, halved: 0, miscounted: 0, torn: 0, strangers: 0, damaged: 0 }

describe('64 lanes that pin and unpin editions which overlap', () => {
  const workload = (seed: number) => ({ seed, pins: 6, lanes: 64 })

  test('in one process leave every document kept for exactly those that should keep it', async () => {
    const seed = anySeed()
    const file = join(folder(), 'archive.db')
    const store = openStore(file)
    const node = await openHelia(store)
    const lanes = lanesOf(workload(seed))
    await inLanes(heliaBlocks(node, store), new Map(lanes.entries()), () => undefined)
    await node.stop()
    store.close()
    const all = lanes.map(({ length }) => length)
    expect(await inspect(file, workload(seed), all), `seed ${seed}`).toEqual(SOUND)
  })

  test('in two processes at once do so too', async () => {
    const seed = anySeed()
    const file = join(folder(), 'archive.db')
    const halves = await Promise.all(
      [0, 32].map(async (first) => await runModule('writer', writerArgs(file, workload(seed), first, first + 32)))
    )
    const said = acknowledgedOf(
      halves.flatMap(({ lines }) => lines),
      64
    )
    expect(said).toEqual(lanesOf(workload(seed)).map(({ length }) => length))
    expect(await inspect(file, workload(seed), said), `seed ${seed}`).toEqual(SOUND)
  })
})

test.each([1, 4] as const)('no read of a block that four put at once in %i processes is torn', async (processes) => {
  const { puts, torn } = await contest('archive', { processes, rounds: 3, seed: anySeed() })
  expect([puts, torn]).toEqual([12, 0])
})
