import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { isAmount, isQuantity } from './quantity.ts'
import type { Receipt } from './registry.ts'
import type { Request } from './request.ts'

export interface WaitOptions extends Abortable {
  /** Milliseconds until a transaction that is not mined counts as lost. @default 180_000 */
  readonly timeout?: number | undefined
}

/** A receipt, and whether the transaction took effect. */
export interface Outcome extends Receipt {
  readonly succeeded: boolean
  /** Whose code left a log. */
  readonly speakers: readonly Address[]
}

/** How long a transaction that is not mined is waited for. */
export const TIMEOUT = 180_000

const FIRST_PAUSE = 10
const LONGEST_PAUSE = 1_000
/** A signed transaction is longer than this, and every error of the registry shorter. */
const LONGEST_REVERT_DATA = 2 + 2 * (4 + 4 * 32)
const REVERT_DATA = /^0x(?:[0-9a-f]{2}){4,}$/i
const HASH = /^0x[0-9a-f]{64}$/i
/** Longer than a hash: a signed transaction perhaps, or its data. */
const LONG_HEX = /(?:0x)?[0-9a-f]{65,}/gi

/**
 * Waits until a transaction is mined in a block that is canonical then.
 * @throws TRANSACTION_PENDING when it is not mined in time, or the wait is aborted; it may still be
 */
export async function mined(
  request: Request,
  transaction: Bytes32,
  { signal, timeout = TIMEOUT }: WaitOptions = {}
): Promise<Outcome> {
  const outcome = await poll(async () => await outcomeOf(request, transaction, { signal }), { signal, timeout })
  if (outcome !== undefined) return outcome
  throw unconfirmed({ transactions: [transaction] }, { timeout, signal })
}

/**
 * Asks again and again until there is an answer: quickly at first, as a chain may have one at once, and then once a
 * second. `undefined` when the time is up, or the signal aborts.
 */
export async function poll<Answer>(
  look: () => Promise<Answer | undefined>,
  { signal, timeout = TIMEOUT }: WaitOptions
): Promise<Answer | undefined> {
  const deadline = Date.now() + timeout
  for (let pause = FIRST_PAUSE; signal?.aborted !== true; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const answer = await look()
    if (answer !== undefined) return answer
    const left = deadline - Date.now()
    if (left <= 0) return undefined
    await sleep(Math.min(pause, left), signal)
  }
  return undefined
}

/** What came of a transaction; `undefined` where it is not mined, or the node fails for a moment. */
export async function outcomeOf(
  request: Request,
  transaction: Bytes32,
  options: Abortable
): Promise<Outcome | undefined> {
  const receipt = await request({ method: 'eth_getTransactionReceipt', params: [transaction] }, options).catch(
    () => null
  )
  return await canonical(request, toOutcome(transaction, receipt), options)
}

/** A receipt may be of a block that another has taken the place of since, or that is not sure yet to be made. */
export async function canonical(
  request: Request,
  outcome: Outcome | undefined,
  options: Abortable
): Promise<Outcome | undefined> {
  if (outcome === undefined) return undefined
  const { number, hash } = outcome.block
  const params = [`0x${number.toString(16)}`, false]
  const block = await request({ method: 'eth_getBlockByNumber', params }, options).catch(() => null)
  return String(fieldsOf(block).hash).toLowerCase() === hash ? outcome : undefined
}

/** A node's receipt of a transaction, if that is what it is. */
export function toOutcome(transaction: Bytes32, receipt: unknown): Outcome | undefined {
  const { transactionHash, blockNumber, blockHash, gasUsed, status, effectiveGasPrice, l1Fee, logs } = fieldsOf(receipt)
  if (!isHash(transactionHash) || transactionHash.toLowerCase() !== transaction) return undefined
  if (!isQuantity(blockNumber) || !isHash(blockHash) || !isQuantity(gasUsed)) return undefined
  const outcome = {
    transaction,
    block: { number: BigInt(blockNumber), hash: blockHash.toLowerCase() as Bytes32 },
    gasUsed: BigInt(gasUsed),
    succeeded: status === '0x1',
    speakers: (Array.isArray(logs) ? logs : []).map((log) => String(fieldsOf(log).address).toLowerCase() as Address)
  }
  if (!isAmount(effectiveGasPrice)) return outcome
  const gasPrice = BigInt(effectiveGasPrice)
  const execution = outcome.gasUsed * gasPrice
  if (!isAmount(l1Fee)) return { ...outcome, gasPrice, fee: execution }
  return { ...outcome, gasPrice, fee: execution + BigInt(l1Fee), l1Fee: BigInt(l1Fee) }
}

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value)

/** What was sent, or asked for, and is not known to be mined. */
export interface Unconfirmed {
  /** All that were sent under one nonce, the newest last; none where somebody else sent it. */
  readonly transactions: readonly Bytes32[]
  readonly account?: string | undefined
  readonly nonce?: number | undefined
}

/** The error for a transaction that may still be mined, whoever lost patience with it. */
export function unconfirmed(
  { transactions, account, nonce }: Unconfirmed,
  { timeout, signal }: WaitOptions
): ArchiveError<'TRANSACTION_PENDING'> {
  const earlier =
    nonce === undefined
      ? `what the wallet of ${account} was asked to send`
      : `an earlier transaction of ${account} with nonce ${nonce}`
  const what = transactions.at(-1) ?? earlier
  const details = { account, nonce, transactions }
  const hint = 'look it up before sending anything again'
  if (signal?.aborted) {
    const message = `the wait for ${what} was aborted; it may still be mined`
    return new ArchiveError('TRANSACTION_PENDING', message, details, { hint, cause: signal.reason })
  }
  const message = `${what} was not mined within ${timeout} ms; it may still be`
  return new ArchiveError('TRANSACTION_PENDING', message, details, { hint })
}

/** An error with what a node or a library said and nothing else. */
export interface Bare extends Error {
  readonly code: unknown
  /** What the contract answered, if it was the contract that refused. */
  readonly data: string | undefined
}

/**
 * An error as it may be shown: its own words and code, without the request, the transaction or the URL that libraries
 * attach to theirs.
 */
export function withoutPayload(error: unknown): Bare {
  const { shortMessage, message, code, error: inner, info } = fieldsOf(error)
  const spokenByNode = fieldsOf(inner).message === undefined ? fieldsOf(info).error : inner
  // ethers says no more than that it cannot make sense of what the node said, or that it looks like a revert without a
  // reason, which is any error of eth_estimateGas.
  const isGuess = code === 'UNKNOWN_ERROR' || (code === 'CALL_EXCEPTION' && revertDataOf(error) === undefined)
  if (isGuess && fieldsOf(spokenByNode).message !== undefined) return withoutPayload(spokenByNode)
  const said = [shortMessage, message].find((text) => typeof text === 'string' && text !== '')
  const words = String(said ?? 'no reason given').replace(
    / \((?:action|request|error|transaction|code|info|payload)=[\s\S]*/,
    ''
  )
  const spoken = words.replaceAll(/\b(?:https?|wss?):\/\/\S+/g, '(a URL)').replaceAll(LONG_HEX, '(hex)')
  return Object.assign(new Error(spoken), { code: isCode(code) ? code : undefined, data: revertDataOf(error) })
}

/** A number, or a word of a library's. A node may say anything. */
const isCode = (code: unknown): boolean =>
  typeof code === 'number' || (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code))

/** What the contract answered when it refused, wherever a node or a library put it. */
export function revertDataOf(error: unknown, depth = 0): string | undefined {
  const { data, error: inner, info, cause } = fieldsOf(error)
  if (typeof data === 'string' && data.length <= LONGEST_REVERT_DATA && REVERT_DATA.test(data)) return data
  if (depth > 4) return undefined
  return [data, inner, info, cause].map((part) => revertDataOf(part, depth + 1)).find((found) => found !== undefined)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Resolves after a while, or at once when the signal aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    const timer = setTimeout(stop, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
