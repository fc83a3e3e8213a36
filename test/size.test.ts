import { expect, test } from 'vitest'
import { BUDGETS, isTooLarge, measure } from '../scripts/size.ts'

test.each(Object.keys(BUDGETS))('the door %s weighs no more than it may', async (door) => {
  const size = await measure(door)
  const { gzip, inAll, budget, parts } = size
  expect(gzip).toBeLessThanOrEqual(budget.ceiling)
  expect(inAll).toBeLessThanOrEqual(budget.inAll ?? inAll)
  expect(isTooLarge(size)).toBe(false)
  // What stands behind `import()` is found by name: were it renamed, it would weigh nothing.
  if (budget.judging !== undefined) expect(inAll).toBeGreaterThan(gzip)
  // The digest of the registry's code is 66 letters; the code in the same module is 8,500, and nobody reads with it.
  expect(parts.map(([file]) => file)).not.toContain('src/registry/bytecode.ts')
})
