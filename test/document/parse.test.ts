import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { issuesOf, parseDocument, parseDraft } from '../../src/document/parse.ts'
import { jsonValues } from './json-values.ts'
import { refusalOf, refusedPath } from './refusal.ts'
import { sample } from './samples.ts'

describe('parseDocument', () => {
  test('returns the document it was given', () => {
    const trend = sample('every field of a trend')
    expect(parseDocument(trend)).toBe(trend)
  })

  test('names every issue at once, with paths, and counts them in the message', () => {
    const { title: _, ...rest } = sample('every field of a trend')
    const claims = [{ id: 'c1', kind: 'observation', text: 'No evidence.' }]
    const document = { ...rest, slug: 'Not A Slug', claims, metrics: [], tags: ['a', 5] }
    const { details, message } = refusalOf(() => parseDocument(document))
    const paths = ['$.slug', '$.title', '$.claims[0].evidence', '$.tags[1]']
    expect(details.issues.map(({ path }) => path)).toEqual(paths)
    expect(details).toMatchObject({ path: '$.slug', rule: details.issues[0]?.rule })
    expect(message).toContain('(and 3 more)')
  })

  test('checks across fields even where another field is broken', () => {
    const paths = issuesOf({ ...sample('every field of a trend'), title: '', evidence: [] }).map(({ path }) => path)
    expect(paths).toContain('$.title')
    expect(paths).toContain('$.claims[0].evidence[0]')
    expect(paths).toContain('$.metrics[0].evidence[0]')
  })

  test('does not blame claims for evidence that is itself broken', () => {
    const paths = issuesOf({ ...sample('every field of a trend'), evidence: [{ id: 'e1' }] }).map(({ path }) => path)
    expect(paths.filter((path) => !path.startsWith('$.evidence'))).toEqual([])
  })

  test('gathers 50 issues and no more', () => {
    const tags = Array.from({ length: 32 }, () => 5)
    const claims = Array.from({ length: 200 }, () => ({}))
    expect(issuesOf({ ...sample('minimal trend'), tags, claims })).toHaveLength(50)
  })

  test.each(['claims', 'metrics', 'evidence', 'entries', 'published', 'previous'])(
    'takes nothing for sound that it no longer looked at: %s of any kind after 50 issues',
    (field) => {
      const authors = Array(60).fill({})
      for (const value of [5, null, 'x', {}, [5], [null], [{ points: 5 }]]) {
        for (const document of [sample('minimal trend'), sample('edition'), sample('notice of a retraction')]) {
          expect(issuesOf({ ...document, authors, [field]: value })).toHaveLength(50)
        }
      }
    }
  )

  const hint = (change: object): string | undefined =>
    refusalOf(() => parseDocument({ ...sample('minimal trend'), ...change })).hint
  test('says how to mend', () => {
    expect(hint({ titel: 'x' })).toContain('did you mean title?')
    expect(hint({ Tags: ['x'] })).toContain('did you mean tags?')
    expect(hint({ rating: 5 })).toContain('ext["org.example.rating"]')
    expect(hint({ entries: [] })).toBe('only an edition has it; remove it')
    expect(hint({ license: 4 })).toBe('write it in quotes: "4"')
    expect(hint({ tags: null })).toBe('leave the field out')
    expect(hint({ tags: 'edge' })).toBe('put it in brackets: […]')
    expect(hint({ type: 'trends' })).toBe('did you mean trend?')
    expect(hint({ title: 'Cafe\u0301' })).toBe('normalise it to NFC')
    expect(hint({ title: 'x'.repeat(300) })).toBe('shorten it: it has 300')
  })

  test('counts characters as code points', () => {
    expect(issuesOf({ ...sample('minimal trend'), title: '🚀'.repeat(200) })).toEqual([])
    expect(issuesOf({ ...sample('minimal trend'), title: '🚀'.repeat(201) })).toHaveLength(1)
  })

  test('never lets a control or bidi character of the input into a message', () => {
    const key = '\u001b[31m\u009b\u202e'.repeat(30)
    const { message } = refusalOf(() => parseDocument({ ...sample('minimal trend'), [key]: 1 }))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(message.length).toBeLessThan(700)
  })

  test('ends with issues, and nothing else, on any JSON', () => {
    const fields = fc.constantFrom(...Object.keys(sample('every field of a trend')), 'entries', 'of', 'constructor')
    const broken = fc.tuple(
      fc.constantFrom('every field of a trend', 'edition', 'notice of a retraction'),
      fields,
      jsonValues
    )
    fc.assert(
      fc.property(broken, ([name, field, value]) => {
        for (const { path, rule } of issuesOf({ ...sample(name as 'edition'), [field]: value })) {
          expect(path).toMatch(/^\$/)
          expect(rule).not.toBe('')
        }
      }),
      { numRuns: 1500 }
    )
    fc.assert(
      fc.property(jsonValues, (value) => {
        expect(issuesOf(value)).not.toEqual([])
      })
    )
  })

  test('does not read members that are inherited', () => {
    expect(refusedPath(() => parseDocument(Object.create(sample('minimal trend'))))).toBe('$')
  })

  test.each([
    ['a bomb of shared parts', Array.from({ length: 60 }).reduce<unknown>((part) => ({ a: part, b: part }), {})],
    ['a very deep value', Array.from({ length: 20_000 }).reduce<unknown>((part) => [part], [])],
    ['a million claims', { ...sample('minimal trend'), claims: Array(200_000).fill({ id: '' }) }],
    ['a body of a million spaces', { ...sample('minimal trend'), body: `${' '.repeat(400_000)}\u0001` }],
    ['a title of many half-matches', { ...sample('minimal trend'), title: `${'a '.repeat(90)}\n` }]
  ])('ends soon on %s', (_, value) => {
    expect(issuesOf(value).length).toBeGreaterThan(0)
    expect(refusalOf(() => parseDraft(value)).code).toBe('INVALID_DOCUMENT')
  })
})

describe('parseDraft', () => {
  test('asks for a title and some text, and nothing else', () => {
    expect(parseDraft({ title: 'Edge', body: 'Text.' })).toEqual({ title: 'Edge', body: 'Text.' })
    expect(parseDraft({ title: 'Edge', summary: 'Text.' })).toEqual({ title: 'Edge', summary: 'Text.' })
    expect(refusedPath(() => parseDraft({ body: 'Text.' }))).toBe('$.title')
    expect(refusedPath(() => parseDraft({ title: 'Edge' }))).toBe('$.body')
    expect(parseDraft({ type: 'edition', title: 'Trends' })).toEqual({ type: 'edition', title: 'Trends' })
  })

  test('takes a whole trend or notice, which is a draft too', () => {
    expect(parseDraft(sample('every field of a trend'))).toEqual(sample('every field of a trend'))
    expect(parseDraft(sample('notice of a retraction'))).toEqual(sample('notice of a retraction'))
  })

  test('does not let an author write the entries of an edition', () => {
    expect(refusedPath(() => parseDraft(sample('edition')))).toBe('$.entries')
  })

  test('holds the fields that are there to the rules of the format', () => {
    const paths = refusalOf(() => parseDraft({ title: 'Edge', body: 'x', version: 0, published: 'today', tgas: [] }))
    expect(paths.details.issues.map(({ path }) => path).sort()).toEqual(['$.published', '$.tgas', '$.version'])
  })

  test('takes a member that is undefined for one that is not there, at any depth', () => {
    const draft = { title: 'Edge', body: 'x', tags: undefined, authors: [{ name: 'A', url: undefined }] }
    expect(Object.keys(parseDraft(draft))).toEqual(['title', 'body', 'authors'])
    expect(parseDraft(draft)).toEqual({ title: 'Edge', body: 'x', authors: [{ name: 'A' }] })
    const proto = JSON.parse('{"title":"Edge","body":"x","ext":{"org.example.x":{"__proto__":{"y":1}}}}')
    expect(JSON.stringify(parseDraft(proto))).toBe(JSON.stringify(proto))
  })

  test('ends soon on a value that contains itself many times over', () => {
    const all: unknown[] = []
    all.push(all, all, { all })
    expect(refusalOf(() => parseDraft({ title: 'x', body: 'x', ext: { 'org.example.x': all } })).message).toContain(
      'itself'
    )
  })

  test.each([
    ['a cycle', () => Object.assign({ title: 'x', body: 'x', ext: {} as Record<string, unknown> })],
    ['a date', () => ({ title: 'x', body: 'x', published: new Date(0) })],
    ['nothing', () => undefined],
    ['a list', () => []],
    ['a text', () => 'title']
  ])('refuses %s', (name, make) => {
    const value = make() as { ext?: Record<string, unknown> }
    if (name === 'a cycle' && value.ext !== undefined) value.ext['org.example.self'] = value
    expect(refusalOf(() => parseDraft(value)).code).toBe('INVALID_DOCUMENT')
  })
})
