/**
 * `npm run test:mutation`: puts one mistake after another into the registry and runs the Solidity tests against each.
 * Writes `docs/mutation.md`. Fails where fewer than 95 % are found, and where one survives that
 * `scripts/mutation/survivors.json` gives no reason for. `-- --only TEXT` tries those whose line has the text in it,
 * and writes nothing.
 */
import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openHardhat } from './hardhat.ts'
import { astsOf, type CompilerInput } from './mutation/compiler.ts'
import { mutantsOf } from './mutation/mutants.ts'
import { judgeAll } from './mutation/pool.ts'
import { reportOf, summaryOf } from './mutation/report.ts'
import { type Accepted, scoreOf, verdictsOf } from './mutation/verdicts.ts'
import type { Setting } from './mutation/worker.ts'

const CONTRACT = 'TrendRegistry'
const FILE = 'contracts/TrendRegistry.sol'
const REPORT = 'docs/mutation.md'
const LEAST = 0.95
const SURVIVORS = new URL('mutation/survivors.json', import.meta.url)

const { only, workers } = parseArgs({
  options: { only: { type: 'string' }, workers: { type: 'string', default: '2' } }
}).values
const setting = await build()
const content = setting.input.sources[setting.source]!.content
const original = await control(setting, content)
const asts = astsOf(setting.input)
const others = [...asts].filter(([name]) => name !== setting.source).map(([, ast]) => ast)
const all = mutantsOf(content, asts.get(setting.source)!, others)
const mutants = all.filter(({ before, after }) => only === undefined || `${before} ${after}`.includes(only))
const accepted: readonly Accepted[] = JSON.parse(await readFile(SURVIVORS, 'utf8'))

const judgements = await judgeAll(
  setting,
  mutants.map(({ source }) => source),
  {
    workers: Number(workers),
    onJudged: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${mutants.length} mutants`)
    }
  }
)
const verdicts = verdictsOf(mutants, judgements, { original, accepted })
console.log(summaryOf(verdicts))
if (only === undefined) await writeFile(REPORT, reportOf(verdicts))

const unexplained = verdicts.survivors.filter(({ reason }) => reason === undefined)
if (scoreOf(verdicts) < LEAST) fail(`fewer than ${LEAST * 100} % of the mutants were killed`)
if (unexplained.length > 0) fail(`${unexplained.length} survive that survivors.json gives no reason for`)
if (only === undefined && verdicts.stale.length > 0) fail(`${verdicts.stale.length} of survivors.json do not survive`)

function fail(reason: string): void {
  console.error(reason)
  process.exitCode = 1
}

/** Builds contracts and tests as Hardhat does, and answers with what the compiler was given. */
async function build(): Promise<Setting> {
  const hre = await openHardhat('mutation')
  await hre.tasks.getTask('build').run({ quiet: true })
  const folders = [
    await hre.solidity.getArtifactsDirectory('contracts'),
    await hre.solidity.getArtifactsDirectory('tests')
  ]
  const id = await hre.artifacts.getBuildInfoId(`${FILE}:${CONTRACT}`)
  const info = await hre.artifacts.getBuildInfoPath(id ?? '')
  if (info === undefined) throw new Error(`Hardhat built no ${CONTRACT}`)
  const { input, userSourceNameMap }: { input: CompilerInput; userSourceNameMap: Record<string, string> } = JSON.parse(
    await readFile(info, 'utf8')
  )
  const artifacts = folders.flatMap((folder) => globSync(`${folder}/**/*.sol/*.json`))
  return { input, source: userSourceNameMap[FILE]!, contract: CONTRACT, artifacts }
}

/**
 * That the tests pass on the contract as it is and fail on one that can do nothing: they deploy what they are given.
 * @returns The creation code of the contract.
 */
async function control(setting: Setting, content: string): Promise<string> {
  const nothing = `pragma solidity ^0.8.0; contract ${CONTRACT} {}`
  const [whole, empty] = await judgeAll(setting, [content, nothing], { workers: 1 })
  if (whole?.code === undefined) throw new Error('the contract does not compile')
  if (whole.killer !== undefined) throw new Error(`the tests fail on the contract itself: ${whole.killer}`)
  if (empty?.killer === undefined) throw new Error('the tests pass on a contract that can do nothing')
  return whole.code
}
