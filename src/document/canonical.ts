import { ArchiveError, type Issue } from '../errors.ts'
import type { TrendDocument } from './document.ts'
import { elementPath, invalidDocument, memberPath } from './issue.ts'
import { checkSpelling, isPlain, type Json, MAX_DEPTH, readText } from './json.ts'
import { sorted } from './key-order.ts'
import { MAX_BYTES } from './size.ts'

export { type Json, MAX_DEPTH } from './json.ts'
export { MAX_BYTES } from './size.ts'

const encoder = new TextEncoder()
const room = globalThis.Buffer?.allocUnsafeSlow(65_536)

/** UTF-8 in a buffer of its own. Where a letter is not ASCII, Node's own way takes half the time of its TextEncoder. */
const encodeText = (text: string): Uint8Array<ArrayBuffer> =>
  room && text.length * 3 < room.length
    ? new Uint8Array(room.buffer, 0, room.write(text)).slice()
    : encoder.encode(text)

/**
 * Encodes a value to its canonical bytes (RFC 8785). Equal values give equal bytes, on every runtime.
 * @throws INVALID_DOCUMENT when the value has no JSON form, nests deeper than 64, or is larger than 1 MiB
 */
export function encode(value: Json | TrendDocument): Uint8Array<ArrayBuffer> {
  const bytes = encodeText(canonicalText(value))
  if (bytes.byteLength > MAX_BYTES) throw invalidDocument([TOO_LARGE])
  return bytes
}

/**
 * The canonical bytes of a value as text.
 * @throws INVALID_DOCUMENT when the value has no JSON form, or nests too deep
 */
export function canonicalText(value: Json | TrendDocument): string {
  const text = textOf(value)
  if (text === undefined) throw invalidDocument([faultIn(value, '$', []) ?? TOO_LARGE])
  return text
}

/**
 * Decodes canonical bytes, and refuses every other spelling of the same value.
 * @throws INVALID_DOCUMENT when the bytes are no strict JSON within the limits
 * @throws NOT_CANONICAL when they are, but spelled otherwise
 */
export function decode(bytes: Uint8Array): Json {
  const text = readText(bytes)
  const value = parseNative(text)
  const canonical = value === undefined ? undefined : canonicalText(value)
  if (value !== undefined && canonical === text) return value
  // Something is wrong with the spelling; find out whether it is JSON at all, and unambiguous.
  checkSpelling(text)
  const offset = firstDifference(bytes, encoder.encode(canonical))
  const hint = 'somebody wrote the document anew; ask for the original bytes'
  const message = `the bytes differ from their canonical form at offset ${offset}`
  throw new ArchiveError('NOT_CANONICAL', message, { offset }, { hint })
}

// A native value is never undefined, so `undefined` can say that there is none.
function parseNative(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function firstDifference(actual: Uint8Array, canonical: Uint8Array): number {
  const length = Math.min(actual.length, canonical.length)
  for (let i = 0; i < length; i++) if (actual[i] !== canonical[i]) return i
  return length
}

/*
 * V8's stringify prints numbers and strings as RFC 8785 asks; only the order of keys differs. So one walk checks the
 * value and copies what is out of order, and native code does the printing: about twice the speed of writing by hand.
 */

interface Walk {
  /** A lower bound of the text's length. It also stops a small value whose parts are shared a million times. */
  size: number
  /** Whether some key cannot be carried by an object in canonical order. */
  spell: boolean
}

const REFUSED = Symbol('refused')

/** The canonical text of a value that has one. */
function textOf(value: unknown): string | undefined {
  const walk: Walk = { size: 0, spell: false }
  const arranged = arrange(value, 0, walk)
  if (arranged === REFUSED) return undefined
  const text = walk.spell ? spell(value as Json) : JSON.stringify(arranged)
  // Stringify escapes half of a surrogate pair, which is found in the text at once. An escaped backslash looks alike.
  return text.includes('\\ud') && faultIn(value, '$', []) !== undefined ? undefined : text
}

/** The value itself where its native text is canonical, else an ordered copy, or {@link REFUSED}. */
function arrange(value: unknown, depth: number, walk: Walk): unknown {
  switch (typeof value) {
    case 'string':
      walk.size += value.length + 2
      return walk.size <= MAX_BYTES ? value : REFUSED
    case 'number':
      walk.size += 1
      return Number.isFinite(value) ? value : REFUSED
    case 'boolean':
      walk.size += 4
      return value
    case 'object':
      if (value === null) return value
      walk.size += 1
      if (depth === MAX_DEPTH || walk.size > MAX_BYTES || hasToJson(value)) return REFUSED
      return Array.isArray(value) ? arrangeList(value, depth + 1, walk) : arrangeObject(value, depth + 1, walk)
    default:
      return REFUSED
  }
}

function arrangeList(list: readonly unknown[], depth: number, walk: Walk): unknown {
  if (Object.getPrototypeOf(list) !== Array.prototype) return REFUSED
  let copy: unknown[] | undefined
  walk.size += list.length
  if (walk.size > MAX_BYTES) return REFUSED
  for (let i = 0; i < list.length; i++) {
    const element = list[i]
    const arranged = arrange(element, depth, walk)
    if (arranged === REFUSED) return REFUSED
    if (arranged !== element) {
      copy ??= list.slice()
      copy[i] = arranged
    }
  }
  return copy ?? list
}

function arrangeObject(object: object, depth: number, walk: Walk): unknown {
  if (!isPlain(object)) return REFUSED
  const source = object as Readonly<Record<string, unknown>>
  let copy: Record<string, unknown> | undefined
  let isSorted = true
  let previous: string | undefined
  // Engines read members fastest in their own order.
  for (const key in source) {
    if (previous !== undefined && key < previous) isSorted = false
    previous = key
    walk.size += key.length + 3
    if (isSpecial(key)) walk.spell = true
    const member = source[key]
    const arranged = arrange(member, depth, walk)
    if (arranged === member || !Object.hasOwn(source, key)) continue
    if (arranged === REFUSED) return REFUSED
    copy ??= { ...source }
    copy[key] = arranged
  }
  if (isSorted) return copy ?? source
  const ordered: Record<string, unknown> = {}
  for (const key of sorted(Object.keys(source))) ordered[key] = (copy ?? source)[key]
  return ordered
}

const ZERO = 48
const NINE = 57

/** Engines list index-like keys first whatever their order, and a copy by assignment loses `__proto__`. */
function isSpecial(key: string): boolean {
  const first = key.charCodeAt(0)
  return (first >= ZERO && first <= NINE && /^(?:0|[1-9]\d{0,9})$/.test(key)) || key === '__proto__'
}

/** Whether stringify would print something else in its place, even where no key shows it. */
const hasToJson = (value: object): boolean => typeof (value as { readonly toJSON?: unknown }).toJSON === 'function'

/** Writes a checked value key by key: the slow way, for keys that no object carries in canonical order. */
function spell(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`
  const source = value as { readonly [key: string]: Json }
  const members = Object.keys(source)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${spell(source[key] as Json)}`)
  return `{${members.join(',')}}`
}

const TOO_LARGE: Issue = {
  path: '$',
  rule: 'must be at most 1 MiB (1,048,576 bytes) in canonical form',
  mend: 'pin large parts on their own and name them under attachments or captures'
}

/** What keeps a value from having canonical bytes, if anything; `path` is where the value stands. */
export function faultOf(value: unknown, path = '$'): Issue | undefined {
  return textOf(value) === undefined ? (faultIn(value, path, []) ?? { ...TOO_LARGE, path }) : undefined
}

/** Walks again, with paths, to name what the fast walk refused; `undefined` where only the size was wrong. */
function faultIn(
  value: unknown,
  path: string,
  within: readonly object[],
  visits = { left: MAX_BYTES }
): Issue | undefined {
  if (visits.left-- <= 0) return undefined
  switch (typeof value) {
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : { path, rule: `${value} is not a JSON number`, mend: 'write a very large number as a string' }
    case 'string':
      return value.isWellFormed() ? undefined : { path, rule: LONE_SURROGATE }
    case 'object':
      return value === null ? undefined : faultInObject(value, path, within, visits)
    default: {
      const mend = typeof value === 'bigint' ? 'write it as a string' : 'leave the field out'
      return { path, rule: `${typeof value} has no JSON form`, mend }
    }
  }
}

const LONE_SURROGATE = 'text must be well-formed Unicode; half of a surrogate pair stands alone'

function faultInObject(
  value: object,
  path: string,
  within: readonly object[],
  visits: { left: number }
): Issue | undefined {
  if (within.includes(value)) return { path, rule: 'an object must not contain itself' }
  if (within.length === MAX_DEPTH) return { path, rule: `must not nest deeper than ${MAX_DEPTH}` }
  if (hasToJson(value)) return { path, rule: 'must be plain data, without a toJSON method' }
  const inside = [...within, value]
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return { path, rule: 'must be a plain array' }
    for (let i = 0; i < value.length; i++) {
      const at = elementPath(path, i)
      if (!(i in value)) return { path: at, rule: 'a list must not have holes' }
      const issue = faultIn(value[i], at, inside, visits)
      if (issue !== undefined) return issue
    }
    return undefined
  }
  if (!isPlain(value))
    return { path, rule: 'must be a plain object', mend: 'write it as text, a number, a list or {…}' }
  for (const [key, member] of Object.entries(value)) {
    const at = memberPath(path, key)
    if (!key.isWellFormed()) return { path: at, rule: LONE_SURROGATE }
    const issue = faultIn(member, at, inside, visits)
    if (issue !== undefined) return issue
  }
  return undefined
}
