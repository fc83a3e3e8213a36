/**
 * `npm run bench`: what each job costs, beside the least that any solution has to do and beside what people would use
 * instead, in the same run. `--quick` takes fewer documents, to see that it works.
 */
import { parseArgs } from 'node:util'
import { type Comparison, lines, machine } from './compare.ts'
import { benchEncode } from './encode.ts'
import { benchPublish } from './publish.ts'
import { benchTree } from './tree.ts'
import { benchVerify } from './verify.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const size = (full: number): number => (values.quick ? Math.ceil(full / 20) : full)

const jobs: readonly (() => Promise<Comparison>)[] = [
  () => benchEncode(size(2000)),
  () => benchPublish(size(1000)),
  () => benchVerify(size(200)),
  () => benchTree(size(10_000))
]

console.log(machine())
for (const job of jobs) console.log(`\n${lines(await job()).join('\n')}`)
