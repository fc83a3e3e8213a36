import { orAborted } from '../block/abort.ts'
import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import { mostOf, type Offer, offerOf, raised, readMarket } from './fees.ts'
import { isQuantity } from './quantity.ts'
import type { SendOptions } from './registry.ts'
import { rejected } from './rejection.ts'
import type { Request } from './rpc.ts'
import { isHeard, type Reply, type Signed, submitter } from './submit.ts'
import { type Outcome, outcomeOf, poll, sleep, TIMEOUT, unconfirmed } from './transaction.ts'
import { turns } from './turns.ts'

/** What a transaction does. */
export interface Action {
  readonly to: Address
  readonly data: string
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
  /** Waits for what the account sent before this sender was made. @throws TRANSACTION_PENDING when that is stuck */
  readonly settle: (options: SendOptions) => Promise<void>
}

/** The gas a transaction may use, as a node finds out by trying it. */
export type GasFor = (options: Abortable) => Promise<bigint>

/** A transaction that is under way, and those that took its place: all under one nonce, so at most one is mined. */
interface Flight {
  /** The newest last. */
  readonly sent: Bytes32[]
  /** Where the key is here, what can be sent again. */
  readonly own?: Own | undefined
  readonly outcome?: Outcome | undefined
}

interface Own {
  readonly unsigned: Unsigned
  newest: Signed
  /** Whether a node is known to have the newest. */
  isTaken: boolean
  /** What was last offered, whether or not a node took it. */
  offer: Offer
}

/** How long a transaction that is not mined is left alone: five blocks of Ethereum. */
const PATIENCE = 60_000
/** How long to leave a request open for a receipt: what EIP-7966 recommends to nodes. */
const WAIT_AT_ONCE = 2_000
/** How often another process of the account may be quicker, or an offer too low, before a send gives up. */
const ATTEMPTS = 40
/** Milliseconds at most to leave to another process, at random so that two do not meet for ever. */
const LONGEST_STEP_ASIDE = 40
/** Milliseconds after which a transaction that is not mined may have lost its nonce to another. */
const UNUSUAL = 1_000
/** How often a receipt must be missing after its nonce is used. A node behind a balancer may lag. */
const LOOKS = 3
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
  let inFlight = 0
  let nextNonce = 0
  let isSettled = speedUp

  const count = async (tag: 'latest' | 'pending', options: Abortable): Promise<number> => {
    const answer = await request({ method: 'eth_getTransactionCount', params: [account, tag] }, options)
    if (!isQuantity(answer)) throw new Error('the node does not tell how many transactions the account has sent')
    return Number(answer)
  }

  /** A node behind a balancer may not have heard yet of what is under way from here. */
  const freshNonce = async (options: Abortable): Promise<number> => {
    const told = await count(speedUp ? 'latest' : 'pending', options)
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

  /** Offers more under the same nonce; where the cap does not allow that, the node is reminded of what it may have lost. */
  const hurry = async (own: Own, sent: Bytes32[], sign: SigningHand['sign'], options: SendOptions): Promise<void> => {
    const { unsigned, newest } = own
    const [used, market] = await Promise.all([count('latest', options), readMarket(request, options)])
    const behind = unsigned.nonce - used
    if (behind > 0) options.onProgress?.({ type: 'queued', behind })
    const offer = behind === 0 ? raised(own.offer, market, maxFeePerGas) : undefined
    if (offer === undefined) {
      await submit(newest, options)
      return
    }
    own.offer = offer
    const signed = await orAborted(options.signal, sign({ ...unsigned, offer }))
    const reply = await submit(signed, options)
    if (!isUnderWay(reply)) return
    own.newest = signed
    own.isTaken = reply.status !== 'unclear'
    sent.push(signed.transaction)
    const { transaction } = signed
    options.onProgress?.({ type: 'replaced', replaced: newest.transaction, transaction, maxFeePerGas: mostOf(offer) })
  }

  /** Waits until any of a flight is mined; `undefined` where another transaction has the nonce for good. */
  const watch = async ({ sent, own }: Flight, options: SendOptions): Promise<Outcome | undefined> => {
    const began = Date.now()
    let due = began + patience
    let missing = 0
    const look = async (): Promise<Outcome | 'lost' | undefined> => {
      const isUnusual = own !== undefined && Date.now() - began >= UNUSUAL
      const used = isUnusual ? await count('latest', options).catch(() => 0) : 0
      for (const transaction of sent.toReversed()) {
        const outcome = await outcomeOf(request, transaction, options)
        if (outcome !== undefined) return outcome
      }
      if (own === undefined || !('sign' in hand)) return undefined
      missing = used > own.unsigned.nonce ? missing + 1 : 0
      if (missing === LOOKS) return 'lost'
      if (!own.isTaken) own.isTaken = (await submit(own.newest, options)).status === 'taken'
      if (Date.now() < due) return undefined
      // It goes on being watched, whatever comes of this.
      await hurry(own, sent, hand.sign, options).catch(() => undefined)
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

  return {
    async send(action, gasFor, options) {
      for (let launches = 1; ; launches++) {
        const flight = await queue.take(async () => await launch(action, gasFor, options), options)
        try {
          const outcome = flight.outcome ?? (await watch(flight, options))
          if (outcome !== undefined) return outcome
        } finally {
          inFlight -= 1
        }
        // No block can hold it any more, so it may be sent anew.
        if (launches === LAUNCHES) throw rejected('Replaced', {}, { transaction: flight.sent.at(-1) })
      }
    },
    async settle(options) {
      if (isSettled) return
      const [before, sent] = await Promise.all([count('latest', options), count('pending', options)])
      if (sent > before) options.onProgress?.({ type: 'queued', behind: sent - before })
      let used = before
      let due = Date.now() + patience
      const look = async (): Promise<boolean | undefined> => {
        const now = await count('latest', options).catch(() => used)
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

const isUnderWay = (reply: Reply): reply is Extract<Reply, { status: 'mined' | 'taken' | 'unclear' }> =>
  reply.status === 'mined' || reply.status === 'taken' || reply.status === 'unclear'

/** Waits for all of them, and fails as the first that fails does: so that one fault is always told the same way. */
export async function inOrder<Values extends readonly unknown[]>(
  ...work: { readonly [At in keyof Values]: Promise<Values[At]> }
): Promise<Values> {
  const settled = await Promise.allSettled(work)
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as unknown as Values
}
