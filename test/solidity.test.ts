import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keccak256 } from 'ethers'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import solc from 'solc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { CODE_DIGEST } from '../src/registry/bytecode.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const PAGE = readFileSync(join(ROOT, 'docs/SOLIDITY.md'), 'utf8')
/** What the compiler of npm is, for a consumer who downloads none. */
const soljson = createRequire(import.meta.url).resolve('solc/soljson.js')

/** The snippets of the page in one language. */
const shown = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!)
const [asking, fixture] = shown('solidity') as [string, string]
const settings: Readonly<Record<string, unknown>> = JSON.parse(shown('json')[0]!)

let folder: string

/** A project that has the package in `node_modules`, as it is published but for `dist`, and those packages besides. */
function project(name: string, sources: Readonly<Record<string, string>>, packages: readonly string[] = []): string {
  const root = join(folder, name)
  const installed = join(root, 'node_modules', packageJson.name)
  for (const file of ['package.json', ...globSync(packageJson.files, { cwd: ROOT, exclude: ['dist'] })]) {
    mkdirSync(dirname(join(installed, file)), { recursive: true })
    cpSync(join(ROOT, file), join(installed, file), { recursive: true })
  }
  for (const one of packages) {
    mkdirSync(dirname(join(root, 'node_modules', one)), { recursive: true })
    symlinkSync(join(MODULES, one), join(root, 'node_modules', one))
  }
  writeFileSync(join(root, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  mkdirSync(join(root, 'contracts'))
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(root, 'contracts', file), text)
  return root
}

/** Builds with Hardhat as the page configures it, and answers with the deployed code of a contract. */
async function hardhat(root: string, contract: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const version = /solidity: '([\d.]+)'/.exec(shown('ts')[0]!)?.[1] ?? expect.fail('the page configures no compiler')
  const config = { solidity: { version, path: soljson, settings: more } }
  const hre = await createHardhatRuntimeEnvironment(config, {}, root)
  await hre.tasks.getTask('build').run({ quiet: true })
  return (await hre.artifacts.readArtifact(contract)).deployedBytecode
}

/** What the compiler says against the sources of a project when it finds imports as Foundry does, by remappings. */
function complaints(root: string): readonly string[] {
  const sources = Object.fromEntries(
    globSync('contracts/*.sol', { cwd: root }).map((file) => [
      file,
      { content: readFileSync(join(root, file), 'utf8') }
    ])
  )
  const remappings = shown('text')[0]!.trim().split('\n')
  const input = { language: 'Solidity', sources, settings: { remappings, outputSelection: { '*': { '*': ['abi'] } } } }
  const read = (file: string): { contents: string } | { error: string } => {
    try {
      return { contents: readFileSync(join(root, file), 'utf8') }
    } catch {
      return { error: `there is no ${file}` }
    }
  }
  const { errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as {
    errors?: readonly { severity: string; formattedMessage: string }[]
  }
  return errors.filter(({ severity }) => severity === 'error').map(({ formattedMessage }) => formattedMessage)
}

const EXAMPLE = 'import {ReadersVote} from "trend-archive/contracts/examples/ReadersVote.sol";\n'
const REGISTRY_NEEDS = ['@openzeppelin/contracts', 'solady']

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trend-archive-solidity-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the Solidity in the package', () => {
  test('is the interface, the registry and the example, without the tests', () => {
    const root = project('files', {})
    expect(globSync('**/*.sol', { cwd: join(root, 'node_modules', packageJson.name) }).sort()).toEqual([
      'contracts/ITrendRegistry.sol',
      'contracts/TrendRegistry.sol',
      'contracts/examples/ReadersVote.sol'
    ])
  })

  test('is imported under Hardhat, the interface and the example with nothing else installed', async () => {
    const root = project('hardhat', { 'OnlyWhatStands.sol': asking, 'Vote.sol': EXAMPLE })
    expect(await hardhat(root, 'OnlyWhatStands')).toMatch(/^0x6080/)
  })

  test('is imported by the remappings of Foundry, the interface and the example with nothing else installed', () => {
    expect(complaints(project('foundry', { 'OnlyWhatStands.sol': asking, 'Vote.sol': EXAMPLE }))).toEqual([])
  })

  test('says which package is missing where they are not', () => {
    const [first] = complaints(project('missing', { 'WithRegistry.sol': fixture }))
    expect(first).toContain('there is no node_modules/@openzeppelin/contracts/')
  })

  test('is the registry itself where the two packages that the page names are installed, to the byte', async () => {
    const own = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {TrendRegistry} from "trend-archive/contracts/TrendRegistry.sol";
contract Own is TrendRegistry {}
`
    const root = project('registry', { 'WithRegistry.sol': fixture, 'Own.sol': own }, REGISTRY_NEEDS)
    expect(complaints(root)).toEqual([])
    expect(keccak256(await hardhat(root, 'Own', settings))).toBe(CODE_DIGEST)
  }, 120_000)
})

describe('the page about it', () => {
  test('names the versions that the registry is built with', () => {
    for (const name of REGISTRY_NEEDS) {
      const version = packageJson.devDependencies[name as keyof typeof packageJson.devDependencies]
      expect(shown('sh').join('')).toContain(`${name}@${version}`)
    }
  })

  test('shows no snippet that is not tried here', () => {
    expect(['sh', 'solidity', 'ts', 'text', 'json'].map((language) => shown(language).length)).toEqual([2, 2, 1, 1, 1])
    expect(PAGE.match(/^```\w/gm)).toHaveLength(7)
  })
})
