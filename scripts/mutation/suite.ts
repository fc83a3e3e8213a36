import { readFile } from 'node:fs/promises'
import {
  type Artifact,
  EdrContext,
  L1_CHAIN_TYPE,
  L1Hardfork,
  l1HardforkToString,
  l1SolidityTestRunnerFactory,
  type SolidityTestRunnerConfigArgs,
  type SuiteResult
} from '@nomicfoundation/edr'
import { GAS_TESTS } from '../gas-tests.ts'

/** The Solidity tests but those of gas, to be run against any code in the place of one contract's. */
export interface Suite {
  /** The first test that fails, or `undefined` where all pass. */
  firstFailure(creationCode: string): Promise<string | undefined>
}

/** What Hardhat keeps of a compiled contract, as far as it is read here. */
interface Compiled {
  readonly contractName: string
  readonly sourceName: string
  readonly inputSourceName: string
  readonly buildInfoId: string
  readonly abi: readonly { readonly name?: string }[]
  readonly bytecode: string
  readonly deployedBytecode: string
}

/**
 * Few runs, and the same ones each time: what a test finds by luck alone is not a test of the line that was mutated.
 * Nothing is kept from run to run, so that no mutant is judged by the counterexample of another.
 */
const CONFIG: SolidityTestRunnerConfigArgs = {
  projectRoot: process.cwd(),
  hardfork: l1HardforkToString(L1Hardfork.Osaka),
  disableBlockGasLimit: true,
  disableTransactionGasCap: true,
  excludeTestPattern: GAS_TESTS.named,
  fuzz: { runs: 64, seed: '0x1' },
  // Deep enough for the handler to play every card it has.
  invariant: { runs: 4, depth: 64, failOnRevert: true }
}

/**
 * Hands artifacts to the test runner as Hardhat does, but from memory: there is no file to swap for each mutant.
 * @param files The artifacts of the contracts and of the tests.
 * @param replaced The contract whose code is replaced. The tests deploy it by `vm.getCode`.
 */
export async function openSuite(files: readonly string[], replaced: string): Promise<Suite> {
  const context = new EdrContext()
  await context.registerSolidityTestRunnerFactory(L1_CHAIN_TYPE, l1SolidityTestRunnerFactory())
  const compiled = await Promise.all(files.map(readCompiled))
  const artifacts = compiled.map(artifactOf)
  const suites = compiled.filter(isSuite).map((suite) => ({ id: artifactOf(suite).id, found: 0, spent: 1 }))

  const failureOf = async (suite: Artifact['id'], all: Artifact[]): Promise<string | undefined> => {
    const told = Promise.withResolvers<SuiteResult>()
    // The run may be over before its result is told.
    const run = context.runSolidityTests(L1_CHAIN_TYPE, all, [suite], CONFIG, {}, told.resolve)
    const [{ testResults }] = await Promise.all([told.promise, run])
    const failed = testResults.find(({ status }) => status === 'Failure')
    return failed && `${suite.name}.${failed.name}`
  }

  return {
    async firstFailure(creationCode) {
      const all = artifacts.map(({ id, contract }) =>
        id.name === replaced ? { id, contract: { ...contract, bytecode: creationCode } } : { id, contract }
      )
      for (const suite of suites.sort((a, b) => yieldOf(b) - yieldOf(a))) {
        const start = performance.now()
        const failure = await failureOf(suite.id, all)
        suite.spent += performance.now() - start
        if (failure === undefined) continue
        suite.found += 1
        return failure
      }
      return undefined
    }
  }
}

/** Mistakes found a millisecond: what found many in little time is asked first. */
const yieldOf = ({ found, spent }: { readonly found: number; readonly spent: number }): number => (found + 1) / spent

async function readCompiled(file: string): Promise<Compiled> {
  return JSON.parse(await readFile(file, 'utf8'))
}

function artifactOf({ contractName, inputSourceName, buildInfoId, abi, ...code }: Compiled): Artifact {
  // `solc-0_8_37-` and a digest.
  const solcVersion = buildInfoId.split('-')[1]!.replaceAll('_', '.')
  return {
    id: { name: contractName, source: inputSourceName, solcVersion },
    contract: { abi: JSON.stringify(abi), bytecode: code.bytecode, deployedBytecode: code.deployedBytecode }
  }
}

/** Has tests that are run here. */
function isSuite({ sourceName, abi, bytecode }: Compiled): boolean {
  if (bytecode === '0x' || sourceName === GAS_TESTS.file) return false
  return abi.some(({ name = '' }) => /^(test|invariant)/.test(name) && !name.includes(GAS_TESTS.named))
}
