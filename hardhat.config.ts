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

export default defineConfig({
  solidity: { splitTestsCompilation: true, profiles: { default: { compilers: [compiler] }, production: compiler } },
  networks: { default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' } }
})
