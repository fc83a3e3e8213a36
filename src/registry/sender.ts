import { orAborted } from '../block/abort.ts'
import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { type Offer, offerOf, readMarket } from './fees.ts'
import { type Action, countOf, type Flight, type SigningHand, watch } from './flight.ts'
import type { SendOptions, SettleOptions } from './registry.ts'
import { rejected } from './rejection.ts'
import type { Request } from './request.ts'
import { isHeard, isUnderWay, submitter } from './submit.ts'
import { type Outcome, poll, sleep, TIMEOUT, unconfirmed } from './transaction.ts'
import { turns } from './turns.ts'

/** A browser's wallet: signs and sends, with a nonce of its own, and unless an offer is given at a price of its own. */
export interface SendingHand {
  readonly send: (
    transaction: Action & { readonly gasLimit: bigint; readonly offer?: Offer | undefined }
  ) => Promise<Bytes32>
}

export interface SenderOptions {
  /** Wei to pay for a unit of gas at most; where the chain asks for more, nothing is sent. @default no limit */
  readonly maxFeePerGas?: bigint | undefined
  /** Milliseconds until a transaction that is not mined counts as lost. @default 180_000 */
  readonly timeout?: number | undefined
  /** Milliseconds until a transaction that is not mined is sent again for more. @default 60_000 */
  readonly patience?: number | undefined
  /** Whether to take the place of what the account sent before and is not mined, instead of waiting behind it. */
  readonly speedUp?: boolean | undefined
}

export interface Sender {
  /**
   * Sends a transaction and waits until it is mined. Sends queue up, each with the next nonce; before each, `gasFor`
   * tries it out.
   * @throws TRANSACTION_PENDING, FEE_TOO_HIGH, what `gasFor` throws, and what the node says when it takes none
   */
  readonly send: (action: Action, gasFor: GasFor, options: SendOptions) => Promise<Outcome>
  /**
   * Waits for what the account sent before this sender was made, or before it last could not send; after a
   * reorganisation, for whatever that put back.
   * @throws TRANSACTION_PENDING when that is stuck
   */
  readonly settle: (options: SettleOptions) => Promise<void>
}

/** The gas a transaction may use, as a node finds out by trying it. */
export type GasFor = (options: Abortable) => Promise<bigint>

/** How long a transaction that is not mined is left alone: five blocks of Ethereum. */
const PATIENCE = 60_000
/** How long to leave a request open for a receipt: what EIP-7966 recommends to nodes. */
const WAIT_AT_ONCE = 2_000
/** How often another process of the account may be quicker, or an offer too low, before a send gives up. */
const ATTEMPTS = 40
/** Milliseconds at most to leave to another process, at random so that two do not meet for ever. */
const LONGEST_STEP_ASIDE = 40
/** How often a transaction may lose its nonce to another process that offers more. */
const LAUNCHES = 3

/**
 * Sends the transactions of one account through one node. It keeps count of nonces itself, and never sends under another
 * nonce what may still be mined: it watches, and where that takes too long offers more under the same.
 */
export function createSender(
  {
    account,
    request,
    hand
  }: { readonly account: Address; readonly request: Request; readonly hand: SigningHand | SendingHand },
  { timeout = TIMEOUT, patience = PATIENCE, maxFeePerGas, speedUp = false }: SenderOptions = {}
): Sender {
  const queue = turns()
  const submit = submitter(request)
  const ports = { account, request, submit, ...hand }
  const limits = { timeout, patience, maxFeePerGas }
  let inFlight = 0
  let nextNonce = 0
  let isSettled = speedUp

  /** A node behind a balancer may not have heard yet of what is under way from here. */
  const freshNonce = async (options: Abortable): Promise<number> => {
    const told = await countOf(request, account, speedUp ? 'latest' : 'pending', options)
    return inFlight === 0 ? told : Math.max(told, nextNonce)
  }

  const launchSigned = async (
    sign: SigningHand['sign'],
    action: Action,
    gasFor: GasFor,
    options: SendOptions
  ): Promise<Flight> => {
    let least = 0n
    for (let attempt = 1; ; attempt++) {
      const [gasLimit, nonce, market] = await inOrder(
        gasFor(options),
        freshNonce(options),
        readMarket(request, options)
      )
      const priorityFee = market.priorityFee > least ? market.priorityFee : least
      const offer = offerOf({ ...market, priorityFee }, maxFeePerGas)
      const unsigned = { ...action, gasLimit, nonce, offer }
      const signed = await orAborted(options.signal, sign(unsigned))
      options.signal?.throwIfAborted()
      const wait = queue.areWanted() ? 0 : Math.min(WAIT_AT_ONCE, patience)
      const reply = await submit(signed, { ...options, wait })
      if (isUnderWay(reply)) {
        nextNonce = nonce + 1
        const own = { unsigned, newest: signed, isTaken: reply.status !== 'unclear', offer }
        return { sent: [signed.transaction], own, outcome: reply.status === 'mined' ? reply.outcome : undefined }
      }
      if (reply.status === 'refused') throw reply.cause
      if (attempt === ATTEMPTS && reply.status === 'contested') {
        throw unconfirmed({ account, nonce, transactions: [] }, { timeout: patience })
      }
      if (attempt === ATTEMPTS) throw reply.cause
      const isTooLow = reply.status === 'underpriced' || (reply.status === 'contested' && speedUp)
      if (isTooLow) least = 2n * priorityFee
      // Another process of this account was quicker. What it did cannot be done twice: trying out tells.
      else await sleep(Math.random() * LONGEST_STEP_ASIDE, options.signal)
      options.signal?.throwIfAborted()
    }
  }

  const launchByWallet = async (
    send: SendingHand['send'],
    action: Action,
    gasFor: GasFor,
    options: SendOptions
  ): Promise<Flight> => {
    const within = async (cap: bigint): Promise<Offer> => offerOf(await readMarket(request, options), cap)
    const [gasLimit, offer] = await inOrder(
      gasFor(options),
      maxFeePerGas === undefined ? Promise.resolve(undefined) : within(maxFeePerGas)
    )
    options.signal?.throwIfAborted()
    try {
      return { sent: [await orAborted(options.signal, send({ ...action, gasLimit, offer }))] }
    } catch (error) {
      // Whoever was asked may still say yes, or has said so.
      if (options.signal?.aborted || !isHeard(error))
        throw unconfirmed({ account, transactions: [] }, { ...options, timeout })
      throw error
    }
  }

  const launch = async (action: Action, gasFor: GasFor, options: SendOptions): Promise<Flight> => {
    options.signal?.throwIfAborted()
    const flight = await ('sign' in hand
      ? launchSigned(hand.sign, action, gasFor, options)
      : launchByWallet(hand.send, action, gasFor, options))
    inFlight += 1
    isSettled = true
    options.onProgress?.({ type: 'sent', transaction: flight.sent[0]! })
    return flight
  }

  return {
    async send(action, gasFor, options) {
      for (let launches = 1; ; launches++) {
        const flight = await queue
          .take(async () => await launch(action, gasFor, options), options)
          .catch((error) => {
            // Perhaps because of what another process of the account has sent since: that is worth another look.
            isSettled = speedUp
            throw error
          })
        try {
          const outcome = flight.outcome ?? (await watch(ports, flight, limits, options))
          if (outcome !== undefined) return outcome
        } finally {
          inFlight -= 1
        }
        // No block can hold it any more, so it may be sent anew.
        if (launches === LAUNCHES) throw rejected('Replaced', {}, { transaction: flight.sent.at(-1) })
      }
    },
    async settle(options) {
      if (isSettled && !(options.isReorged && !speedUp)) return
      const [before, sent] = await Promise.all([
        countOf(request, account, 'latest', options),
        countOf(request, account, 'pending', options)
      ])
      if (sent > before) options.onProgress?.({ type: 'queued', behind: sent - before })
      let used = before
      let due = Date.now() + patience
      const look = async (): Promise<boolean | undefined> => {
        const now = await countOf(request, account, 'latest', options).catch(() => used)
        if (now >= sent) return true
        if (now > used) due = Date.now() + patience
        used = Math.max(now, used)
        return Date.now() < due ? undefined : false
      }
      isSettled = sent <= before || (await poll(look, { ...options, timeout })) === true
      options.signal?.throwIfAborted()
      if (!isSettled) throw unconfirmed({ account, nonce: used, transactions: [] }, { timeout: patience })
    }
  }
}

/** Waits for all of them, and fails as the first that fails does: so that one fault is always told the same way. */
export async function inOrder<Values extends readonly unknown[]>(
  ...work: { readonly [At in keyof Values]: Promise<Values[At]> }
): Promise<Values> {
  const settled = await Promise.allSettled(work)
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as unknown as Values
}
