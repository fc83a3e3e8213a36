import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_BYTES } from '../../src/document/canonical.ts'
import { parseJson } from '../../src/document/json.ts'
import { jsonValues } from './json-values.ts'
import { refusalOf } from './refusal.ts'

const messageOf = (text: string): string => refusalOf(() => parseJson(text)).message

describe('parseJson', () => {
  test('reads any spelling as JSON.parse does', () => {
    const safe = jsonValues.map((value) => JSON.stringify(value)).filter((text) => !/\d{16}/.test(text))
    fc.assert(
      fc.property(safe, fc.constantFrom(undefined, 2, '\t'), (text, indent) => {
        const spelled = JSON.stringify(JSON.parse(text), undefined, indent)
        expect(parseJson(spelled)).toEqual(JSON.parse(spelled))
        expect(parseJson(new TextEncoder().encode(spelled))).toEqual(JSON.parse(spelled))
      }),
      { numRuns: 1000 }
    )
  })

  test('agrees with JSON.parse on what is no JSON', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"a"',
      '"b"',
      ':',
      ',',
      '"\\u00e9"',
      '"\\x"',
      '0',
      '-',
      '1.5',
      '01',
      ' ',
      'null',
      'nul',
      '\n'
    )
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), (all) => {
        const text = all.join('')
        const isJson = tryTo(() => JSON.parse(text))
        // A key given twice is the one thing that is JSON, and refused.
        if (tryTo(() => parseJson(text)) !== isJson) expect(messageOf(text)).toContain('must not be given twice')
      }),
      { numRuns: 5000 }
    )
  })

  test('says the path, the line and the column', () => {
    expect(messageOf('{\n  "claims": [\n    { "id": "c1", "id": "c2" }\n  ]\n}')).toBe(
      '$.claims[0].id: must not be given twice (line 3, column 19)'
    )
    expect(messageOf('{"a": tru}')).toBe('$.a: expected a JSON value, found "t" (line 1, column 7)')
    expect(messageOf('{"a": "x')).toBe('$.a: the closing quote is missing (line 1, column 7)')
    expect(messageOf('{"a": [1 2]}')).toBe('$.a: expected a comma or ], found "2" (line 1, column 10)')
    expect(messageOf('\ufeff{}')).toContain('byte order mark')
    expect(messageOf('{"a b": {"x": \u001b}}')).toBe(
      '$["a b"].x: expected a JSON value, found "\\u001b" (line 1, column 15)'
    )
  })

  test('refuses an integer that a number cannot hold, and says to write it as a string', () => {
    for (const text of ['9007199254740992', '-9007199254740993', '123456789012345678901234567890']) {
      const { details, hint } = refusalOf(() => parseJson(`{"id":${text}}`))
      expect(details.path).toBe('$.id')
      expect(hint).toBe('write it as a string')
    }
    expect(parseJson('[9007199254740991,-9007199254740991,1e21]')).toEqual([9007199254740991, -9007199254740991, 1e21])
  })

  test('is bounded in size, in characters and in bytes', () => {
    expect(messageOf(' '.repeat(MAX_BYTES + 1))).toContain('1 MiB')
    expect(messageOf(`"${'€'.repeat(MAX_BYTES / 2)}"`)).toContain('1 MiB')
  })

  test.each([
    ['deep lists', '['.repeat(1_000_000)],
    ['deep objects', '{"a":'.repeat(200_000)],
    ['a long text without an end', `"${'\\'.repeat(1_000_000)}`],
    ['a long number', `${'1'.repeat(1_000_000)}x`],
    ['many keys', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')}`],
    ['much space', `[${' '.repeat(1_000_000)}`]
  ])('ends soon on %s', (_, text) => {
    expect(refusalOf(() => parseJson(text)).code).toBe('INVALID_DOCUMENT')
  })
})

function tryTo(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
