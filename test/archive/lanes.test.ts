import { expect, test } from 'vitest'
import { inLanes } from '../../src/archive/lanes.ts'

test('works on no more than so many at once, and answers in their order', async () => {
  let [busy, most] = [0, 0]
  const done = await inLanes([30, 1, 20, 5, 0, 10], 3, async (pause, i) => {
    busy += 1
    most = Math.max(most, busy)
    await new Promise((resolve) => setTimeout(resolve, pause))
    busy -= 1
    return `${i}:${pause}`
  })
  expect([done, most]).toEqual([['0:30', '1:1', '2:20', '3:5', '4:0', '5:10'], 3])
  expect(await inLanes([], 3, async () => 1)).toEqual([])
})

test('begins nothing after a failure, and fails when what was under way has ended', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const work = inLanes([0, 1, 2, 3, 4, 5], 2, async (one) => {
    begun.push(one)
    if (one === 1) throw new Error('one')
    await new Promise((resolve) => setTimeout(resolve, 5))
    ended.push(one)
  })
  await expect(work).rejects.toThrow('one')
  expect([begun, ended]).toEqual([[0, 1], [0]])
})
