/**
 * `npm run gas`: measures what every verb of the registry costs and writes test/contract/gas.json. With `--check` it
 * only compares, and fails where a figure moved by more than a hundredth.
 */
import { parseArgs } from 'node:util'
import { openSimulated } from '../bench/gas/chains.ts'
import { assertFreshBuild } from '../bench/gas/fresh.ts'
import { openMeter } from '../bench/gas/meter.ts'
import { measureRegistry } from '../bench/gas/registry.ts'
import { faultsOf, readSnapshot, SNAPSHOT, snapshotOf, writeSnapshot } from '../bench/gas/snapshot.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
await assertFreshBuild()
const { provider, close } = await openSimulated()
const measured = snapshotOf(await measureRegistry(await openMeter(provider)))
await close()

if (!values.check) await writeSnapshot(SNAPSHOT, measured)
else {
  const faults = faultsOf(await readSnapshot(SNAPSHOT), measured)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
