import { expect, test } from 'vitest'
import { BUDGETS, measure } from '../scripts/size.ts'

test.each(Object.keys(BUDGETS))('the door %s keeps its budget', async (door) => {
  const { gzip, budget } = await measure(door)
  expect(gzip).toBeLessThanOrEqual(budget)
})
