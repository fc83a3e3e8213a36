import { keccak256 } from 'ethers'
import hre from 'hardhat'
import { CODE_DIGEST } from '../../src/registry/bytecode.ts'

/**
 * Compiles the contracts anew and holds what comes out to {@link assertDeployed}. A measuring run may have left
 * instrumented code behind, and the library may know code of before a change: figures of either mean nothing.
 */
export async function assertFreshBuild(): Promise<void> {
  await hre.tasks.getTask('build').run({ force: true, quiet: true, noTests: true })
  const { deployedBytecode } = await hre.artifacts.readArtifact('TrendRegistry')
  assertDeployed(deployedBytecode)
}

/** Holds code to the digest of what the library deploys. @throws when it is other code */
export function assertDeployed(code: string): void {
  if (keccak256(code) === CODE_DIGEST) return
  throw new Error('contracts/ does not compile to the code that is deployed: run npm run abi and commit the result')
}
