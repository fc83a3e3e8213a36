import { describe, expect, test } from 'vitest'
import { parseMarkdown } from '../../src/document/markdown.ts'
import { parseDraft } from '../../src/document/parse.ts'
import { cutAtWord, firstParagraph } from '../../src/document/plain-text.ts'
import { refusalOf } from './refusal.ts'

const messageOf = (text: string): string => refusalOf(() => parseMarkdown(text)).message

describe('parseMarkdown', () => {
  test('takes the title from the first heading, which the body does without', () => {
    expect(parseMarkdown('# The *edge* ##\n\nText.\n\n# More\n')).toEqual({
      title: 'The edge',
      body: 'Text.\n\n# More'
    })
    expect(parseMarkdown('Intro.\n\n# Edge\n\nText.')).toEqual({ title: 'Edge', body: 'Intro.\n\n\nText.' })
    expect(parseMarkdown('```\n# a comment\n```\n## Two\n#nospace')).toEqual({
      body: '```\n# a comment\n```\n## Two\n#nospace'
    })
  })

  test('takes fields from the front matter, and leaves the body alone where it states the title', () => {
    const text = '---\ntitle: Edge\ntags: [edge, cdn]\npublished: 2025-01-15T09:00:00Z\n---\n\n# Why\n\nText.\n'
    expect(parseMarkdown(text)).toEqual({
      title: 'Edge',
      tags: ['edge', 'cdn'],
      published: '2025-01-15T09:00:00Z',
      body: '# Why\n\nText.'
    })
    expect(parseDraft(parseMarkdown(text))).toMatchObject({ title: 'Edge' })
  })

  test('leaves dates, yes and no as text', () => {
    const text = '---\nday: 2025-01-15\nanswer: no\nflag: true\nnumber: 5\ndecimal: "41.50"\n...\n'
    expect(parseMarkdown(text)).toEqual({ day: '2025-01-15', answer: 'no', flag: true, number: 5, decimal: '41.50' })
  })

  test('reads any line ending, a byte order mark and decomposed letters as the same draft', () => {
    const text = '---\nlang: fr\n---\n# Café\n\nUn\ndeux.\n'
    const expected = { title: 'Café', lang: 'fr', body: 'Un\ndeux.' }
    expect(parseMarkdown(text)).toEqual(expected)
    expect(parseMarkdown(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toEqual(expected)
    expect(parseMarkdown(text.normalize('NFD'))).toEqual(expected)
    expect(parseMarkdown('')).toEqual({})
    expect(parseMarkdown('---\n---\n')).toEqual({})
  })

  test('keeps __proto__ as a field like any other, for the rules to refuse', () => {
    const value = parseMarkdown('---\n__proto__: {polluted: yes}\n---\n# T\n\nx')
    expect(Object.keys(value as object)).toContain('__proto__')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(refusalOf(() => parseDraft(value)).details.path).toBe('$.__proto__')
  })

  test.each([
    ['a key given twice', '---\ntitle: a\ntitle: b\n---\n', 'line 3'],
    ['aliases', '---\na: &x [1]\nb: *x\n---\n', 'aliases are not allowed (line 3)'],
    ['a tag', '---\na: !!binary aGk=\n---\n', 'tags are not allowed (line 2)'],
    ['a tag of its own', '---\na: !js/function x\n---\n', 'line 2'],
    ['a key that is no text', '---\n1: a\n"1": b\n---\n', 'every key must be text (line 2)'],
    ['a key that is a list', '---\n? [a]\n: b\n---\n', 'every key must be text (line 2)'],
    ['an integer that loses digits', '---\na: 9007199254740993\n---\n', '±9007199254740991 (line 2)'],
    ['a list', '---\n- a\n---\n', 'must be fields'],
    ['several documents', '---\na: 1\n--- b\n---\n', 'line'],
    ['a missing end', '---\ntitle: a\n\nText.', 'has no end'],
    ['a body above the text', '---\ntitle: a\nbody: b\n---\nText.', '$.body'],
    ['too much', `---\na: "${'x'.repeat(300_000)}"\n---\n`, '256 KiB'],
    ['far too much', 'x'.repeat(1_048_577), '1 MiB'],
    ['very deep lists', `---\na: ${'['.repeat(50_000)}\n---\n`, 'no plain YAML'],
    [
      'an expanding bomb',
      `---\na: &a [x,x]\n${'bcdefghij'
        .split('')
        .map((key, i) => `${key}: &${key} [*${'abcdefghi'[i]},*${'abcdefghi'[i]}]`)
        .join('\n')}\n---\n`,
      'aliases'
    ]
  ])('refuses front matter with %s', (_, text, message) => {
    expect(messageOf(text)).toContain(message)
  })
})

describe('firstParagraph', () => {
  test.each([
    ['Plain text.', 'Plain text.'],
    ['# Heading\n\nTwo\nlines.\n\nNot this.', 'Two lines.'],
    [
      'A [link](https://a.org) and ![image](x.png), **bold** _it_ `code` snake_case.',
      'A link and image, bold it code snake_case.'
    ],
    ['```js\ncode()\n```\nAfter.', 'After.'],
    ['- first item\n', 'first item'],
    ['> quoted *text*', 'quoted text'],
    ['***\n\n| a | b |\n|---|---|\n\n<div>\n\nText \\*here\\*.', 'Text *here*.'],
    ['', ''],
    ['# Only\n\n## headings', '']
  ])('of %j is %j', (markdown, text) => {
    expect(firstParagraph(markdown)).toBe(text)
  })

  test('ends soon on hostile Markdown', () => {
    for (const part of ['[', '![', '*', '_', '`', '<', '> ', '- ', '\\', '[](', '=', '-']) {
      expect(typeof firstParagraph(part.repeat(20_000))).toBe('string')
    }
  })
})

test('a cut line ends after a word and is marked', () => {
  expect(cutAtWord('one two three', 13)).toBe('one two three')
  expect(cutAtWord('one two three', 12)).toBe('one two…')
  expect(cutAtWord('one two three', 8)).toBe('one two…')
  expect(cutAtWord('🚀'.repeat(20), 5)).toBe(`${'🚀'.repeat(4)}…`)
})
