import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { InterfaceAbi } from 'ethers'
import hre from 'hardhat'

/** What a compiler made of a contract, in the one shape that every package's artifacts can be brought to. */
export interface Artifact {
  readonly abi: InterfaceAbi
  readonly bytecode: string
}

const require = createRequire(import.meta.url)

/** The compiler of the registry, and its settings but for what it is to put out, as the configuration has them. */
export function compilerOfRegistry(): {
  readonly version: string
  readonly settings: Readonly<Record<string, unknown>>
} {
  const [compiler] = hre.config.solidity.profiles.production?.compilers ?? []
  if (compiler === undefined) throw new Error('hardhat.config.ts names no compiler')
  const { outputSelection: _, ...settings } = compiler.settings
  return { version: compiler.version, settings }
}

/** Compiles a contract of `bench/gas/contracts` exactly as the registry is compiled. */
export function compile(name: string): Artifact {
  const file = `${name}.sol`
  const content = readFileSync(new URL(`contracts/${file}`, import.meta.url), 'utf8')
  const { settings } = compilerOfRegistry()
  const outputSelection = { [file]: { [name]: ['abi', 'evm.bytecode.object'] } }
  const input = { language: 'Solidity', sources: { [file]: { content } }, settings: { ...settings, outputSelection } }
  const solc = require('solc') as { readonly compile: (input: string) => string }
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input)))
  if (errors.length > 0)
    throw new Error(errors.map((error: { formattedMessage: string }) => error.formattedMessage).join())
  const { abi, evm } = contracts[file][name]
  return { abi, bytecode: `0x${evm.bytecode.object}` }
}

/** An artifact that a package carries, as Hardhat, Truffle or Foundry wrote it. */
export function artifactOf(path: string): Artifact {
  const { abi, bytecode } = require(path)
  return { abi, bytecode: typeof bytecode === 'string' ? bytecode : bytecode.object }
}

/** When and how an artifact of Truffle's was built, in words. */
export function builtHow(path: string): { readonly year: string; readonly how: string } {
  const { updatedAt, metadata } = require(path)
  const { compiler, settings } = JSON.parse(metadata)
  const [version] = compiler.version.split('+')
  const optimizer = settings.optimizer.enabled ? 'on' : 'off'
  return {
    year: updatedAt.slice(0, 4),
    how: `on ${updatedAt.slice(0, 10)} by solc ${version}, the optimizer ${optimizer}`
  }
}

/** The exact version of a package that is installed here. */
export const versionOf = (name: string): string => require(`${name}/package.json`).version
