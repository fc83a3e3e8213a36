import { type AstNode, nearest, type Place, placesOf, type Span, spanOf, typeOf } from './ast.ts'

/** A place in a source, and what the operators ask of the source around it. */
export interface Site extends Place {
  text(at: Span | AstNode): string
  readonly declarations: ReadonlyMap<number, AstNode>
}

/** Another text in the place of a span. */
export interface Change extends Span {
  readonly text: string
}

/** Other texts in the place of a node. */
export function replaced(node: AstNode, ...texts: readonly string[]): readonly Change[] {
  return texts.map((text) => ({ ...spanOf(node), text }))
}

/** Each two of the same type in each other's place. Yul has one type. */
export function swapped(nodes: readonly AstNode[], text: Site['text']): readonly Change[] {
  return pairsOf(nodes)
    .filter(([a, b]) => a.nodeType.startsWith('Yul') || typeOf(a) === typeOf(b))
    .map(([a, b]) => swap(a, b, text))
}

/** Two nodes in each other's place; what stands between them stays. */
export function swap(a: AstNode, b: AstNode, text: Site['text']): Change {
  const [first, second] = [spanOf(a), spanOf(b)]
  const between = text({ start: first.end, end: second.start })
  return { start: first.start, end: second.end, text: `${text(second)}${between}${text(first)}` }
}

export function pairsOf(nodes: readonly AstNode[]): readonly (readonly [AstNode, AstNode])[] {
  return nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => [a, b] as const))
}

/** Parameters and variables of the function around, of one type, that are declared before the place. */
export function namesBefore(place: Place, type: string): readonly string[] {
  const definition = nearest(place, 'FunctionDefinition')
  if (definition === undefined) return []
  const { start } = spanOf(place.node)
  const declared = [...placesOf(definition)].map(({ node }) => node).filter(isDeclaration)
  return declared
    .filter((node) => typeOf(node) === type && spanOf(node).start < start)
    .flatMap(({ name }) => name || [])
}

export const isDeclaration = ({ nodeType }: AstNode): boolean => nodeType === 'VariableDeclaration'

/** Stands alone, or in a tuple, on the left of an assignment. */
export function isWritten({ node, around }: Place): boolean {
  const path = [...around, node]
  const assignment = path.findLastIndex(({ nodeType }) => nodeType === 'Assignment')
  if (assignment === -1 || path[assignment]?.leftHandSide !== path[assignment + 1]) return false
  return path.slice(assignment + 1, -1).every(({ nodeType }) => nodeType === 'TupleExpression')
}

/** Nothing, in the words of a type; `undefined` for a type that has no such word. */
export function zeroOf(type: string | undefined): string | undefined {
  if (type === undefined) return undefined
  if (/^u?int\d*$/.test(type)) return '0'
  if (type === 'bool') return 'false'
  return type === 'address' || /^bytes\d+$/.test(type) ? `${type}(0)` : undefined
}
