import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { gauge } from '../../src/cli/gauge.ts'

test('a gauge is as wide as asked, and full or empty only where that is true', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), fc.integer({ min: 2, max: 60 }), (a, b, width) => {
      const [part, whole] = [Math.min(a, b), Math.max(a, b, 1)]
      const drawn = gauge(part, whole, width)
      const full = drawn.lastIndexOf('█') + 1
      expect(drawn).toBe('█'.repeat(full) + '░'.repeat(width - full))
      expect(full === width).toBe(part === whole)
      expect(full === 0).toBe(part === 0)
    })
  )
  expect(gauge(0, 0, 3)).toBe('░░░')
})
