import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText } from '../../src/document/canonical.ts'
import type { TrendDraft } from '../../src/document/document.ts'
import { complete, completeEdition, slugOf } from '../../src/document/draft.ts'
import { noticeSlug } from '../../src/document/notice.ts'
import { issuesOf } from '../../src/document/parse.ts'
import { refusalOf, refusedPath } from './refusal.ts'
import { cidOfSample, placement, sample } from './samples.ts'

const draft: TrendDraft = { title: 'Edge computing', body: 'It *moves*.' }

describe('complete', () => {
  test('fills in what the author left out', () => {
    expect(complete(draft, placement)).toEqual({
      type: 'trend',
      spec: '1.0',
      publisher: placement.publisher,
      slug: 'edge-computing',
      version: 1,
      title: 'Edge computing',
      summary: 'It moves.',
      body: 'It *moves*.',
      published: placement.published,
      lang: 'en',
      authors: [{ name: placement.publisher, account: placement.publisher }],
      license: 'CC-BY-4.0'
    })
  })

  test('keeps what the author wrote, and the published that a draft states', () => {
    const { publisher: _, version: __, spec: ___, ...written } = sample('every field of a trend')
    expect(complete(written, placement)).toEqual(sample('every field of a trend'))
    expect(complete(sample('every field of a trend'), placement)).toEqual(sample('every field of a trend'))
  })

  test('makes a document of any title and text', () => {
    const title = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .map((text) => `x${text}x`.normalize('NFC'))
    const body = fc.array(
      fc.constantFrom(
        '# ',
        '\n',
        '\n\n',
        '*',
        '`',
        '```\n',
        '[a](b)',
        '- ',
        'e',
        '\u0301',
        'word ',
        '🚀',
        '|',
        '<p>',
        '\\',
        '_'
      ),
      { minLength: 1, maxLength: 40 }
    )
    fc.assert(
      fc.property(title, body, (title, parts) => {
        const draft = { title, body: `x${parts.join('')}`.normalize('NFC') }
        // biome-ignore lint/suspicious/noControlCharactersInRegex: titles with them are refused, which is tested elsewhere
        fc.pre(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(title))
        const document = complete(draft, placement)
        expect(issuesOf(document)).toEqual([])
        expect(canonicalText(complete(draft, placement))).toBe(canonicalText(document))
      }),
      { numRuns: 1000 }
    )
  })

  test('refuses a draft that states another place, and says which', () => {
    const other = `${placement.publisher.slice(0, -1)}0` as const
    const stated = {
      ...draft,
      publisher: other as typeof placement.publisher,
      version: 2,
      previous: cidOfSample('minimal trend')
    }
    const { details } = refusalOf(() => complete(stated, placement))
    expect(details.issues.map(({ path }) => path)).toEqual(['$.publisher', '$.version', '$.previous'])
    expect(details.issues[1]?.rule).toContain('the draft states 2')
    const same = { ...draft, publisher: placement.publisher, version: 1 }
    expect(complete(same, placement)).toEqual(complete(draft, placement))
  })

  test('holds the placement to the rules as well', () => {
    expect(refusedPath(() => complete(draft, { ...placement, version: 2 }))).toBe('$.previous')
    expect(refusedPath(() => complete(draft, { ...placement, published: '2025-01-15' }))).toBe('$.published')
    const forecast = { resolveBy: '2025-01-15', criteria: 'It is so.' }
    const claims = [{ id: 'c1', kind: 'forecast', text: 'Soon.', forecast }] as const
    expect(refusedPath(() => complete({ ...draft, claims }, placement))).toBe('$.claims[0].forecast.resolveBy')
  })

  test('refuses an edition, whose entries it cannot know', () => {
    expect(refusedPath(() => complete({ type: 'edition', title: 'x' } as never, placement))).toBe('$.type')
    expect(refusedPath(() => completeEdition(draft as never, [], placement))).toBe('$.type')
  })

  test('gives a notice the slug of what it is about', () => {
    const notice = sample('notice of a retraction')
    const { slug: _, ...written } = notice
    expect(complete(written, placement)).toEqual(notice)
    expect(complete({ ...written, summary: undefined }, placement).summary).toBe('The data did not follow.')
  })
})

describe('completeEdition', () => {
  test('lists the entries it is given', () => {
    const { entries } = sample('edition')
    const made = completeEdition(
      { type: 'edition', title: 'Backend trends', summary: 'Two trends.' },
      entries,
      placement
    )
    expect(made).toEqual(sample('edition'))
    expect(completeEdition({ type: 'edition', title: 'Backend trends' }, entries, placement).summary).toBe(
      'Backend trends'
    )
  })

  test('refuses entries out of order, and none', () => {
    const { entries } = sample('edition')
    expect(refusedPath(() => completeEdition({ type: 'edition', title: 'x' }, entries.toReversed(), placement))).toBe(
      '$.entries[1].slug'
    )
    expect(refusedPath(() => completeEdition({ type: 'edition', title: 'x' }, [], placement))).toBe('$.entries')
  })
})

describe('slugOf', () => {
  test.each([
    ['Edge computing', 'edge-computing'],
    ['  Über-Größe: 5G & IoT!  ', 'uber-gro-e-5g-iot'],
    ['Œuvre ﬁne №1', 'uvre-fine-no1'],
    ['WebAssembly moves from the browser', 'webassembly-moves-from-the-brow'],
    ['a'.repeat(30).concat(' b'), 'a'.repeat(30)],
    ['---x---', 'x']
  ])('makes of %j the slug %s', (title, slug) => {
    expect(slugOf({ title })).toBe(slug)
  })

  test('asks for a slug where the title gives none', () => {
    const { details, hint } = refusalOf(() => slugOf({ title: '边缘计算' }))
    expect([details.path, hint]).toEqual(['$.slug', 'write a slug into the draft'])
    expect(slugOf({ title: '边缘计算', slug: 'edge' })).toBe('edge')
  })

  test('of a notice begins with the digest in hex', () => {
    const hex = 'f'.repeat(24).padEnd(64, '0')
    expect(noticeSlug(hex)).toBe(`notice-${'f'.repeat(24)}`)
    expect(noticeSlug(`0x${hex}`)).toBe(noticeSlug(hex))
    expect(noticeSlug(hex)).toHaveLength(31)
  })
})
