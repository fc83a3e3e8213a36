import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openGate } from '../../src/block/gate.ts'
import { inParallel } from '../../src/block/parallel.ts'

test('additions go on together, and a removal alone', async () => {
  const gate = openGate()
  let [adding, removing, together] = [0, 0, 0]
  const add = async (): Promise<void> =>
    await gate.adding(async () => {
      expect(removing).toBe(0)
      adding++
      together = Math.max(together, adding)
      await setTimeout(2)
      adding--
    })
  const remove = async (fails: boolean): Promise<void> =>
    await gate.removing(async () => {
      expect([adding, removing]).toEqual([0, 0])
      removing++
      await setTimeout(2)
      removing--
      if (fails) throw new Error('it failed')
    })
  const work = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? remove(i % 2 === 0) : add()))
  const results = await Promise.allSettled(work)
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(4)
  expect([adding, removing, together > 1]).toEqual([0, 0, true])
})

test('so many are worked on at once, none is begun after a failure, and those begun are waited for', async () => {
  let [now, most, begun] = [0, 0, 0]
  const work = async (item: number): Promise<void> => {
    begun++
    most = Math.max(most, ++now)
    await setTimeout(item === 5 ? 1 : 3)
    now--
    if (item === 5) throw new Error('five')
  }
  await inParallel([1, 2, 3, 4], 3, work)
  expect([now, most, begun]).toEqual([0, 3, 4])
  begun = 0
  await expect(
    inParallel(
      Array.from({ length: 50 }, (_, i) => i + 4),
      3,
      work
    )
  ).rejects.toThrow('five')
  expect(now).toBe(0)
  expect(begun).toBeLessThan(10)
  await inParallel([], 3, work)
})
