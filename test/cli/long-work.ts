/** A long work on the streams of this process, with something to say halfway: what a terminal is to show of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createOutput } from '../../src/cli/output.ts'

const { stdout, stderr, env } = process
const out = createOutput({ stdout, stderr, env, json: false, quiet: false, verbose: false })
const end = out.watch('work', new AbortController().signal)
for (let done = 0; done <= 40; done++) {
  out.progress({ type: 'advanced', unit: 'documents', done: done * 250, total: 10_000 }, '漢字 👩‍👩‍👧 e\u0301')
  if (done === 20) out.note('halfway')
  await sleep(20)
}
end()
out.line('done')
