import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visible } from '../../src/cli/escape.ts'
import { createOutput } from '../../src/cli/output.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const hostile = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x2069 }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\u001b', '\u009b', '\u202e')
  )
})

test('no text keeps a control character or a turn of direction', () => {
  fc.assert(fc.property(hostile, (text) => !UNSAFE.test(visible(text))))
})

test('text that is JSON stays the same JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), hostile), (value) => {
      expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
    })
  )
})

test.each([
  ['\u001b[31m', '\\u001b[31m'],
  ['a\nb', 'a\\u000ab'],
  ['\u009b2J', '\\u009b2J'],
  ['\u202etxt', '\\u202etxt'],
  ['ünïcödé 漢字 🎉', 'ünïcödé 漢字 🎉']
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

/** Everything that an output wrote, to either stream. */
function written(
  json: boolean,
  tty: boolean,
  env: Record<string, string>,
  act: (out: ReturnType<typeof createOutput>) => void
): string {
  let text = ''
  const sink = {
    isTTY: tty,
    write: (chunk: string | Uint8Array) => {
      text += Buffer.from(chunk).toString()
    }
  }
  act(createOutput({ stdout: sink, stderr: sink, env, json, quiet: false, verbose: true }))
  return text
}

test('no way out of the program lets a control character through', () => {
  fc.assert(
    fc.property(hostile, fc.boolean(), (text, asJson) => {
      const all = written(asJson, false, {}, (out) => {
        out.line([text, { text, style: 'red' }])
        out.note(text)
        out.progress({ type: text }, text)
        out.error([text])
        out.document({ [text]: text })
      })
      expect(all).not.toMatch(UNSAFE_LINES)
    })
  )
})

test('on a terminal even exact bytes are escaped, and colours are the only escapes', () => {
  const bytes = new TextEncoder().encode('{"a":"\u009b2J\u202e"}')
  expect(written(false, true, {}, (out) => out.bytes(bytes))).toBe('{"a":"\\u009b2J\\u202e"}\n')
  expect(written(false, false, {}, (out) => out.bytes(bytes))).toBe('{"a":"\u009b2J\u202e"}')
  const coloured = written(false, true, {}, (out) => out.line({ text: '\u001b[2J', style: 'red' }))
  expect(coloured).toBe('\u001b[31m\\u001b[2J\u001b[39m\n')
})

test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('%j turns colours off', (env) => {
  expect(written(false, true, env, (out) => out.line({ text: 'x', style: 'red' }))).toBe('x\n')
})

test('a secret of the environment does not get out, however it is spelled', () => {
  const key = 'AB'.repeat(32)
  const env = { PRIVATE_KEY: `0x${key}`, TREND_ARCHIVE_PASSWORD: 'correct.horse(' }
  const all = written(false, false, env, (out) => {
    out.error([`bad ${key.toLowerCase()}`, `0x${key}`, 'correct.horse('])
    out.document({ key })
  })
  expect(all).not.toMatch(/abab|horse/i)
})
