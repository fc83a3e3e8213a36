import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { misdeclarations } from '../../src/document/declared.ts'
import { diff } from '../../src/document/diff.ts'
import type { Trend, TrendDocument } from '../../src/document/document.ts'
import { sayEdit } from '../../src/document/edit-text.ts'
import { EDIT_WEIGHTS, type EditKind, editsBetween, isContent } from '../../src/document/edits.ts'
import { extentOf } from '../../src/document/extent.ts'
import type { Json } from '../../src/document/json.ts'
import golden from '../vectors/edits.json' with { type: 'json' }
import { jsonValues } from './json-values.ts'
import { sample } from './samples.ts'

const as = (value: unknown): TrendDocument => value as TrendDocument

describe('what an edit is called', () => {
  test.each(golden)('$name', ({ before, after, edits, findings }) => {
    const first = as({ type: 'trend', version: 1, ...before })
    const second = as({ type: 'trend', version: 2, ...after })
    const found = editsBetween(first, second).filter(isContent)
    expect(found.map((edit) => [edit.kind, edit.weight, edit.path, sayEdit(edit)])).toEqual(edits)
    const told = misdeclarations({ document: second, before: first })
    expect(told.map(({ code, proposed, detail }) => [code, proposed, detail])).toEqual(findings)
  })
})

/** Values under the fields of the format, right and wrong ones, so that every way through the table is taken. */
const small = fc.constantFrom<Json>('a', 'b 1', 'b 2', 7, null, [], {}, ['a'], ['b 1', 'a'])
const things = fc.array(
  fc.dictionary(fc.constantFrom('id', 'slug', 'name', 'time', 'text', 'points', 'stance', 'captures', 'value'), small, {
    maxKeys: 4
  }),
  { maxLength: 3 }
)
const FIELDS = [
  ...Object.keys(sample('every field of a trend')),
  ...Object.keys(sample('edition')),
  ...Object.keys(sample('notice of a retraction')),
  'constructor',
  'unknown'
]
const documents = fc.dictionary(
  fc.constantFrom(...FIELDS),
  fc.oneof(small, things, fc.dictionary(fc.constantFrom('ring', 'name', 'funding'), small)),
  {
    maxKeys: 6
  }
)
/** Two documents that are alike in most. */
const pairs = fc.tuple(documents, documents).map(([a, b]) => [a, { ...a, ...b }] as const)

/** A path without the places of elements that have no name. */
const loose = (path: string): string => path.replace(/\[(?:\d+|\*)\].*$/, '')

describe('edits', () => {
  test('are none of a document with itself', () => {
    for (const name of ['every field of a trend', 'minimal trend', 'edition', 'notice of a retraction']) {
      expect(editsBetween(sample(name as 'edition'), sample(name as 'edition'))).toEqual([])
    }
    fc.assert(fc.property(documents, (a) => void expect(editsBetween(as(a), as(a))).toEqual([])))
  })

  test('cover every difference, and are none where there is none', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const edits = editsBetween(as(a), as(b)).map(({ path }) => loose(path))
        const differences = diff(a as Json, b as Json).map(({ path }) => loose(path))
        for (const path of differences) {
          const isCovered = edits.some((one) => one.startsWith(path) || path.startsWith(one))
          expect([path, isCovered]).toEqual([path, true])
        }
        expect(edits.length === 0).toBe(differences.length === 0)
      }),
      { numRuns: 2000 }
    )
  })

  test('of any two values are found without a throw', () => {
    fc.assert(fc.property(jsonValues, jsonValues, (a, b) => void editsBetween(as(a), as(b)).map(sayEdit)))
  })

  test('the other way round are the contrary, and weigh the same', () => {
    const contrary = (kind: EditKind): string =>
      kind.replace(/_(?:ADDED|REMOVED)$/, (end) => (end === '_ADDED' ? '_REMOVED' : '_ADDED'))
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const there = editsBetween(as(a), as(b)).map(({ kind, weight }) => `${contrary(kind)} ${weight}`)
        const back = editsBetween(as(b), as(a)).map(({ kind, weight }) => `${kind} ${weight}`)
        expect(there.toSorted()).toEqual(back.toSorted())
      }),
      { numRuns: 1000 }
    )
  })

  test('of every field of the format have a name of their own', () => {
    const full = sample('every field of a trend')
    const bare: Partial<Trend> = { type: 'trend' }
    const kinds = new Set(editsBetween(as(bare), full).map(({ kind }) => kind))
    expect(kinds).not.toContain('FIELD_CHANGED')
    for (const other of [sample('edition'), sample('notice of a retraction')]) {
      expect(editsBetween(as({ type: other.type }), other).map(({ kind }) => kind)).not.toContain('FIELD_CHANGED')
    }
  })

  test('have a contrary where something can be added', () => {
    const kinds = Object.keys(EDIT_WEIGHTS)
    for (const kind of kinds.filter((one) => one.endsWith('_ADDED')))
      expect(kinds).toContain(kind.replace('ADDED', 'REMOVED'))
  })
})

/** The definition of SPEC 5.9, without any short cut. */
function wordsEdited(before: string, after: string): number {
  const pairs = (text: string): string[] =>
    ['', ...text.split(' ')].map((word, i, all) => `${word} ${all[i + 1] ?? ''}`)
  const only = (a: readonly string[], b: readonly string[]): number => {
    const left = [...b]
    return a.filter((pair) => {
      const found = left.indexOf(pair)
      if (found !== -1) left.splice(found, 1)
      return found === -1
    }).length
  }
  const [old, young] = [pairs(before), pairs(after)]
  return Math.ceil(Math.max(only(old, young), only(young, old)) / 2)
}

test('how much of a text was edited is what the specification says', () => {
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 10 })
    .map((words) => words.join(' '))
  fc.assert(
    fc.property(texts, texts, (a, b) => void expect(extentOf(a, b).words).toBe(wordsEdited(a, b))),
    { numRuns: 1000 }
  )
  expect(extentOf('a b c d', 'a x c d').words).toBe(1)
  expect(extentOf('a b', 'b a').words).toBe(2)
})

test('how much of a text was edited is the same both ways, and is found in linear time', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', '1', '2%'), { maxLength: 12 }).map((words) => words.join(' '))
  fc.assert(fc.property(texts, texts, (a, b) => void expect(extentOf(a, b)).toEqual(extentOf(b, a))))
  const long = 'word '.repeat(100_000)
  const start = performance.now()
  expect(extentOf(long, `${long} more`).words).toBe(1)
  expect(performance.now() - start).toBeLessThan(2_000)
})
