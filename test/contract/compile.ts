import { readFileSync } from 'node:fs'
import { ContractFactory, type InterfaceAbi, type Signer } from 'ethers'
import solc from 'solc'
import type { Address } from '../../src/document/publisher.ts'

interface Compiled {
  readonly abi: InterfaceAbi
  readonly evm: { readonly bytecode: { readonly object: string } }
}

/** The contracts of a file in contracts/test, by name. */
export type Kit = (name: string, signer: Signer, ...args: readonly unknown[]) => Promise<Address>

const ROOT = new URL('../../', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

/**
 * Compiles a file of contracts/test for one test, and deploys from it. Not by Hardhat, whose artifacts are those of the
 * product and are written by one process at a time.
 */
export function kitOf(file: string): Kit {
  const name = `contracts/test/${file}`
  const input = {
    language: 'Solidity',
    sources: { [name]: { content: textOf(name) } },
    settings: {
      optimizer: { enabled: true },
      evmVersion: 'osaka',
      outputSelection: { [name]: { '*': ['abi', 'evm.bytecode.object'] } }
    }
  }
  const imported = (path: string): { readonly contents: string } => ({ contents: textOf(`node_modules/${path}`) })
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: imported }))
  const failure = errors.find(({ severity }: { severity: string }) => severity === 'error')
  if (failure !== undefined) throw new Error(failure.formattedMessage)
  return async (contract, signer, ...args) => {
    const { abi, evm }: Compiled = contracts[name][contract]
    const deployed = await new ContractFactory(abi, evm.bytecode.object, signer).deploy(...args)
    await deployed.waitForDeployment()
    return (await deployed.getAddress()).toLowerCase() as Address
  }
}
