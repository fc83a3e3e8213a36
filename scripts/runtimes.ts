/**
 * Runs one program in every runtime: the packed package, installed in an empty folder, judges documents of a real chain
 * through its two light doors. On a page of an insecure origin it is to say what it lacks.
 * `--allow-missing` is for a machine that does not have all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, faultsOnInsecurePage } from './runtimes/browser.ts'
import { processes } from './runtimes/processes.ts'
import { faultsOf, type Runtime } from './runtimes/runtime.ts'
import { workerd } from './runtimes/workerd.ts'
import { installRuntimes, makeConsumer } from './runtimes/workspace.ts'
import { startWorld } from './runtimes/world.ts'

type Result = 'held' | 'missed' | 'missing'

async function row(name: string, work: (() => Promise<readonly string[]>) | undefined): Promise<Result> {
  const begun = performance.now()
  const faults = await (work?.() ?? Promise.resolve(undefined))?.catch((error: Error) => [error.message])
  const result = faults === undefined ? 'missing' : faults.length === 0 ? 'held' : 'missed'
  const time = `${Math.round(performance.now() - begun)} ms`
  console.log(
    `${result.padEnd(8)} ${name.padEnd(18)} ${faults === undefined ? 'not on this machine' : [time, ...faults].join('; ')}`
  )
  return result
}

const { values } = parseArgs({ options: { 'allow-missing': { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'trend-archive-runtimes-'))
try {
  installRuntimes()
  const consumer = await makeConsumer(folder)
  const { world, stop } = await startWorld(folder)
  const judged = ({ run }: Runtime) => run && (async () => faultsOf(await run(world, consumer), world))
  const results: Result[] = []
  // One after another, so that a slow one is slow by itself.
  for (const runtime of [...processes(), workerd(), chromium]) results.push(await row(runtime.name, judged(runtime)))
  const insecure = await row(
    'insecure origin',
    chromium.run && (async () => await faultsOnInsecurePage(world, consumer))
  )
  await stop()
  const count = (what: Result): number => results.filter((one) => one === what).length
  const fits = (one: Result): boolean => one === 'held' || (one === 'missing' && values['allow-missing'])
  console.log(
    `runtimes: ${count('held')}/${results.length} judge alike (${count('missing')} missing), ` +
      `${world.proof.flips.length} flipped proofs each; insecure origin ${insecure}`
  )
  process.exitCode = [...results, insecure].every(fits) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
