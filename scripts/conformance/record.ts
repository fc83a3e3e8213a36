/**
 * `npm run conformance -- --record`: has every story happen on a chain, and keeps a proof of each. A chain is never the same
 * twice, so what the cases are made of is recorded once and stays.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prove } from '../../src/archive/prove.ts'
import { publish } from '../../src/archive/publish.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { STORIES, type Stories, tell } from '../../test/archive/stories.ts'
import { type Evm, openHardhat } from '../../test/registry/evm.ts'
import { draft } from '../../test/world.ts'
import { RECORDED } from './recorded.ts'

const NOW = 4_100_000_000

async function keep(name: string, { ports, publisher }: Stories, cid: TrendCid, registry: string): Promise<object> {
  const { bytes, block } = await prove(ports, cid, { now: NOW })
  await writeFile(join(RECORDED, `${name}.trend.car`), bytes)
  return { name, cid: String(cid), publisher, registry, block: block.hash, timestamp: block.timestamp }
}

async function publishNewer(evm: Evm, { blocks }: Stories): Promise<TrendCid> {
  const registry = await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer: evm.wallets[0]! })
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, [draft('alone', { body: 'Newer.' })])
  return steps[0]!.named.cid
}

export async function record(): Promise<void> {
  await mkdir(RECORDED, { recursive: true })
  const [evm, elsewhere] = [await openHardhat(), await openHardhat()]
  const mine = await tell(evm)
  const theirs = await tell(evm, { publisher: 3, editor: 1 })
  const copy = await tell(elsewhere)
  const list: object[] = []
  for (const story of STORIES) list.push(await keep(story, mine, mine.cids[story], evm.address))
  list.push(await keep('of-another', theirs, theirs.cids.alone, evm.address))
  list.push(await keep('on-another-chain', copy, copy.cids.alone, elsewhere.address))
  const newer = await publishNewer(evm, mine)
  list.push(await keep('later', mine, mine.cids.alone, evm.address))
  list.push(await keep('newer', mine, newer, evm.address))
  await writeFile(join(RECORDED, 'recorded.json'), `${JSON.stringify(list, undefined, 2)}\n`)
  await Promise.all([evm.close(), elsewhere.close()])
}
