import { bigInt, assert as forAll, option, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  likelyOf,
  type Market,
  marketIn,
  mostOf,
  type Offer,
  offerOf,
  raised,
  readMarket
} from '../../src/registry/fees.ts'
import type { Request } from '../../src/registry/request.ts'

const wei = bigInt({ min: 0n, max: 10n ** 15n })
const markets = record({ baseFee: option(wei, { nil: undefined }), priorityFee: wei })
const GWEI = 10n ** 9n

const hex = (value: bigint): string => `0x${value.toString(16)}`
/** A history as a node tells it: the base fee of the next block, and what the median transaction of each block gave. */
const history = (next: bigint, medians: readonly (bigint | undefined)[]): object => ({
  oldestBlock: '0x1',
  baseFeePerGas: [...medians.map(() => hex(GWEI)), hex(next)],
  gasUsedRatio: medians.map((median) => (median === undefined ? 0 : 0.5)),
  reward: medians.map((median) => [hex(median ?? 0n)])
})
/** A node that answers from a list, and fails at everything else. */
const node =
  (answers: Readonly<Record<string, unknown>>): Request =>
  async ({ method }) => {
    if (!Object.hasOwn(answers, method)) throw new Error(`${method} is not known`)
    return answers[method]
  }

describe('the market', () => {
  test.each([
    ['is the median of the blocks’ medians', [1n, 9n, 3n, 2n, 100n], 3n],
    ['does not count blocks without a transaction', [undefined, 5n, undefined, undefined], 5n],
    ['counts those in which nobody gave anything', [0n, 0n, 7n], 0n],
    ['is nothing where there was none', [undefined], 0n],
    ['compares numbers and not their spelling', [2n, 10n, 30n], 10n]
  ])('in its priority fee %s', (_, medians, expected) => {
    expect(marketIn(history(8n, medians))).toEqual({ baseFee: 8n, priorityFee: expected })
  })

  test.each([
    ['nothing', null],
    ['text', '0x1'],
    ['no base fees', { reward: [] }],
    ['a base fee of zero, as a chain without one says', history(0n, [5n])],
    ['a base fee that is no number', { baseFeePerGas: ['lots'] }]
  ])('is not read from %s', (_, answer) => {
    expect(marketIn(answer)).toBeUndefined()
  })

  test('takes only numbers from a history that has other things in it', () => {
    const odd = { baseFeePerGas: ['0x8'], gasUsedRatio: [1, 1, '1', 1], reward: [['0x3'], null, ['x'], [{}]] }
    expect(marketIn(odd)).toEqual({ baseFee: 8n, priorityFee: 3n })
    expect(marketIn({ baseFeePerGas: ['0x8'] })).toEqual({ baseFee: 8n, priorityFee: 0n })
  })

  test('asks for advice where nobody has paid a priority fee, and takes 0.001 gwei where there is none', async () => {
    const eth_feeHistory = history(8n, [undefined])
    expect(await readMarket(node({ eth_feeHistory, eth_maxPriorityFeePerGas: hex(5n * GWEI) }))).toEqual({
      baseFee: 8n,
      priorityFee: 5n * GWEI
    })
    const least = { baseFee: 8n, priorityFee: 1_000_000n }
    expect(await readMarket(node({ eth_feeHistory }))).toEqual(least)
    expect(await readMarket(node({ eth_feeHistory, eth_maxPriorityFeePerGas: '0x0' }))).toEqual(least)
    expect(await readMarket(node({ eth_feeHistory, eth_maxPriorityFeePerGas: 'a bit' }))).toEqual(least)
  })

  test('has one price where there is no history', async () => {
    const expected = { baseFee: undefined, priorityFee: 5n }
    expect(await readMarket(node({ eth_gasPrice: '0x5' }))).toEqual(expected)
    expect(await readMarket(node({ eth_feeHistory: history(0n, [1n]), eth_gasPrice: '0x5' }))).toEqual(expected)
  })

  test('is not made up', async () => {
    await expect(readMarket(node({}))).rejects.toThrow('eth_gasPrice is not known')
    await expect(readMarket(node({ eth_gasPrice: null }))).rejects.toThrow('no gas price')
  })

  test('is asked for no longer than the caller waits', async () => {
    const controller = new AbortController()
    const asked: string[] = []
    const request: Request = async ({ method }) => {
      asked.push(method)
      controller.abort('stop')
      throw new Error('no')
    }
    await expect(readMarket(request, { signal: controller.signal })).rejects.toBe('stop')
    expect(asked).toEqual(['eth_feeHistory'])
  })
})

describe('an offer', () => {
  test('is good for the next six blocks, however full they are', () => {
    forAll(
      property(bigInt({ min: 8n, max: 10n ** 15n }), wei, (baseFee, priorityFee) => {
        const most = mostOf(offerOf({ baseFee, priorityFee }))
        let rising = baseFee
        for (let block = 1; block <= 6; block++, rising += rising / 8n) expect(most).toBeGreaterThanOrEqual(rising)
      })
    )
  })

  test('is never more than the cap, and never less than what the next block asks', () => {
    forAll(
      property(markets, wei, (market, cap) => {
        const asked = (market.baseFee ?? 0n) + market.priorityFee
        if (asked > cap) {
          const refusal = { code: 'FEE_TOO_HIGH', details: { asked: String(asked), most: String(cap) } }
          expect(() => offerOf(market, cap)).toThrow(expect.objectContaining(refusal))
          return
        }
        const offer = offerOf(market, cap)
        expect(mostOf(offer)).toBeLessThanOrEqual(cap)
        expect(mostOf(offer)).toBeGreaterThanOrEqual(asked)
        expect(likelyOf(offer, market)).toBe(asked)
      })
    )
  })

  test('says in gwei what is too much', () => {
    const market: Market = { baseFee: 12n * GWEI, priorityFee: GWEI / 2n }
    expect(() => offerOf(market, 2n * GWEI)).toThrow(
      'the chain asks for 12.5 gwei a unit of gas, and the most to pay is 2'
    )
  })
})

describe('an offer that takes the place of another', () => {
  const parts = (offer: Offer): readonly bigint[] =>
    'gasPrice' in offer ? [offer.gasPrice] : [offer.maxFeePerGas, offer.maxPriorityFeePerGas]
  const offers = markets.map((market) => offerOf(market))

  test('is at least an eighth more in each part, and what the market asks', () => {
    forAll(
      property(offers, markets, option(wei, { nil: undefined }), (offer, market, cap) => {
        const next = raised(offer, market, cap)
        if (next === undefined) {
          expect(cap).toBeDefined()
          return
        }
        expect(Object.keys(next)).toEqual(Object.keys(offer))
        parts(next).forEach((part, i) => {
          expect(part * 8n).toBeGreaterThan(parts(offer)[i]! * 9n)
        })
        if (cap === undefined) {
          expect(mostOf(next)).toBeGreaterThanOrEqual((market.baseFee ?? 0n) + market.priorityFee)
        } else {
          expect(mostOf(next)).toBeLessThanOrEqual(cap)
        }
        if (!('gasPrice' in next)) expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas)
      })
    )
  })

  test.each([
    ['just enough', 113n, { maxFeePerGas: 113n, maxPriorityFeePerGas: 12n }],
    ['not enough', 112n, undefined]
  ])('goes up to a cap that is %s', (_, cap, expected) => {
    const offer = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n }
    expect(raised(offer, { baseFee: 90n, priorityFee: 1n }, cap)).toEqual(expected)
  })

  test.each<Market>([
    { baseFee: 3n, priorityFee: 2n },
    { baseFee: undefined, priorityFee: 5n }
  ])('is one price where the first was', (market) => {
    expect(raised({ gasPrice: 1n }, market)).toEqual({ gasPrice: 5n })
  })
})
