import { parseEther, parseUnits } from 'ethers'
import { bigInt, assert as forAll, property } from 'fast-check'
import { expect, test } from 'vitest'
import { ether, gwei, tryGwei } from '../../src/registry/coin.ts'

const wei = bigInt({ min: 0n, max: 10n ** 30n })

test('amounts are told exactly, and without zeros that say nothing', () => {
  expect([ether(0n), ether(1n), ether(10n ** 18n), ether(1_500n * 10n ** 15n), ether(10n ** 19n)]).toEqual([
    '0',
    '0.000000000000000001',
    '1',
    '1.5',
    '10'
  ])
  expect([gwei(0n), gwei(1n), gwei(10n ** 9n), gwei(100n * 10n ** 9n), gwei(2_500_000_000n)]).toEqual([
    '0',
    '0.000000001',
    '1',
    '100',
    '2.5'
  ])
  forAll(
    property(wei, (amount) => {
      expect(parseEther(ether(amount))).toBe(amount)
      expect(parseUnits(gwei(amount), 'gwei')).toBe(amount)
      expect(tryGwei(gwei(amount))).toBe(amount)
    })
  )
})

test.each(['', '.', '1.', '.5', '-1', '+1', '1e9', '0x1', ' 1', '1 ', '1,5', '1.0000000001', '1'.repeat(31), 'gwei'])(
  '%j is no price in gwei',
  (text) => {
    expect(tryGwei(text)).toBeUndefined()
  }
)
