import { expect, test } from 'vitest'
import { canonicalText, decode, type Json } from '../../src/document/canonical.ts'
import { diff } from '../../src/document/diff.ts'
import { complete } from '../../src/document/draft.ts'
import { sameContent } from '../../src/document/lineage.ts'
import { parseMarkdown } from '../../src/document/markdown.ts'
import { issuesOf, parseDraft } from '../../src/document/parse.ts'
import { placement, sample } from './samples.ts'

const HOSTILE = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
const before = Reflect.ownKeys(Object.prototype)

test.each<[string, () => unknown]>([
  ['decoding', () => decode(new TextEncoder().encode(HOSTILE))],
  ['encoding', () => canonicalText({ z: JSON.parse(HOSTILE) as Json, a: 1 })],
  ['checking', () => issuesOf({ ...sample('minimal trend'), ...JSON.parse(HOSTILE), ext: JSON.parse(HOSTILE) })],
  ['parsing a draft', () => parseDraft({ title: 'x', body: 'x', ext: { 'org.example.x': JSON.parse(HOSTILE) } })],
  [
    'completing a draft',
    () => complete({ title: 'x', body: 'x', ext: { 'org.example.x': JSON.parse(HOSTILE) } }, placement)
  ],
  [
    'reading Markdown',
    () => parseMarkdown('---\n__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n---\nx')
  ],
  ['comparing', () => [diff(JSON.parse(HOSTILE), {}), diff({}, JSON.parse(HOSTILE))]],
  ['comparing content', () => sameContent(JSON.parse(HOSTILE), JSON.parse(HOSTILE))]
])('%s hostile keys touches no prototype', (_, act) => {
  act()
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
})
