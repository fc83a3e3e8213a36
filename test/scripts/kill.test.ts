import { expect, test } from 'vitest'
import { pinFaults } from '../../scripts/kill/pins.ts'
import { publishFaults } from '../../scripts/kill/publishes.ts'
import { anySeed } from '../../scripts/kill/random.ts'
import { killPins, killPublishes } from '../../scripts/kill.ts'

test('a writer that is killed leaves every pin it acknowledged, and no call in part', async () => {
  const found = await killPins(4, anySeed(), 300)
  expect(found, JSON.stringify(found)).toSatisfy((all: typeof found) => pinFaults(all) === 0)
})

test('a publication that is killed leaves no CID on chain that nobody holds, and ends well when run again', async () => {
  const found = await killPublishes(2, anySeed())
  expect(found, JSON.stringify(found)).toSatisfy((all: typeof found) => publishFaults(all) === 0)
})
