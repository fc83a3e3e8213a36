import { expect, test } from 'vitest'
import { crash } from '../../scripts/crash.ts'

test('a writer that is killed leaves every pin it acknowledged, and no call in part', async () => {
  const found = await crash(3, Date.now() % 1_000_000)
  expect(found.acknowledged).toBeGreaterThan(10)
  expect(found).toMatchObject({ lost: 0, halved: 0, torn: 0 })
})
