import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdersOf, isFresh, isHeld, lacking } from '../../src/archive/copies.ts'
import type { PinReceipt } from '../../src/block/receipts.ts'

const NOW = Date.parse('2026-01-02T00:00:00Z')
const receipt = (more: Partial<PinReceipt> = {}): PinReceipt => ({
  remote: 'pinner',
  cid: 'a',
  name: 'edge@1',
  requestId: 'r1',
  status: 'pinned',
  keepers: ['a'],
  askedAt: '2026-01-01T00:00:00Z',
  pinnedAt: '2026-01-01T00:00:00Z',
  checkedAt: '2026-01-01T12:00:00Z',
  by: 'gateway.example',
  ...more
})

test.each([
  ['what it says it keeps, and was fetched from it again', {}, true],
  ['what it only says it keeps', { checkedAt: undefined }, false],
  ['what it is still working on, whatever was checked', { status: 'pinning' }, false],
  ['what it failed to get', { status: 'failed' }, false],
  ['what it did not have when that was looked at last', { fault: 'it has other bytes' }, false]
] as const)('a remote holds %s: %s', (_, more, held) => {
  expect(isHeld(receipt(more))).toBe(held)
})

test('a check counts for as long as was agreed', () => {
  const halfADay = 43_200_000
  expect(isFresh(receipt(), NOW, halfADay + 1)).toBe(true)
  expect(isFresh(receipt(), NOW, halfADay)).toBe(false)
  expect(isFresh(receipt({ fault: 'gone' }), NOW, halfADay + 1)).toBe(false)
})

test('a document lacks copies exactly where fewer remotes hold it than there must', () => {
  const some = fc.record({
    remote: fc.constantFrom('x', 'y', 'z'),
    cid: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom('pinned', 'queued', 'failed'),
    fault: fc.constantFrom(undefined, 'gone')
  })
  const key = ({ remote, cid }: { remote: string; cid: string }): string => `${remote}/${cid}`
  fc.assert(
    fc.property(fc.uniqueArray(some, { selector: key }), fc.integer({ min: 1, max: 3 }), (parts, copies) => {
      const receipts = parts.map((part) => receipt(part as Partial<PinReceipt>))
      const found = lacking(['a', 'b', 'c'], receipts, copies)
      for (const cid of ['a', 'b', 'c']) expect(found.includes(cid)).toBe(holdersOf(cid, receipts).length < copies)
    })
  )
})
