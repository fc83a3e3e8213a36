import { expect, test } from 'vitest'
import { BUDGETS, measure } from '../scripts/size.ts'

test.each(Object.keys(BUDGETS))('the door %s weighs no more than it may', async (door) => {
  const { gzip, budget } = await measure(door)
  expect(gzip).toBeLessThanOrEqual(budget.ceiling)
})
