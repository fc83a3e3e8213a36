import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const TESTS = 'contracts/test'

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

/** Tests deploy the code that is shipped, and for themselves do without the slower way of compiling. */
const testCompiler = { ...compiler, settings: { ...compiler.settings, viaIR: false } }
const overrides = Object.fromEntries(
  globSync(`${TESTS}/**/*.sol`, { cwd: import.meta.dirname }).map((file) => [file, testCompiler])
)

export default defineConfig({
  paths: { tests: { solidity: TESTS } },
  solidity: {
    splitTestsCompilation: true,
    profiles: { default: { compilers: [compiler], overrides }, production: compiler }
  },
  test: { solidity: { fuzz: { runs: Number(process.env.RUNS ?? 64) }, invariant: { runs: Number(process.env.IRUNS ?? 16), depth: 64, failOnRevert: true } } },
  networks: { default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' } }
})
