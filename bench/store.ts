/**
 * `npm run bench:store`: what keeping documents costs, beside the least that any store has to do and beside what people
 * would use instead, in the same run; it fails where a bar is missed. `--quick` takes fewer documents, `--check`
 * relaxes the bars to twice the ratio, for machines that do other work as well.
 */
import { parseArgs } from 'node:util'
import { type Job, judge, told } from './bar.ts'
import { lines, machine } from './compare.ts'
import { carIn, carOut } from './store-car.ts'
import { encodeText } from './store-encode.ts'
import { getOne } from './store-get.ts'
import { pinMany, pinOne } from './store-pin.ts'
import { reopen } from './store-upkeep.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } }
})
const size = (full: number): number => (values.quick ? Math.ceil(full / 10) : full)

const jobs: readonly Job[] = [
  encodeText(size(2_000)),
  pinMany(size(10_000)),
  pinOne(size(300)),
  getOne(size(2_000)),
  reopen(size(20_000)),
  carOut(size(10_000)),
  carIn(size(10_000))
]

console.log(machine())
const figures: string[] = []
let missed = 0
for (const { run, bars } of jobs) {
  const comparison = await run()
  const judged = judge(comparison, bars, values.check ? 2 : 1)
  console.log(`\n${[...lines(comparison), ...judged.map(told)].join('\n')}`)
  figures.push(...judged.map(({ ratio }) => ratio.toFixed(2)))
  missed += judged.filter(({ isMet }) => !isMet).length
}
console.log(`\n${missed === 0 ? 'every bar met' : `${missed} bars MISSED`}: ${figures.join(' · ')} – ${machine()}`)
process.exitCode = missed === 0 ? 0 : 1
