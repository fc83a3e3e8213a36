import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, type Json } from '../../src/document/canonical.ts'
import { diff } from '../../src/document/diff.ts'
import { jsonValues } from './json-values.ts'

const claim = (id: string, text: string): Json => ({ id, text })

describe('diff', () => {
  test('names what was added, removed and changed', () => {
    expect(diff({ a: 1, b: { c: [1] }, d: 1 }, { a: 2, b: { c: [1] }, e: null })).toEqual([
      { path: '$.a', kind: 'changed', before: 1, after: 2 },
      { path: '$.d', kind: 'removed', before: 1 },
      { path: '$.e', kind: 'added', after: null }
    ])
  })

  test('follows an element by its id', () => {
    const before = { claims: [claim('c1', 'one'), claim('c2', 'two'), claim('c3', 'three')] }
    const after = { claims: [claim('c0', 'zero'), claim('c1', 'one'), claim('c3', 'THREE')] }
    expect(diff(before, after)).toEqual([
      { path: '$.claims["c0"]', kind: 'added', after: claim('c0', 'zero') },
      { path: '$.claims["c3"].text', kind: 'changed', before: 'three', after: 'THREE' },
      { path: '$.claims["c2"]', kind: 'removed', before: claim('c2', 'two') }
    ])
  })

  test('reports a move as one change of the order', () => {
    const claims = [claim('c1', 'one'), claim('c2', 'two')]
    expect(diff({ claims }, { claims: claims.toReversed() })).toEqual([
      { path: '$.claims[*].id', kind: 'changed', before: ['c1', 'c2'], after: ['c2', 'c1'] }
    ])
  })

  test('sees one insertion into a list of texts as one', () => {
    expect(diff(['b', 'c'], ['a', 'b', 'c'])).toEqual([{ path: '$[0]', kind: 'added', after: 'a' }])
    expect(diff(['a', 'b', 'c'], ['a', 'c'])).toEqual([{ path: '$[1]', kind: 'removed', before: 'b' }])
  })

  test('does not take an inherited member for one of the document', () => {
    expect(diff({}, JSON.parse('{"constructor":1,"__proto__":2}'))).toEqual([
      { path: '$.__proto__', kind: 'added', after: 2 },
      { path: '$.constructor', kind: 'added', after: 1 }
    ])
  })

  test('is empty exactly where the canonical bytes are equal', () => {
    const small = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), x: fc.nat(1) }), { maxLength: 3 })
    const lists = fc.array(fc.constantFrom<Json>(0, 1, [], {}), { maxLength: 4 })
    for (const values of [jsonValues, small, lists] as readonly fc.Arbitrary<Json>[]) {
      fc.assert(
        fc.property(values, values, (a, b) => {
          expect(diff(a, a)).toEqual([])
          expect(diff(a, b).length === 0).toBe(canonicalText(a) === canonicalText(b))
        }),
        { numRuns: 1000 }
      )
    }
  })
})
