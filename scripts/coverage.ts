/**
 * `npm run coverage:contracts`: what the Solidity tests reach of the contracts. Lines and statements are Hardhat's, lines,
 * functions and branches forge's. Fails where anything is not reached, and says what; and where the code that is left
 * behind, or that forge makes of the same sources, is not the registry's.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { keccak256 } from 'ethers'
import hre from 'hardhat'
import { CODE_DIGEST } from '../src/registry/bytecode.ts'
import { GAS_TESTS } from './gas-tests.ts'
import { openHardhat } from './hardhat.ts'
import { type Gap, gapsOf, parseLcov, type Reached } from './lcov.ts'

const NOT_MEASURED = 'contracts/test/**'
const FORGE = join(createRequire(import.meta.url).resolve('@foundry-rs/forge/package.json'), '../bin.mjs')
const FORGE_LCOV = 'coverage/forge.info'

const [byHardhat, byForge] = [await hardhatCoverage(), await forgeCoverage()]
const files = await filesWithCode()
const gaps = files.flatMap((file) => [
  ...missing(file, 'Hardhat', byHardhat.get(file)),
  ...missing(file, 'forge', byForge.get(file))
])
console.table(Object.fromEntries(files.map((file) => [file, rowOf(byHardhat.get(file), byForge.get(file))])))
for (const { file, line, what, by } of gaps) console.error(`${file}:${line}: ${what} (${by})`)
const digests = { "Hardhat's": await digestByHardhat(), "forge's": await digestByForge() }
for (const [whose, digest] of Object.entries(digests)) {
  console.log(`${whose} code of the registry: ${digest}${digest === CODE_DIGEST ? ', as it is deployed' : ''}`)
}
if (gaps.length > 0 || Object.values(digests).some((digest) => digest !== CODE_DIGEST)) process.exitCode = 1

/** Hardhat counts a line that has anything on it that was not run as not run: all lines are all statements. */
async function hardhatCoverage(): Promise<ReadonlyMap<string, Reached>> {
  // What is not compiled anew is not counted.
  await rm('cache/coverage', { recursive: true, force: true })
  const measuring = await openHardhat('coverage', { coverage: { skipFiles: [NOT_MEASURED] } }, { coverage: true })
  const testFiles = globSync('contracts/test/**/*.t.sol', { exclude: [GAS_TESTS.file] })
  const tests = measuring.tasks.getTask(['test', 'solidity'])
  const { success } = await tests.run({ testFiles, grepExclude: GAS_TESTS.named })
  if (!success) throw new Error('tests fail in Hardhat')
  return parseLcov(await readFile('coverage/lcov.info', 'utf8'))
}

async function forgeCoverage(): Promise<ReadonlyMap<string, Reached>> {
  await mkdir('coverage', { recursive: true })
  const report = ['--report', 'lcov', '--report-file', FORGE_LCOV, '--exclude-tests']
  const tests = ['--no-match-path', GAS_TESTS.file, '--no-match-test', GAS_TESTS.named, '--fuzz-seed', '1']
  forge('coverage', ...report, ...tests)
  return parseLcov(await readFile(FORGE_LCOV, 'utf8'))
}

/** What is built after all this, where everybody builds. */
async function digestByHardhat(): Promise<string> {
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true })
  return keccak256((await hre.artifacts.readArtifact('TrendRegistry')).deployedBytecode)
}

async function digestByForge(): Promise<string> {
  forge('build', '--skip', 'test')
  const { deployedBytecode } = JSON.parse(
    await readFile('cache/forge/out/TrendRegistry.sol/TrendRegistry.json', 'utf8')
  )
  return keccak256(deployedBytecode.object)
}

/** What it says is shown where it fails. */
function forge(...args: readonly string[]): void {
  const run = spawnSync(process.execPath, [FORGE, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`forge ${args[0]} failed\n${run.stdout}${run.stderr}`)
}

/** The contracts that are measured; an interface has no code. */
async function filesWithCode(): Promise<readonly string[]> {
  const all = globSync('contracts/**/*.sol', { exclude: [NOT_MEASURED] }).sort()
  const texts = await Promise.all(all.map(async (file) => await readFile(file, 'utf8')))
  return all.filter((_, i) => /^(abstract contract|contract|library) /m.test(texts[i]!))
}

function missing(file: string, by: string, reached: Reached | undefined): readonly (Gap & { readonly by: string })[] {
  const gaps = reached ? gapsOf(file, reached) : [{ file, line: 1, what: 'nothing was seen of this file' }]
  return gaps.map((gap) => ({ ...gap, by }))
}

function rowOf(hardhat: Reached | undefined, forge: Reached | undefined): Readonly<Record<string, string>> {
  return {
    'lines and statements': share([...(hardhat?.lines.values() ?? [])]),
    'lines by forge': share([...(forge?.lines.values() ?? [])]),
    functions: share(forge?.functions.map(({ hits }) => hits) ?? []),
    branches: share(forge?.branches.map(({ hits }) => hits) ?? [])
  }
}

function share(hits: readonly number[]): string {
  return `${hits.filter((count) => count > 0).length} of ${hits.length}`
}
