/** A node of the compiler's AST, with the fields that are looked at here; which of them it has depends on its type. */
export interface AstNode {
  readonly nodeType: string
  /** `start:length:file`, in bytes of UTF-8. */
  readonly src: string
  readonly id?: number
  readonly name?: string
  readonly kind?: string
  readonly value?: string
  readonly operator?: string
  readonly memberName?: string
  readonly scope?: number
  readonly stateVariable?: boolean
  readonly constant?: boolean
  readonly storageLocation?: string
  readonly referencedDeclaration?: number
  readonly typeDescriptions?: { readonly typeString?: string }
  readonly nodes?: readonly AstNode[]
  readonly members?: readonly AstNode[]
  readonly statements?: readonly AstNode[]
  readonly arguments?: readonly AstNode[]
  readonly components?: readonly AstNode[]
  readonly parameters?: AstNode & { readonly parameters: readonly AstNode[] }
  readonly expression?: AstNode
  readonly baseExpression?: AstNode
  readonly indexExpression?: AstNode
  readonly condition?: AstNode
  readonly leftExpression?: AstNode
  readonly rightExpression?: AstNode
  readonly leftHandSide?: AstNode
  readonly rightHandSide?: AstNode
  readonly initialValue?: AstNode
}

/** A node and the nodes around it, from the root down. */
export interface Place {
  readonly node: AstNode
  readonly around: readonly AstNode[]
}

/** Where something stands in a source, in bytes. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** All nodes of a tree, in the order of the source as far as the compiler keeps it. */
export function* placesOf(node: AstNode, around: readonly AstNode[] = []): Generator<Place> {
  yield { node, around }
  for (const child of childrenOf(node)) yield* placesOf(child, [...around, node])
}

function childrenOf(node: AstNode): readonly AstNode[] {
  return Object.values(node).flatMap((field: unknown) => (Array.isArray(field) ? field : [field]).filter(isNode))
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

export function spanOf({ src }: AstNode): Span {
  const [start = 0, length = 0] = src.split(':').map(Number)
  return { start, end: start + length }
}

/** The type of an expression or a declaration as the compiler writes it, or `undefined` where it has none. */
export const typeOf = (node: AstNode | undefined): string | undefined => node?.typeDescriptions?.typeString

/** The nearest node around a place that has this type. */
export function nearest({ around }: Place, nodeType: string): AstNode | undefined {
  return around.findLast((node) => node.nodeType === nodeType)
}

/** Everything that other nodes refer to by number. */
export function declarationsOf(roots: readonly AstNode[]): ReadonlyMap<number, AstNode> {
  const declarations = new Map<number, AstNode>()
  for (const root of roots)
    for (const { node } of placesOf(root)) if (node.id !== undefined) declarations.set(node.id, node)
  return declarations
}
