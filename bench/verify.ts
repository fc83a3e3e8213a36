/**
 * `npm run bench:verify`: what a verdict costs, beside the least that any verifier has to do and beside what people would use
 * instead, in the same run, on a real chain and a real gateway; `--check` fails where a bar is missed. `--quick` takes
 * fewer documents and holds them to nothing: the bars are for a thousand.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { publish } from '../src/archive/publish.ts'
import { memoryBlocks } from '../src/block/memory.ts'
import { memoryPending } from '../src/block/pending.ts'
import { memoryChain } from '../src/registry/memory.ts'
import { verify } from '../src/verdict/verify.ts'
import { type Judged, judge, told } from './bar.ts'
import { benchCase, type Comparison, compare, lines, machine } from './compare.ts'
import { drafts, PUBLISHER } from './documents.ts'
import { all } from './verify/all.ts'
import { doorLines, doors, missedBy } from './verify/doors.ts'
import { onChain } from './verify/on-chain.ts'
import { one } from './verify/one.ts'
import { openWorld } from './verify/world.ts'

/** From a CID to a verdict, with bytes and chain at hand, so that only our own work is measured. */
export async function benchVerify(count: number): Promise<Comparison> {
  const blocks = memoryBlocks()
  const registry = memoryChain().as(PUBLISHER.slice(-42) as `0x${string}`)
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, drafts(count))
  const cids = steps.map(({ named }) => named.cid)
  const reading = { sources: [blocks], registries: [registry] }
  const bytes = await Promise.all(cids.map((cid) => blocks.get(cid)))
  for (const cid of cids) assert.equal((await verify(reading, { cid })).status, 'verified')
  return await compare('verify', count, [
    benchCase({
      name: 'sha-256 + JSON.parse (limit, judges nothing)',
      run: () => {
        for (const one of bytes) {
          hash('sha256', one, 'buffer')
          JSON.parse(new TextDecoder().decode(one))
        }
      }
    }),
    benchCase({
      name: 'trend-archive verify, one after another',
      run: async () => {
        for (const cid of cids) await verify(reading, { cid })
      }
    }),
    benchCase({
      name: 'trend-archive verify, 16 at a time',
      run: async () => {
        for (let i = 0; i < cids.length; i += 16) {
          await Promise.all(cids.slice(i, i + 16).map((cid) => verify(reading, { cid })))
        }
      }
    })
  ])
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } }
  })
  const world = await openWorld(values.quick ? 100 : 1000)
  const judged: Judged[] = []
  console.log(machine())
  try {
    for (const { run, bars } of [onChain(world), one(world), all(world)]) {
      const comparison = await run()
      const found = values.quick ? [] : judge(comparison, bars)
      console.log(`\n${[...lines(comparison), ...found.map(told)].join('\n')}`)
      judged.push(...found)
    }
  } finally {
    await world.close()
  }
  const rows = await doors(values.quick ? 3 : 7)
  const heavy = values.quick ? [] : missedBy(rows)
  console.log(`\n${[...doorLines(rows), ...heavy.map((what) => `MISSED  ${what}`)].join('\n')}`)
  const missed = judged.filter(({ isMet }) => !isMet).length + heavy.length
  const figures = judged.map(({ ratio }) => ratio.toFixed(2)).join(' · ')
  const held = missed === 0 ? 'every bar met' : `${missed} bars MISSED`
  console.log(`\n${values.quick ? 'quick: held to no bar' : `${held}: ${figures}`} – ${machine()}`)
  process.exit(values.check && missed > 0 ? 1 : 0)
}
