import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { gwei } from './coin.ts'
import { isAmount, toQuantity } from './quantity.ts'
import type { Request } from './request.ts'

/** What a unit of gas costs now, in wei. */
export interface Market {
  /** That of the next block (EIP-1559), which is burnt; `undefined` on a chain that has none. */
  readonly baseFee: bigint | undefined
  /** What others give whoever makes the block; without a base fee, the whole price. */
  readonly priorityFee: bigint
}

/** What a transaction offers for a unit of gas, in wei: as EIP-1559 has it, or one price as before. */
export type Offer =
  | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly gasPrice: bigint }

/** Enough blocks to tell a habit from a single sender, few enough to be of the last minutes. */
const BLOCKS = 10
/** Where nobody has paid anything yet: 0.001 gwei. Nodes keep nothing in their pool for less than 1 wei. */
const LEAST_PRIORITY_FEE = 1_000_000n

/**
 * What the chain asks now. The priority fee is the median over the last 10 blocks of what the median transaction of each
 * gave (`eth_feeHistory`); where none was sent, what the node advises. A chain without a base fee, or that does not know
 * its history, has one price: `eth_gasPrice`.
 * @throws what the request throws when the node does not answer, Error when it tells no price
 */
export async function readMarket(request: Request, options: Abortable = {}): Promise<Market> {
  const ask = async (method: string, params: readonly unknown[] = []): Promise<unknown> =>
    await request({ method, params }, options)
  const history = await ask('eth_feeHistory', [toQuantity(BLOCKS), 'latest', [50]]).catch(() => undefined)
  options.signal?.throwIfAborted()
  const told = marketIn(history)
  if (told !== undefined && told.priorityFee > 0n) return told
  if (told === undefined) {
    const gasPrice = await ask('eth_gasPrice')
    if (!isAmount(gasPrice)) throw new Error('the node tells no gas price')
    return { baseFee: undefined, priorityFee: BigInt(gasPrice) }
  }
  const advice = await ask('eth_maxPriorityFeePerGas').catch(() => undefined)
  options.signal?.throwIfAborted()
  return { ...told, priorityFee: atLeast(LEAST_PRIORITY_FEE, isAmount(advice) ? BigInt(advice) : 0n) }
}

/** An answer to `eth_feeHistory` as a market, if the chain has a base fee; a priority fee of 0n where nobody paid one. */
export function marketIn(history: unknown): Market | undefined {
  if (typeof history !== 'object' || history === null) return undefined
  const { baseFeePerGas, gasUsedRatio, reward } = history as Readonly<Record<string, unknown>>
  const next = Array.isArray(baseFeePerGas) ? baseFeePerGas.at(-1) : undefined
  if (!isAmount(next) || BigInt(next) === 0n) return undefined
  const used = Array.isArray(gasUsedRatio) ? gasUsedRatio : []
  const paid = (Array.isArray(reward) ? reward : [])
    .filter((_, i) => Number(used[i]) > 0)
    .map((percentiles: unknown) => (Array.isArray(percentiles) ? percentiles[0] : undefined))
    .filter(isAmount)
    .map(BigInt)
  return { baseFee: BigInt(next), priorityFee: median(paid) }
}

/**
 * The offer for a market: twice the base fee, so that it is good for the next six blocks, however full they are (the fee
 * rises by an eighth a block at most, EIP-1559), and the priority fee on top. What is not needed is not paid.
 * @param cap the most to offer, in wei; the offer is lowered to it as long as the next block would still take it
 * @throws FEE_TOO_HIGH when the next block costs more than `cap`
 */
export function offerOf({ baseFee, priorityFee }: Market, cap?: bigint): Offer {
  const asked = (baseFee ?? 0n) + priorityFee
  if (cap !== undefined && asked > cap) throw tooHigh(asked, cap)
  if (baseFee === undefined) return { gasPrice: priorityFee }
  const wanted = 2n * baseFee + priorityFee
  return { maxFeePerGas: atMost(cap ?? wanted, wanted), maxPriorityFeePerGas: priorityFee }
}

/**
 * The offer that takes the place of one that no block took: as the market asks now, and each part at least an eighth
 * more than before. Most nodes replace a transaction for a tenth more of both parts (geth's `txpool.pricebump`, Erigon,
 * Hardhat), OpenEthereum asked for an eighth; and a base fee rises by an eighth a block.
 * @returns `undefined` where that would be more than `cap`
 */
export function raised(offer: Offer, market: Market, cap?: bigint): Offer | undefined {
  const { baseFee = 0n, priorityFee } = market
  const next: Offer =
    'gasPrice' in offer
      ? { gasPrice: atLeast(byAnEighth(offer.gasPrice), baseFee + priorityFee) }
      : {
          maxFeePerGas: atLeast(byAnEighth(offer.maxFeePerGas), 2n * baseFee + priorityFee),
          maxPriorityFeePerGas: atLeast(byAnEighth(offer.maxPriorityFeePerGas), priorityFee)
        }
  return cap === undefined || mostOf(next) <= cap ? next : lowered(next, offer, cap)
}

/** As much more as the cap has room for, where that is still enough to replace what was offered. */
function lowered(next: Offer, offer: Offer, cap: bigint): Offer | undefined {
  if (cap < byAnEighth(mostOf(offer)) || 'gasPrice' in next) return undefined
  return next.maxPriorityFeePerGas > cap ? undefined : { ...next, maxFeePerGas: cap }
}

/** The most an offer pays for a unit of gas. */
export const mostOf = (offer: Offer): bigint => ('gasPrice' in offer ? offer.gasPrice : offer.maxFeePerGas)

/** What an offer would pay for a unit of gas in the next block. */
export function likelyOf(offer: Offer, { baseFee = 0n }: Market): bigint {
  if ('gasPrice' in offer) return offer.gasPrice
  return atMost(offer.maxFeePerGas, baseFee + offer.maxPriorityFeePerGas)
}

function tooHigh(asked: bigint, cap: bigint): ArchiveError<'FEE_TOO_HIGH'> {
  const message = `the chain asks for ${gwei(asked)} gwei a unit of gas, and the most to pay is ${gwei(cap)}`
  const hint = 'wait until the chain is less busy, or pay more'
  return new ArchiveError('FEE_TOO_HIGH', message, { asked: String(asked), most: String(cap) }, { hint })
}

const byAnEighth = (price: bigint): bigint => price + price / 8n + 1n
const atMost = (most: bigint, price: bigint): bigint => (price < most ? price : most)
const atLeast = (least: bigint, price: bigint): bigint => (price > least ? price : least)

function median(prices: readonly bigint[]): bigint {
  const sorted = prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[sorted.length >> 1] ?? 0n
}
