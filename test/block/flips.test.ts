import { expect, test } from 'vitest'
import { flips, missedBy } from '../../scripts/flips.ts'

test('a flipped bit is never taken for the document, wherever it comes from, and is healed on disk', async () => {
  const seed = Date.now()
  const found = await flips({
    documents: 20,
    rounds: 15,
    pages: 30,
    log: 20,
    stride: 199,
    bucketStride: 1_000,
    asked: 1,
    seed
  })
  expect(missedBy(found), `seed ${seed}`).toEqual([])
  expect(found.disk.blocks.flips + found.gateway.flips + found.car.flips).toBeGreaterThan(900)
})
