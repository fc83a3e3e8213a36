import type { ArchiveError } from '../errors.ts'
import { elementPath, invalidDocument, memberPath, quoted } from './issue.ts'
import { MAX_BYTES } from './size.ts'

/** A value with exactly one canonical encoding (RFC 8785 over I-JSON). */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How deep lists and objects may nest. */
export const MAX_DEPTH = 64

/** Whether an object is one of JSON's: no class, no prototype of its own. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads JSON in any spelling, strictly: one value for every key, no number that changes its value, bounded in size (by
 * default 1 MiB) and depth. Own `__proto__` keys are plain data.
 * @throws INVALID_DOCUMENT naming the path, the line and the column
 */
export function parseJson(input: Uint8Array | string, maxBytes: number = MAX_BYTES): Json {
  const text = typeof input === 'string' ? bounded(input, maxBytes) : readText(input, maxBytes)
  checkSpelling(text)
  return JSON.parse(text) as Json
}

/** The text of at most so much UTF-8, by default 1 MiB. @throws INVALID_DOCUMENT */
export function readText(bytes: Uint8Array, maxBytes: number = MAX_BYTES): string {
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes)
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw invalidDocument([{ path: '$', rule: 'must be UTF-8' }], { cause })
  }
}

function bounded(text: string, maxBytes: number): string {
  // A text is never shorter in UTF-8 than in UTF-16 units, so the cheap test comes first.
  if (text.length > maxBytes || new TextEncoder().encode(text).byteLength > maxBytes) throw tooLarge(maxBytes)
  return text
}

/** How a limit of so many MiB is told. */
export const sizeRule = (maxBytes: number): string =>
  `must be at most ${maxBytes / MAX_BYTES} MiB (${String(maxBytes).replace(/\B(?=(?:\d{3})+$)/g, ',')} bytes)`

const tooLarge = (maxBytes: number): ArchiveError<'INVALID_DOCUMENT'> =>
  invalidDocument([
    {
      path: '$',
      rule: sizeRule(maxBytes),
      ...(maxBytes === MAX_BYTES && {
        mend: 'pin large parts on their own and name them under attachments or captures'
      })
    }
  ])

/**
 * Checks that a text is strict JSON, and makes no value of it: that is left to the engine, which is faster and keeps
 * own `__proto__` keys.
 * @throws INVALID_DOCUMENT naming the path, the line and the column
 */
export function checkSpelling(text: string): void {
  const cursor: Cursor = { text, at: 0 }
  if (text.startsWith(BYTE_ORDER_MARK)) throw misspelt(cursor, '$', 'must not start with a byte order mark')
  skipSpace(cursor)
  checkValue(cursor, '$', 0)
  skipSpace(cursor)
  if (cursor.at < text.length) throw misspelt(cursor, '$', 'nothing may follow the value')
}

const BYTE_ORDER_MARK = '\ufeff'

interface Cursor {
  readonly text: string
  at: number
}

function checkValue(cursor: Cursor, path: string, depth: number): void {
  const { text, at } = cursor
  const letter = text[at]
  if (letter === '{' || letter === '[') {
    if (depth === MAX_DEPTH) throw misspelt(cursor, path, `must not nest deeper than ${MAX_DEPTH}`)
    if (letter === '{') checkObject(cursor, path, depth + 1)
    else checkList(cursor, path, depth + 1)
  } else if (letter === '"') {
    checkText(cursor, path)
  } else if (letter === '-' || isDigit(letter)) {
    checkNumber(cursor, path)
  } else {
    const literal = ['true', 'false', 'null'].find((word) => text.startsWith(word, at))
    if (literal === undefined) throw unexpected(cursor, path, 'a JSON value')
    cursor.at += literal.length
  }
}

function checkObject(cursor: Cursor, path: string, depth: number): void {
  const keys = new Set<string>()
  cursor.at++
  skipSpace(cursor)
  if (take(cursor, '}')) return
  do {
    skipSpace(cursor)
    const start = cursor.at
    if (cursor.text[start] !== '"') throw unexpected(cursor, path, 'a key in double quotes')
    const key = checkText(cursor, path)
    const at = memberPath(path, key)
    if (keys.has(key)) throw misspelt({ ...cursor, at: start }, at, 'must not be given twice')
    keys.add(key)
    skipSpace(cursor)
    if (!take(cursor, ':')) throw unexpected(cursor, at, 'a colon')
    skipSpace(cursor)
    checkValue(cursor, at, depth)
    skipSpace(cursor)
  } while (take(cursor, ','))
  if (!take(cursor, '}')) throw unexpected(cursor, path, 'a comma or }')
}

function checkList(cursor: Cursor, path: string, depth: number): void {
  cursor.at++
  skipSpace(cursor)
  if (take(cursor, ']')) return
  let index = 0
  do {
    skipSpace(cursor)
    checkValue(cursor, elementPath(path, index++), depth)
    skipSpace(cursor)
  } while (take(cursor, ','))
  if (!take(cursor, ']')) throw unexpected(cursor, path, 'a comma or ]')
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function checkText(cursor: Cursor, path: string): string {
  const { text } = cursor
  const start = cursor.at++
  for (;;) {
    const code = text.charCodeAt(cursor.at)
    if (Number.isNaN(code)) throw misspelt({ ...cursor, at: start }, path, 'the closing quote is missing')
    if (code < 0x20) throw misspelt(cursor, path, 'a control character must be escaped')
    if (code === BACKSLASH) {
      ESCAPE.lastIndex = cursor.at
      if (!ESCAPE.test(text)) throw misspelt(cursor, path, 'unknown escape')
      cursor.at = ESCAPE.lastIndex
    } else {
      cursor.at++
      if (code === QUOTE) break
    }
  }
  const value = JSON.parse(text.slice(start, cursor.at)) as string
  const rule = 'text must be well-formed Unicode; half of a surrogate pair stands alone'
  if (!value.isWellFormed()) throw misspelt({ ...cursor, at: start }, path, rule)
  return value
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y

function checkNumber(cursor: Cursor, path: string): void {
  NUMBER.lastIndex = cursor.at
  const match = NUMBER.exec(cursor.text)
  if (match === null) throw unexpected(cursor, path, 'a digit')
  const [spelled, fraction, exponent] = match
  const number = Number(spelled)
  const asText = 'write it as a string'
  if (!Number.isFinite(number)) throw misspelt(cursor, path, 'the number is too large', asText)
  if (fraction === undefined && exponent === undefined && !Number.isSafeInteger(number)) {
    throw misspelt(cursor, path, 'an integer must lie within ±9007199254740991', asText)
  }
  cursor.at += spelled.length
}

const isDigit = (letter: string | undefined): boolean => letter !== undefined && letter >= '0' && letter <= '9'

const SPACE = /[ \t\n\r]*/y

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at
  SPACE.test(cursor.text)
  cursor.at = SPACE.lastIndex
}

function take(cursor: Cursor, letter: string): boolean {
  if (cursor.text[cursor.at] !== letter) return false
  cursor.at++
  return true
}

function unexpected(cursor: Cursor, path: string, wanted: string): ArchiveError<'INVALID_DOCUMENT'> {
  const letter = cursor.text.codePointAt(cursor.at)
  const found = letter === undefined ? 'the end' : quoted(String.fromCodePoint(letter))
  return misspelt(cursor, path, `expected ${wanted}, found ${found}`)
}

function misspelt({ text, at }: Cursor, path: string, rule: string, mend?: string): ArchiveError<'INVALID_DOCUMENT'> {
  const before = text.slice(0, at).split('\n')
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
  return invalidDocument([{ path, rule: `${rule} (${place})`, mend }])
}
