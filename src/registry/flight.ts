import { orAborted } from '../block/abort.ts'
import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { mostOf, type Offer, raised, readMarket } from './fees.ts'
import { isQuantity } from './quantity.ts'
import type { SendOptions } from './registry.ts'
import type { Request } from './request.ts'
import { isKnown, isUnderWay, type Signed, type Submit } from './submit.ts'
import { type Outcome, outcomeOf, poll, unconfirmed } from './transaction.ts'

/** What a transaction does. */
export interface Action {
  readonly to: Address
  readonly data: string
  /** Wei that go along. */
  readonly value?: bigint
}

/** A transaction as it is signed. */
export interface Unsigned extends Action {
  readonly nonce: number
  readonly gasLimit: bigint
  readonly offer: Offer
}

/** Whoever holds the key here: signs. */
export interface SigningHand {
  readonly sign: (transaction: Unsigned) => Promise<Signed>
}

/** A transaction that is under way, and those that took its place: all under one nonce, so at most one is mined. */
export interface Flight {
  /** The newest last. */
  readonly sent: Bytes32[]
  /** Where the key is here, what can be sent again. */
  readonly own?: Own | undefined
  readonly outcome?: Outcome | undefined
}

export interface Own {
  readonly unsigned: Unsigned
  newest: Signed
  /** Whether a node is known to have the newest. */
  isTaken: boolean
  /** What was last offered, whether or not a node took it. */
  offer: Offer
}

/** How many transactions of an account are mined, or with those that are under way. @throws Error when the node tells no number */
export async function countOf(
  request: Request,
  account: Address,
  tag: 'latest' | 'pending',
  options: Abortable
): Promise<number> {
  const answer = await request({ method: 'eth_getTransactionCount', params: [account, tag] }, options)
  if (!isQuantity(answer)) throw new Error('the node does not tell how many transactions the account has sent')
  return Number(answer)
}

export interface WatchPorts extends Partial<SigningHand> {
  readonly account: Address
  readonly request: Request
  readonly submit: Submit
}

export interface WatchLimits {
  readonly timeout: number
  readonly patience: number
  readonly maxFeePerGas?: bigint | undefined
}

/** Milliseconds after which a transaction that is not mined may have lost its nonce to another. */
const UNUSUAL = 1_000
/** How often a receipt must be missing after its nonce is used. A node behind a balancer may lag. */
const LOOKS = 3

/**
 * Waits until any of a flight is mined; `undefined` where another transaction has the nonce for good. What is not mined
 * in time is sent again, for more.
 * @throws TRANSACTION_PENDING
 */
export async function watch(
  ports: WatchPorts,
  { sent, own }: Flight,
  limits: WatchLimits,
  options: SendOptions
): Promise<Outcome | undefined> {
  const { account, request, submit, sign } = ports
  const { timeout, patience } = limits
  const began = Date.now()
  let due = began + patience
  let missing = 0
  const look = async (): Promise<Outcome | 'lost' | undefined> => {
    const isUnusual = own !== undefined && Date.now() - began >= UNUSUAL
    const used = isUnusual ? await countOf(request, account, 'latest', options).catch(() => 0) : 0
    for (const transaction of sent.toReversed()) {
      const outcome = await outcomeOf(request, transaction, options)
      if (outcome !== undefined) return outcome
    }
    if (own === undefined || sign === undefined) return undefined
    missing = used > own.unsigned.nonce ? missing + 1 : 0
    if (missing === LOOKS) return 'lost'
    // A reorganisation takes back what was mined, and not every node puts it back by itself.
    if (isUnusual && own.isTaken) own.isTaken = await isKnown(request, own.newest, options)
    if (!own.isTaken) own.isTaken = (await submit(own.newest, options)).status === 'taken'
    if (Date.now() < due) return undefined
    // It goes on being watched, whatever comes of this.
    await hurry({ ...ports, sign }, own, sent, limits, options).catch(() => undefined)
    due = Date.now() + patience
    return undefined
  }
  const found = await poll(look, { ...options, timeout })
  if (found === undefined) {
    const nonce = own?.unsigned.nonce
    throw unconfirmed({ account, nonce, transactions: [...sent] }, { ...options, timeout })
  }
  return found === 'lost' ? undefined : found
}

/** Offers more under the same nonce; where that is no help, or not allowed, the node is reminded of what it may have lost. */
async function hurry(
  { account, request, submit, sign }: WatchPorts & SigningHand,
  own: Own,
  sent: Bytes32[],
  { maxFeePerGas }: WatchLimits,
  options: SendOptions
): Promise<void> {
  const { unsigned, newest } = own
  const [used, market] = await Promise.all([countOf(request, account, 'latest', options), readMarket(request, options)])
  const behind = unsigned.nonce - used
  if (behind > 0) options.onProgress?.({ type: 'queued', behind })
  const offer = behind === 0 ? raised(own.offer, market, maxFeePerGas) : undefined
  if (offer === undefined) {
    await submit(newest, options)
    return
  }
  own.offer = offer
  const signed = await orAborted(options.signal, sign({ ...unsigned, offer }))
  if (!isUnderWay(await submit(signed, options))) return
  own.newest = signed
  sent.push(signed.transaction)
  const { transaction } = signed
  options.onProgress?.({ type: 'replaced', replaced: newest.transaction, transaction, maxFeePerGas: mostOf(offer) })
}
