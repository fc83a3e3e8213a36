import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import hre from 'hardhat'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FORGE = join(createRequire(import.meta.url).resolve('@foundry-rs/forge/package.json'), '../bin.mjs')
const COMPILER = join(ROOT, 'scripts/solc.cjs')

function node(args: readonly string[], input = ''): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', input })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('forge', () => {
  test('is told to compile as Hardhat compiles what is shipped', () => {
    const { optimizer, optimizer_runs, via_ir, evm_version, bytecode_hash } = JSON.parse(
      node([FORGE, 'config', '--json'])
    )
    const { outputSelection: _, ...settings } = hre.config.solidity.profiles.production!.compilers[0]!.settings
    expect({
      optimizer: { enabled: optimizer, runs: optimizer_runs },
      viaIR: via_ir,
      evmVersion: evm_version,
      metadata: { bytecodeHash: bytecode_hash }
    }).toEqual(settings)
  })

  test('finds a compiler of the version that Hardhat uses, in the words of a native one', () => {
    const { version } = hre.config.solidity.profiles.production!.compilers[0]!
    expect(node([COMPILER, '--version'])).toMatch(
      new RegExp(`^Version: ${version}\\+commit\\.[0-9a-f]{8}\\.Linux\\.g\\+\\+$`, 'm')
    )
  })

  test('has its input compiled', () => {
    const sources = { 'Box.sol': { content: 'contract Box {}' } }
    const settings = { outputSelection: { '*': { '*': ['abi'] } } }
    const answer = node([COMPILER, '--standard-json'], JSON.stringify({ language: 'Solidity', sources, settings }))
    expect(JSON.parse(answer).contracts['Box.sol'].Box.abi).toEqual([])
  })
})
