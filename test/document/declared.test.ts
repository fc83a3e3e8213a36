import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { misdeclarations, proposeChange } from '../../src/document/declared.ts'
import type { Change, TrendDocument } from '../../src/document/document.ts'
import { sample } from './samples.ts'

const KINDS = ['initial', 'update', 'correction', 'editorial', 'revert'] as const
const said = (version: number, body: string, kind?: Change['kind']): TrendDocument => {
  const { change: _, ...rest } = sample('minimal trend')
  return { ...rest, version, body, ...(kind !== undefined && { change: { kind, note: 'A note.' } }) }
}
const codes = (...[declaring]: Parameters<typeof misdeclarations>): readonly string[] =>
  misdeclarations(declaring).map(({ code }) => code)

describe('a declared change', () => {
  test('of a first version is initial or none', () => {
    expect(KINDS.filter((kind) => codes({ document: said(1, 'One.', kind) }).length === 0)).toEqual(['initial'])
    expect(codes({ document: said(1, 'One.') })).toEqual([])
  })

  test('is not judged where the version before is not at hand, unless it is initial', () => {
    expect(KINDS.flatMap((kind) => codes({ document: said(2, 'Two.', kind) }))).toEqual(['NOT_INITIAL'])
  })

  test('that is not declared is no wrong one', () => {
    expect(codes({ document: said(2, 'Two, 2.'), before: said(1, 'One, 1.') })).toEqual([])
  })

  test('is a revert where an older version said the same, and only then', () => {
    const [one, two, three] = [said(1, 'One.'), said(2, 'Two.', 'update'), said(3, 'One.', 'revert')]
    expect(codes({ document: three, before: two, earlier: [one] })).toEqual([])
    expect(codes({ document: said(3, 'Three.', 'revert'), before: two, earlier: [one] })).toEqual(['NOT_A_REVERT'])
    // Not all versions are known, so nothing is said.
    expect(codes({ document: said(3, 'Three.', 'revert'), before: two })).toEqual([])
    expect(proposeChange({ document: said(3, 'One.'), before: two, earlier: [one] })).toBe('revert')
  })

  test('of a notice says nothing', () => {
    expect(misdeclarations({ document: { ...sample('notice of a retraction'), version: 1 } })).toEqual([])
  })

  test('is right where it is what is proposed', () => {
    const bodies = fc.constantFrom(
      'One and 1.',
      'One and 2.',
      'One and 1!',
      'Quite another text, with many more words.'
    )
    fc.assert(
      fc.property(bodies, bodies, bodies, fc.constantFrom(undefined, ...KINDS), (a, b, c, kind) => {
        fc.pre(b !== c)
        const [one, two] = [said(1, a), said(2, b)]
        const proposed = proposeChange({ document: said(3, c, kind), before: two, earlier: [one] })
        expect(codes({ document: said(3, c, proposed), before: two, earlier: [one] })).toEqual([])
      })
    )
  })
})
