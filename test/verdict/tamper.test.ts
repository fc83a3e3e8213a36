import { expect, test } from 'vitest'
import { missedBy, tamper } from '../../scripts/tamper.ts'
import { verifyBundle } from '../../src/verdict/verify-bundle.ts'

test('a bundle that was changed in any way comes to nothing that its original does not come to', async () => {
  const seed = Date.now()
  const tally = await tamper({ stories: ['alone', 'edition'], stride: 40, seed })
  expect(missedBy(tally), `seed ${seed}`).toEqual([])
  expect([...tally.tried.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10_000)
}, 60_000)

test('the attacks find a reader that minds nothing, and one that crashes', async () => {
  let genuine: Uint8Array<ArrayBuffer> | undefined
  const lax = await tamper({
    stories: ['alone'],
    stride: 400,
    seed: 1,
    async reader(bytes, options) {
      // Whatever cannot be read is taken for what was read before.
      const verdict = await verifyBundle(bytes, options).catch(() => undefined)
      if (verdict?.status === 'verified') genuine = bytes
      return verdict ?? (await verifyBundle(genuine ?? bytes, options))
    }
  })
  expect(missedBy(lax).length).toBeGreaterThan(0)
  const frail = await tamper({
    stories: ['alone'],
    stride: 400,
    seed: 1,
    reader: async () => {
      throw new TypeError('no such thing')
    }
  })
  expect(missedBy(frail)[0]).toContain('crashed: own alone: flip')
}, 60_000)
