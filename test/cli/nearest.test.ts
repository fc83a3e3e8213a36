import { expect, test } from 'vitest'
import { nearest } from '../../src/cli/nearest.ts'

test.each([
  ['edge', ['egde', 'edges'], 'edges'],
  ['edge', ['ridge'], 'ridge'],
  ['edge', ['fridge'], undefined],
  ['a', ['', 'abc'], ''],
  ['edge', [], undefined]
])('nearest to %s among %j is %s', (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant)
})
