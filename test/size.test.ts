import { expect, test } from 'vitest'
import { BUDGETS, measure } from '../scripts/size.ts'

test.each(Object.keys(BUDGETS))('the door %s weighs no more than it may', async (door) => {
  const { gzip, budget, parts } = await measure(door)
  expect(gzip).toBeLessThanOrEqual(budget.ceiling)
  // The digest of the registry's code is 66 letters; the code in the same module is 8,500, and nobody reads with it.
  expect(parts.map(([file]) => file)).not.toContain('src/registry/bytecode.ts')
})
