import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderOf } from '../../src/document/key-order.ts'

test('keys come by UTF-16 code unit, whatever was asked before', () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', '', '\u{1f600}', '\ufb33', '10', '9', '__proto__'), fc.string())
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(key, { maxLength: 8 }), { maxLength: 40 }), (lists) => {
      for (const keys of lists) {
        const { sorted, isSorted, size } = orderOf(keys)
        expect(sorted).toEqual(keys.toSorted())
        expect(isSorted).toBe(keys.toSorted().join('\n') === keys.join('\n'))
        // Quotes, colon and comma of each, but for the last comma.
        expect(size).toBe(Math.max(0, keys.join('').length + 4 * keys.length - 1))
      }
    })
  )
})

test.each([
  ['10', true],
  ['0', true],
  ['__proto__', true],
  ['01', false],
  ['-1', false],
  ['proto', false]
])('%s is a key that an object cannot carry in order: %s', (key, isSpecial) => {
  expect(orderOf(['a', key])).toMatchObject({ isSpecial, isWellFormed: true })
})

test('half of a surrogate pair in a key is told', () => {
  expect(orderOf(['a', 'x\ud800'])).toMatchObject({ isWellFormed: false })
  expect(orderOf(['a\ud83d', '\ude00'])).toMatchObject({ isWellFormed: false })
})

test('a stranger with many lists of keys neither fills the memory nor spoils the order', () => {
  for (let i = 0; i < 2_000; i++) {
    expect(orderOf([`k${i}`, 'b', 'a']).sorted).toEqual(['a', 'b', `k${i}`])
    expect(orderOf(['same', `k${i}`]).sorted).toEqual([`k${i}`, 'same'])
  }
  const many = Array.from({ length: 1_000 }, (_, i) => `key${i}`)
  expect(orderOf(many).sorted).toEqual(many.toSorted())
})
