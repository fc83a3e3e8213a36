import { expect, test } from 'vitest'
import { runEra } from '../../scripts/reorgs/era.ts'
import { lineOf, missedBy } from '../../scripts/reorgs/figures.ts'
import { reorgs } from '../../scripts/reorgs.ts'

const SHORT = { rounds: 12, era: 12, below: 1 }

test('nothing is called final that is not, whatever leaves the chain, and versions that left together come back', async () => {
  const found = await reorgs({ ...SHORT, seed: 27 })
  // So few rounds may have too few verdicts; what may not be is not there.
  const faults = missedBy(found).filter((told) => /^\w+: /.test(told))
  expect(faults, lineOf(found, 27, 0)).toEqual([])
  expect(found).toMatchObject({ rounds: 12, restored: 3, below: 1, violated: 0 })
}, 120_000)

test('a node that calls blocks final 40 too early is found out', async () => {
  const found = await runEra({ seed: 27, era: 0, rounds: 12, below: 0, early: 40 })
  expect(found.early).toBeGreaterThan(0)
  expect(missedBy(found).some((told) => told.startsWith('early: '))).toBe(true)
}, 120_000)
