import { createRequire } from 'node:module'
import type { AstNode } from './ast.ts'

/** Standard JSON, as the compiler takes it. */
export interface CompilerInput {
  readonly sources: Readonly<Record<string, { readonly content: string }>>
  readonly settings: Readonly<Record<string, unknown>>
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly sources?: Readonly<Record<string, { readonly ast: AstNode }>>
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Contract>>>>
}

interface Contract {
  readonly evm: { readonly bytecode: { readonly object: string } }
}

const solc: { compile(input: string): string } = createRequire(import.meta.url)('solc')

/** The ASTs of all sources by their names. */
export function astsOf(input: CompilerInput): ReadonlyMap<string, AstNode> {
  const { sources = {} } = compile(input, { '*': { '': ['ast'] } })
  return new Map(Object.entries(sources).map(([name, { ast }]) => [name, ast]))
}

/**
 * The creation code of one contract, compiled with another text of the source it is in, and otherwise as it ships.
 * `undefined` where that does not compile.
 */
export function codeOf(input: CompilerInput, source: string, name: string, content: string): string | undefined {
  const mutated = { ...input, sources: { ...input.sources, [source]: { content } } }
  const { contracts } = compile(mutated, { [source]: { [name]: ['evm.bytecode.object'] } })
  const code = contracts?.[source]?.[name]?.evm.bytecode.object
  return code === undefined || code === '' ? undefined : `0x${code}`
}

function compile(input: CompilerInput, outputSelection: unknown): CompilerOutput {
  return JSON.parse(solc.compile(JSON.stringify({ ...input, settings: { ...input.settings, outputSelection } })))
}
