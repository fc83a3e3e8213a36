import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { medianOf, sampleOf } from '../../src/archive/sample.ts'

const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

test('a sample is of the items offered, each at most once, and as many as were asked for', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.nat(200), random, (size, offered, numbers) => {
      const sample = sampleOf<number>(size, () => numbers.next().value!)
      for (let item = 0; item < offered; item++) sample.offer(item)
      const taken = sample.taken()
      expect(taken).toHaveLength(Math.min(size, offered))
      expect(new Set(taken).size).toBe(taken.length)
      expect(taken.every((item) => item >= 0 && item < offered)).toBe(true)
    })
  )
})

test('a sample without an end is everything, in order', () => {
  const sample = sampleOf<number>(Number.POSITIVE_INFINITY, Math.random)
  for (let item = 0; item < 100; item++) sample.offer(item)
  expect(sample.taken()).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('every item has the same chance', () => {
  let state = 1
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const times = new Array<number>(20).fill(0)
  for (let round = 0; round < 4_000; round++) {
    const sample = sampleOf<number>(5, next)
    for (let item = 0; item < 20; item++) sample.offer(item)
    for (const item of sample.taken()) times[item]!++
  }
  // 1,000 are expected of each; six standard deviations are 164.
  for (const count of times) expect(Math.abs(count - 1_000)).toBeLessThan(164)
})

test('the middle number has as many below it as above', () => {
  expect(medianOf([])).toBeUndefined()
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (numbers) => {
      const median = medianOf(numbers)!
      expect(numbers).toContain(median)
      expect(numbers.filter((one) => one < median).length).toBeLessThanOrEqual(numbers.length / 2)
      expect(numbers.filter((one) => one > median).length).toBeLessThanOrEqual(numbers.length / 2)
    })
  )
})
