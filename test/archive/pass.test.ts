import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Pass, readPass, withBlock, writePass } from '../../src/archive/pass.ts'
import { fromDigest, toBytes32 } from '../../src/block/cid.ts'

const DAY = 86_400_000
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const count = fc.nat(Number.MAX_SAFE_INTEGER)
const pass: fc.Arbitrary<Pass> = fc.record({
  started: fc.nat(2e12),
  after: digest.map((bytes) => toBytes32(fromDigest(bytes))),
  blocks: count,
  bytes: count,
  damaged: count
})

test('what was noted of a pass is read again for a week', () => {
  fc.assert(
    fc.property(pass, fc.nat(7 * DAY), (noted, later) => {
      expect(readPass(writePass(noted), noted.started + later)).toEqual(noted)
      expect(readPass(writePass(noted), noted.started + 7 * DAY + 1 + later)).toBeUndefined()
      expect(readPass(writePass(noted), noted.started - 1 - later)).toBeUndefined()
    })
  )
})

test('anything else is no pass, and nothing to fail on', () => {
  const now = Date.now()
  expect(readPass(undefined, now)).toBeUndefined()
  fc.assert(fc.property(fc.uint8Array(), (noted) => readPass(noted, now) === undefined))
  fc.assert(fc.property(fc.json(), (text) => readPass(new TextEncoder().encode(text), now) === undefined))
  fc.assert(
    fc.property(
      pass,
      fc.constantFrom('after', 'blocks', 'bytes', 'damaged', 'started'),
      fc.jsonValue(),
      (noted, key, value) => {
        fc.pre(typeof value !== 'number')
        expect(readPass(writePass({ ...noted, [key]: value } as Pass), noted.started)).toBeUndefined()
      }
    )
  )
})

test('a pass counts every block once, and its place is the last one', () => {
  const seen = fc.oneof(fc.nat(2 ** 21), fc.constant('damaged' as const), fc.constant('gone' as const))
  fc.assert(
    fc.property(fc.array(fc.tuple(digest, seen)), (blocks) => {
      const begun: Pass = { started: 0, blocks: 0, bytes: 0, damaged: 0 }
      const ended = blocks.reduce((so, [name, what]) => withBlock(so, name, what), begun)
      const sizes = blocks.flatMap(([, what]) => (typeof what === 'number' ? [what] : []))
      expect(ended.damaged).toBe(blocks.filter(([, what]) => what === 'damaged').length)
      expect(ended.blocks).toBe(sizes.length + ended.damaged)
      expect(ended.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
      const last = blocks.at(-1)
      expect(ended.after).toBe(last && toBytes32(fromDigest(last[0])))
    })
  )
})
