import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import config from '../hardhat.config.ts'

/** The contract as explorers ask for it: its file and its name. */
export const CONTRACT = ['contracts/TrendRegistry.sol', 'TrendRegistry'] as const

/** What a compiler is told, as `solc --standard-json`, Sourcify and Blockscout take it. */
export interface CompilerInput {
  readonly language: 'Solidity'
  readonly sources: Readonly<Record<string, { readonly content: string }>>
  readonly settings: object
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const OUTPUT = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'metadata', 'storageLayout']

/** The registry and what it imports, each under the name it is imported by, and the settings it is compiled with. */
export function compilerInput(): CompilerInput {
  const [file, name] = CONTRACT
  const sources = Object.fromEntries([...sourcesFrom(file)].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { language: 'Solidity', sources, settings: { ...settings(), outputSelection: { [file]: { [name]: OUTPUT } } } }
}

/** What the contracts are compiled with everywhere else. */
function settings(): object {
  const { solidity } = config
  if (typeof solidity !== 'object' || !('profiles' in solidity)) throw new Error('hardhat.config.ts has no profiles')
  const profile = solidity.profiles.production
  if (profile === undefined || !('settings' in profile)) throw new Error('hardhat.config.ts has no production settings')
  return profile.settings
}

function sourcesFrom(name: string, found = new Map<string, { content: string }>()): typeof found {
  if (found.has(name)) return found
  const content = readFileSync(name.startsWith('contracts/') ? join(ROOT, name) : require.resolve(name), 'utf8')
  found.set(name, { content })
  for (const [, to] of content.matchAll(/^import [^"';]*["']([^"']+)["'];/gm)) {
    sourcesFrom(to!.startsWith('.') ? new URL(to!, `file:///${name}`).pathname.slice(1) : to!, found)
  }
  return found
}
