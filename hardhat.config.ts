import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const compiler = {
  version: '0.8.37',
  // The compiler of npm, so that a build downloads nothing.
  path: createRequire(import.meta.url).resolve('solc/soljson.js'),
  settings: {
    optimizer: { enabled: true, runs: 1_000_000 },
    viaIR: true,
    evmVersion: 'osaka',
    // With the digest of the sources in the code, a comment or a folder's name would move the registry elsewhere.
    metadata: { bytecodeHash: 'none' }
  }
}

/**
 * The tests deploy the code that is shipped; for themselves they do without the way of compiling that takes eight times
 * as long. They are the rule and what is shipped the exception, because Hardhat compiles each exception by itself.
 */
const testCompiler = { ...compiler, settings: { ...compiler.settings, viaIR: false } }
const shipped = globSync('contracts/{*,examples/*}.sol', { cwd: import.meta.dirname })
const overrides = Object.fromEntries(shipped.map((file) => [file, compiler]))

/** What fuzzing draws from. The same numbers each time, so that a failure can be had again; `FUZZ_SEED` is another. */
const seed = process.env.FUZZ_SEED ?? '0x7472656e642d61726368697665'
const campaign = (fuzzRuns: number, invariantRuns: number) => ({
  fuzz: { runs: fuzzRuns, seed },
  invariant: { runs: invariantRuns, depth: 64, failOnRevert: true }
})

export default defineConfig({
  solidity: {
    splitTestsCompilation: true,
    profiles: { default: { compilers: [testCompiler], overrides }, production: compiler }
  },
  test: { solidity: { profiles: { default: campaign(256, 16), deep: campaign(10_000, 1_024) } } },
  networks: { default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' } }
})
