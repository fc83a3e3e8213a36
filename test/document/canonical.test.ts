import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, decode, encode, type Json, MAX_BYTES, MAX_DEPTH } from '../../src/document/canonical.ts'
import { isArchiveError } from '../../src/errors.ts'
import { jsonValues } from './json-values.ts'
import { refusalOf, refusedPath } from './refusal.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const notJson = (value: unknown): Json => value as Json
const nested = (depth: number): Json => Array.from({ length: depth }).reduce<Json>((inner) => [inner], [])

describe('encode', () => {
  test('writes what canonicalize writes, for any JSON', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        expect(canonicalText(value)).toBe(canonicalize(value))
      }),
      {
        numRuns: 3000
      }
    )
  })

  test('gives bytes that decode to an equal value, and encode to the same bytes', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        const bytes = encode(value)
        expect(encode(decode(bytes))).toEqual(bytes)
      }),
      { numRuns: 1000 }
    )
  })

  test('does not depend on the order in which keys were added', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([key]) => key }), (members) => {
        const reversed = Object.fromEntries(members.toReversed())
        expect(canonicalText({ in: Object.fromEntries(members) })).toBe(canonicalText({ in: reversed }))
      })
    )
  })

  test('sorts keys by UTF-16 code unit, as the sample of RFC 8785 §3.2.3', () => {
    const sample = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 }
    expect(canonicalText(sample)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
  })

  test('leaves its input as it was', () => {
    const value = Object.freeze({ b: Object.freeze([Object.freeze({ d: 1, c: 2 })]), a: 1 })
    expect(canonicalText(value)).toBe('{"a":1,"b":[{"c":2,"d":1}]}')
    expect(Object.keys(value)).toEqual(['b', 'a'])
  })

  test('keeps shared parts, which are no cycle', () => {
    const part = { x: 1 }
    expect(canonicalText({ b: part, a: [part, part] })).toBe('{"a":[{"x":1},{"x":1}],"b":{"x":1}}')
  })

  const cycle: { self?: unknown } = {}
  cycle.self = [cycle]
  class Point {
    readonly x = 1
  }
  const withJson = Object.defineProperty({}, 'toJSON', { value: () => 'something else' })
  const refused: readonly [string, unknown, string][] = [
    ['undefined', undefined, '$'],
    ['a member that is undefined', { a: { b: undefined } }, '$.a.b'],
    ['undefined in a list', [1, undefined], '$[1]'],
    ['a bigint', { n: 1n }, '$.n'],
    ['a function', { f: () => 1 }, '$.f'],
    ['a symbol', [Symbol('s')], '$[0]'],
    ['NaN', { b: 1, a: Number.NaN }, '$.a'],
    ['Infinity', [[Number.POSITIVE_INFINITY]], '$[0][0]'],
    ['minus Infinity', { '10': Number.NEGATIVE_INFINITY }, '$["10"]'],
    ['a lone surrogate', { a: ['\ud800'] }, '$.a[0]'],
    ['a lone low surrogate beside an integer-like key', { 1: 'x\udc00' }, '$["1"]'],
    ['a lone surrogate in a key', { '\udc00': 1 }, '$["\\udc00"]'],
    ['a hole', { a: new Array(2) }, '$.a[0]'],
    ['a date', { b: 1, a: new Date(0) }, '$.a'],
    ['a boxed text', { s: Object('x') }, '$.s'],
    ['a map', new Map(), '$'],
    ['bytes', { bytes: new Uint8Array(3) }, '$.bytes'],
    ['an instance of a class', [new Point()], '$[0]'],
    ['an array of a class of its own', { list: new (class extends Array {})() }, '$.list'],
    ['inherited members', Object.create({ a: 1 }), '$'],
    ['a hidden toJSON', { a: withJson }, '$.a'],
    ['a cycle', cycle, '$.self[0]']
  ]
  test.each(refused)('refuses %s and says where', (_, value, path) => {
    expect(refusedPath(() => encode(notJson(value)))).toBe(path)
  })

  test(`nests ${MAX_DEPTH} deep and no deeper`, () => {
    expect(decode(encode(nested(MAX_DEPTH - 1)))).toEqual(nested(MAX_DEPTH - 1))
    expect(refusedPath(() => encode(nested(MAX_DEPTH)))).toBe(`$${'[0]'.repeat(MAX_DEPTH)}`)
  })

  test('takes 1 MiB and not a byte more', () => {
    expect(encode('x'.repeat(MAX_BYTES - 2))).toHaveLength(MAX_BYTES)
    expect(encode([[1], ...Array<number>(MAX_BYTES / 2 - 3).fill(1)])).toHaveLength(MAX_BYTES - 1)
    expect(refusedPath(() => encode('x'.repeat(MAX_BYTES - 1)))).toBe('$')
    expect(refusedPath(() => encode('€'.repeat(MAX_BYTES / 3)))).toBe('$')
  })

  test('is done soon with a small value that would be written huge', () => {
    let bomb: Json = ['boom']
    for (let i = 0; i < 60; i++) bomb = [bomb, bomb]
    expect(refusalOf(() => encode(bomb)).message).toContain('1 MiB')
    expect(refusalOf(() => encode(notJson(new Array(4_000_000_000)))).code).toBe('INVALID_DOCUMENT')
    expect(refusalOf(() => encode(notJson(nested(5000)))).message).toContain('deeper')
  })
})

describe('decode', () => {
  test('keeps an own __proto__ as plain data', () => {
    const text = '{"__proto__":{"polluted":true},"a":1}'
    const value = decode(bytesOf(text)) as { readonly [key: string]: Json }
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(canonicalText(value)).toBe(text)
  })

  test('refuses every change of one byte, or gives another value', () => {
    const bytes = encode({ b: [1, 'é', null], a: { '10': 1, '9': 2 } })
    const value = decode(bytes)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = bytes.map((byte, i) => (i === at ? byte ^ flip : byte))
        try {
          expect(decode(changed)).not.toEqual(value)
        } catch (error) {
          if (!isArchiveError(error)) throw error
          expect(['INVALID_DOCUMENT', 'NOT_CANONICAL']).toContain(error.code)
        }
      }),
      { numRuns: 2000 }
    )
  })

  test('ends in a refusal or a value for any bytes', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\u',
      'd800',
      '1',
      '-',
      'e',
      '.',
      ' ',
      'true'
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(fragments).map((all) => bytesOf(all.join('')))
        ),
        (bytes) => {
          try {
            expect(encode(decode(bytes))).toEqual(bytes)
          } catch (error) {
            if (!isArchiveError(error)) throw error
          }
        }
      ),
      { numRuns: 3000 }
    )
  })

  test('refuses large bytes before it reads them', () => {
    const bytes = new Uint8Array(MAX_BYTES + 1).fill(0x20)
    expect(refusalOf(() => decode(bytes)).message).toContain('1 MiB')
  })
})

test('what somebody has put on the prototype of every object is neither refused nor encoded', () => {
  const shared = Object.prototype as { inherited?: unknown; nested?: unknown }
  shared.inherited = () => 'a function'
  shared.nested = { b: 1, a: 2 }
  try {
    expect(canonicalText({ b: { d: 1, c: 2 }, a: { c: { f: 1, e: 2 } } })).toBe(
      '{"a":{"c":{"e":2,"f":1}},"b":{"c":2,"d":1}}'
    )
    expect(canonicalText({ a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}]}')
  } finally {
    delete shared.inherited
    delete shared.nested
  }
})

test.each(['10', '0', '__proto__', '01', '-1', 'proto', '4294967295', '12345678901'])(
  '%s is put where it belongs',
  (key) => {
    const value = JSON.parse(`{"b":1,${JSON.stringify(key)}:2,"A":3,"9":4}`) as Json
    expect(canonicalText(value)).toBe(canonicalize(value))
  }
)

test.each([{ 'a\ud83d': 1 }, { 'a\ud83d': 1, '\ude00': 2 }, { b: [{ deep: 'x\ud800' }] }, { 10: '\udfff' }])(
  'half of a surrogate pair has no canonical form: %j',
  (value) => {
    expect(() => canonicalText(value)).toThrow(/surrogate|well-formed/)
  }
)

test('what only looks like an escaped half of a pair is text', () => {
  const value = { text: '\\ud800 \\\\udfff \u{1f600}' }
  expect(canonicalText(value)).toBe(canonicalize(value))
})
