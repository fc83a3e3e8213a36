import type { Bytes32 } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { Receipt } from './registry.ts'
import type { Request } from './rpc.ts'

export interface WaitOptions extends Abortable {
  /** Milliseconds until a transaction that is not mined counts as lost. @default 180_000 */
  readonly timeout?: number | undefined
}

/** A receipt, and whether the transaction took effect. */
export interface Outcome extends Receipt {
  readonly succeeded: boolean
}

const FIRST_PAUSE = 10
const LONGEST_PAUSE = 1_000
const REVERT_DATA = /^0x(?:[0-9a-f]{2}){4,}$/i

/**
 * Waits until a transaction is mined. A node may answer a send before it mines, so the first questions come quickly.
 * @throws REGISTRY_UNAVAILABLE when it is not mined in time; it may still be later
 */
export async function mined(
  request: Request,
  transaction: Bytes32,
  { signal, timeout = 180_000 }: WaitOptions = {}
): Promise<Outcome> {
  const deadline = Date.now() + timeout
  for (let pause = FIRST_PAUSE; Date.now() < deadline; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    // A node that fails for a moment is no reason to give up a transaction that was sent.
    const answer = await request({ method: 'eth_getTransactionReceipt', params: [transaction] }, { signal }).catch(
      () => null
    )
    signal?.throwIfAborted()
    if (answer !== null) return toOutcome(transaction, answer)
    await sleep(pause, signal)
  }
  const message = `${transaction} was not mined within ${timeout} ms; it may still be`
  const hint = 'look the transaction up before sending it again'
  throw new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: transaction, reason: 'no answer' }, { hint })
}

/**
 * An error as it may be shown: its own words and code, without the request, the transaction or the URL that libraries
 * attach to theirs.
 */
export function withoutPayload(error: unknown): Error {
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
  const spoken = words.replaceAll(/\b(?:https?|wss?):\/\/\S+/g, '(a URL)')
  return Object.assign(new Error(spoken), { code, data: revertDataOf(error) })
}

/** What the contract answered when it refused, wherever a node or a library put it. */
export function revertDataOf(error: unknown, depth = 0): string | undefined {
  const { data, error: inner, info, cause } = fieldsOf(error)
  if (typeof data === 'string' && REVERT_DATA.test(data)) return data
  if (depth > 4) return undefined
  return [data, inner, info, cause].map((part) => revertDataOf(part, depth + 1)).find((found) => found !== undefined)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function toOutcome(transaction: Bytes32, answer: unknown): Outcome {
  const { blockNumber, blockHash, gasUsed, status } = fieldsOf(answer)
  return {
    transaction,
    block: { number: BigInt(String(blockNumber)), hash: String(blockHash).toLowerCase() as Bytes32 },
    gasUsed: BigInt(String(gasUsed)),
    succeeded: status === '0x1'
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
