import { type AstNode, spanOf, typeOf } from './ast.ts'
import {
  type Change,
  isDeclaration,
  isWritten,
  namesBefore,
  pairsOf,
  replaced,
  type Site,
  swap,
  swapped,
  zeroOf
} from './site.ts'

/** One kind of mistake: all the ways to make it at one place. */
type Operator = (site: Site) => readonly Change[]

/**
 * The comparisons that tell a test of a boundary from one that only passes by it: the sufficient replacements of
 * Kaminski, Ammann and Offutt, "Improving logic-based testing" (2013), without the constants, and the negation.
 */
const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '!=', '>='],
  '<=': ['<', '==', '>'],
  '>': ['>=', '!=', '<='],
  '>=': ['>', '==', '<'],
  '==': ['!=', '<=', '>='],
  '!=': ['==', '<', '>']
}

const ARITHMETIC: Readonly<Record<string, readonly string[]>> = {
  '|': ['&', '^'],
  '&': ['|', '^'],
  '^': ['&', '|'],
  '+': ['-', '*'],
  '-': ['+'],
  '*': ['/', '+'],
  '/': ['*'],
  '%': ['/'],
  '<<': ['>>'],
  '>>': ['<<']
}

/** What can be asked of the world, and what else might have been. 31337 is the chain that the tests run on. */
const WORLD: Readonly<Record<string, readonly string[]>> = {
  'block.timestamp': ['block.number'],
  'block.chainid': ['1', '31337'],
  'msg.sender': ['tx.origin'],
  'address(this)': ['address(0)']
}

const REMOVABLE = /^(Expression|Emit|Revert|If|YulExpression)Statement$|^Return$|^YulAssignment$/

/** Each kind of mistake by its name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  'statement removed': ({ node, text }) => {
    if (!REMOVABLE.test(node.nodeType)) return []
    const { start, end } = spanOf(node)
    const semicolon = text({ start: end, end: end + 1 }) === ';' ? 1 : 0
    return [{ start, end: end + semicolon, text: '{}' }]
  },

  'condition turned or dropped': ({ node: { nodeType, condition }, text }) => {
    if (nodeType !== 'IfStatement' || condition === undefined) return []
    return replaced(condition, `!(${text(condition)})`, 'true')
  },

  'another comparison': (site) => {
    const same = sameForUnsigned(site)
    return otherOperators(site, COMPARISONS).filter(({ text }) => text !== same)
  },

  'another arithmetic': (site) => otherOperators(site, ARITHMETIC),

  'another connective': ({ node, text }) => {
    const { operator, leftExpression: left, rightExpression: right } = node
    if (!left || !right || (operator !== '&&' && operator !== '||')) return []
    return replaced(node, `${text(left)} ${operator === '&&' ? '||' : '&&'} ${text(right)}`, text(left), text(right))
  },

  'value zeroed': ({ node: { leftHandSide: target, rightHandSide, initialValue } }) => {
    const value = rightHandSide ?? initialValue
    if (value?.nodeType === 'TupleExpression') return (value.components ?? []).flatMap((part) => zeroed(part, part))
    return value === undefined ? [] : zeroed(value, target ?? value)
  },

  'arguments swapped': ({ node, text }) => swapped(node.arguments ?? [], text),

  'parts swapped': ({ node, text }) => swapped(node.components ?? [], text),

  'keys swapped': ({ node: { baseExpression, indexExpression: inner }, text }) => {
    const outer = baseExpression?.indexExpression
    return outer && inner ? swapped([outer, inner], text) : []
  },

  'another name': (site) => {
    const { node, declarations } = site
    const declaration = declarations.get(node.referencedDeclaration ?? -1)
    const isName = node.nodeType === 'Identifier' && declaration !== undefined && isDeclaration(declaration)
    const type = isSender(node) ? 'address' : isName && !declaration.stateVariable ? typeOf(declaration) : undefined
    if (type === undefined || zeroOf(type) === undefined || isWritten(site)) return []
    const others = [...namesBefore(site, type), ...(type === 'address' ? ['msg.sender'] : [])]
    return replaced(node, ...others.filter((name) => name !== site.text(node)))
  },

  'another member': ({ node, declarations, text }) => {
    const { nodeType, expression, memberName, referencedDeclaration = -1 } = node
    const struct = declarations.get(declarations.get(referencedDeclaration)?.scope ?? -1)
    if (nodeType !== 'MemberAccess' || !expression || struct?.nodeType !== 'StructDefinition') return []
    const others = (struct.members ?? []).filter(
      (member) => member.name !== memberName && typeOf(member) === typeOf(node)
    )
    return replaced(node, ...others.map(({ name }) => `${text(expression)}.${name}`))
  },

  'another question': ({ node, text }) => {
    const isQuestion = node.nodeType === 'MemberAccess' || node.nodeType === 'FunctionCall'
    return isQuestion ? replaced(node, ...(WORLD[text(node)] ?? [])) : []
  },

  'another literal': ({ node, text }) => {
    if (node.nodeType !== 'Literal' && node.nodeType !== 'YulLiteral') return []
    const literal = text(node)
    return replaced(node, ...(node.kind === 'number' ? numbersNear(literal) : [clipped(literal)]))
  },

  'narrower type': ({ node, text }) => {
    const { kind, expression, arguments: [value] = [] } = node
    const bits = Number(/^uint(\d+)$/.exec(expression ? text(expression) : '')?.[1] ?? 256)
    if (kind !== 'typeConversion' || !value || bits === 256) return []
    return replaced(node, `uint${bits - 8}(${text(value)})`)
  },

  'call dropped': ({ node, text }) => {
    if (node.kind !== 'functionCall') return []
    const alike = (node.arguments ?? []).filter((argument) => typeOf(argument) === typeOf(node))
    return replaced(node, ...alike.map(text))
  },

  'another function': ({ node, declarations, text }) => {
    const { nodeType, expression, referencedDeclaration = -1 } = node
    const called = declarations.get(referencedDeclaration)
    if (nodeType !== 'MemberAccess' || !expression || called?.nodeType !== 'FunctionDefinition') return []
    const siblings = declarations.get(called.scope ?? -1)?.nodes ?? []
    const alike = siblings.filter((other) => other.name !== called.name && signatureOf(other) === signatureOf(called))
    return replaced(node, ...alike.map(({ name }) => `${text(expression)}.${name}`))
  },

  'storage order': ({ node: { nodeType, nodes = [] }, text }) => {
    if (nodeType !== 'ContractDefinition') return []
    const variables = nodes.filter(({ stateVariable, constant }) => stateVariable && !constant)
    return pairsOf(variables).map(([a, b]) => swap(a, b, text))
  }
}

function otherOperators({ node, text }: Site, table: Readonly<Record<string, readonly string[]>>): readonly Change[] {
  const { nodeType, operator = '', leftExpression: left, rightExpression: right } = node
  if (nodeType !== 'BinaryOperation' || !left || !right) return []
  return replaced(node, ...(table[operator] ?? []).map((other) => `${text(left)} ${other} ${text(right)}`))
}

/** Nothing unsigned is below 0: there `<=` says what `==` says, and `>` what `!=` does. */
function sameForUnsigned({ node, text }: Site): string | undefined {
  const { operator, leftExpression: left, rightExpression: right } = node
  if (!left || !right || text(right) !== '0' || typeOf(left)?.startsWith('int')) return undefined
  return operator === '==' ? `${text(left)} <= 0` : operator === '!=' ? `${text(left)} > 0` : undefined
}

function zeroed(value: AstNode, target: AstNode): readonly Change[] {
  const zero = zeroOf(typeOf(target))
  return zero === undefined ? [] : replaced(value, zero)
}

function isSender({ nodeType, memberName, expression }: AstNode): boolean {
  return nodeType === 'MemberAccess' && memberName === 'sender' && expression?.name === 'msg'
}

/** One less and one more, in as many digits: their number is the type of a hexadecimal literal. */
function numbersNear(literal: string): readonly string[] {
  const hex = /^0x[0-9a-f]+$/i.test(literal)
  if (!hex && !/^\d+$/.test(literal)) return []
  const near = [BigInt(literal) - 1n, BigInt(literal) + 1n].filter((number) => number >= 0n)
  return near.map((number) => (hex ? `0x${number.toString(16).padStart(literal.length - 2, '0')}` : String(number)))
}

/** A quoted literal without its last character, or of hexadecimal ones without its last byte. */
function clipped(literal: string): string {
  return literal.replace(literal.startsWith('hex') ? /..(?=["']$)/ : /.(?=["']$)/, '')
}

/** What a function takes, and from where: enough to call one in the place of another. */
function signatureOf({ nodeType, parameters }: AstNode): string | undefined {
  if (nodeType !== 'FunctionDefinition') return undefined
  return parameters?.parameters.map((parameter) => `${typeOf(parameter)} ${parameter.storageLocation}`).join()
}
