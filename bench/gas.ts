/**
 * `npm run bench:gas`: what the registry costs beside what people would use instead, in one run on one chain. Writes
 * docs/gas.md; with `--check` it only compares, and fails where the page says anything else.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openAnvil } from './gas/chains.ts'
import { eas, easTimestamp } from './gas/eas.ts'
import { ens } from './gas/ens.ts'
import { assertFreshBuild } from './gas/fresh.ts'
import { openMeter } from './gas/meter.ts'
import { ours } from './gas/ours.ts'
import { page } from './gas/page.ts'
import type { Figures, Peer } from './gas/peer.ts'
import { type Column, tableOf, toText } from './gas/table.ts'
import { tutorial } from './gas/tutorial.ts'
import { verax } from './gas/verax.ts'

const PEERS: readonly Peer[] = [ours, eas, easTimestamp, verax, ens, tutorial]
const FILE = new URL('../docs/gas.md', import.meta.url)

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
await assertFreshBuild()
const columns = await measure()
console.log(toText(tableOf(columns)))
const figuresOf = (peer: Peer): Figures => columns[PEERS.indexOf(peer)]!.figures
const text = page(columns, PEERS, {
  ours: figuresOf(ours),
  eas: figuresOf(eas),
  easTimestamp: figuresOf(easTimestamp)
})
if (!values.check) await writeFile(FILE, text)
else if ((await readFile(FILE, 'utf8').catch(() => '')) !== text) {
  console.error('docs/gas.md is not what was measured: run npm run bench:gas and commit the result')
  process.exitCode = 1
}

/** Every peer on the same chain, and each from the same block on, so that their order does not matter. */
async function measure(): Promise<readonly Column[]> {
  const { provider, close } = await openAnvil()
  try {
    const meter = await openMeter(provider)
    const measured: Column[] = []
    for (const { name, measure } of PEERS) {
      measured.push({ name, figures: await meter.apart(async () => await measure(meter)) })
    }
    return measured
  } finally {
    await close()
  }
}
