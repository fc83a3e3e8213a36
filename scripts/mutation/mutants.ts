import { type AstNode, declarationsOf, nearest, type Place, placesOf, spanOf } from './ast.ts'
import { OPERATORS } from './operators.ts'
import type { Change, Site } from './site.ts'

/** What names a mutant while lines move: the kind of mistake, the function, and the statement without and with it. */
export interface MutantName {
  readonly operator: string
  /** The function it is in, or the contract where it is in none. */
  readonly within: string
  /** The statement as it stands, on one line. */
  readonly before: string
  /** The same with the mistake in it. */
  readonly after: string
}

/** A contract with one mistake in it. */
export interface Mutant extends MutantName {
  readonly line: number
  /** The whole source with the mistake. */
  readonly source: string
}

/**
 * Every mutant of a source that the operators make, in the order of the source, each once.
 * @param file The AST of the source.
 * @param others The ASTs of what it imports, for the declarations in them.
 */
export function mutantsOf(source: string, file: AstNode, others: readonly AstNode[] = []): readonly Mutant[] {
  const bytes = Buffer.from(source)
  const declarations = declarationsOf([file, ...others])
  const text: Site['text'] = (at) => {
    const { start, end } = 'src' in at ? spanOf(at) : at
    return bytes.toString('utf8', start, end)
  }
  const mutants = new Map<string, Mutant>()
  for (const place of placesOf(file)) {
    for (const [operator, changesOf] of Object.entries(OPERATORS)) {
      for (const change of changesOf({ ...place, text, declarations })) {
        const mutant = { operator, ...changed(bytes, place, change) }
        if (mutant.source !== source && !mutants.has(mutant.source)) mutants.set(mutant.source, mutant)
      }
    }
  }
  return [...mutants.values()].sort((a, b) => a.line - b.line)
}

function changed(bytes: Buffer, place: Place, change: Change): Omit<Mutant, 'operator'> {
  const within = nearest(place, 'FunctionDefinition') ?? nearest(place, 'ContractDefinition') ?? place.node
  const around = [...place.around, place.node].findLast(isStatement) ?? place.node
  const statement = spanOf(around)
  const head = (start: number): string => bytes.toString('utf8', start, change.start)
  const tail = (end?: number): string => bytes.toString('utf8', change.end, end)
  return {
    within: within.name ?? '',
    line: head(0).split('\n').length,
    before: oneLine(bytes.toString('utf8', statement.start, statement.end)),
    after: oneLine(`${head(statement.start)}${change.text}${tail(Math.max(statement.end, change.end))}`),
    source: `${head(0)}${change.text}${tail()}`
  }
}

/** The smallest part of a source that can be read alone. */
function isStatement({ nodeType, stateVariable }: AstNode): boolean {
  return /Statement$|^Return$|^YulAssignment$/.test(nodeType) || stateVariable === true
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
