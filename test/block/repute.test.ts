import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PAUSE, preferred } from '../../src/block/repute.ts'

interface Source {
  readonly name: number
  readonly local: boolean
  readonly failedAt: number | undefined
}

const NOW = 1_000_000
const sources = fc.array(
  fc.record({
    name: fc.nat(),
    local: fc.boolean(),
    failedAt: fc.option(fc.integer({ min: NOW - 2 * PAUSE, max: NOW }), { nil: undefined })
  })
)
const order = (all: readonly Source[]): readonly Source[] => preferred(all, ({ failedAt }) => failedAt, NOW)
const isResting = ({ local, failedAt }: Source): boolean => !local && failedAt !== undefined && NOW - failedAt < PAUSE

test('nobody is left out, and nobody is asked twice', () => {
  fc.assert(
    fc.property(sources, (all) => {
      expect(new Set(order(all))).toEqual(new Set(all))
      expect(order(all)).toHaveLength(all.length)
    })
  )
})

test('what is on this machine comes first, what failed lately last, and the rest as the caller had it', () => {
  fc.assert(
    fc.property(sources, (all) => {
      const local = all.filter((source) => source.local)
      const resting = all.filter(isResting)
      const others = all.filter((source) => !source.local && !isResting(source))
      expect(order(all)).toEqual([...local, ...others, ...resting])
    })
  )
})
