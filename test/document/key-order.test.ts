import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sorted } from '../../src/document/key-order.ts'

test('keys come by UTF-16 code unit, whatever was asked before', () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', '', '\u{1f600}', '\ufb33', '10', '9', '__proto__'), fc.string())
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(key, { maxLength: 8 }), { maxLength: 40 }), (lists) => {
      for (const keys of lists) {
        expect(sorted(keys)).toEqual(keys.toSorted())
      }
    })
  )
})

test('a stranger with many lists of keys neither fills the memory nor spoils the order', () => {
  for (let i = 0; i < 2_000; i++) {
    expect(sorted([`k${i}`, 'b', 'a'])).toEqual(['a', 'b', `k${i}`])
    expect(sorted(['same', `k${i}`])).toEqual([`k${i}`, 'same'])
  }
  const many = Array.from({ length: 1_000 }, (_, i) => `key${i}`)
  expect(sorted(many)).toEqual(many.toSorted())
})
