import type { Bytes32 } from '../block/cid.ts'
import type { Abortable } from '../options.ts'
import type { Request } from './request.ts'
import { canonical, type Outcome, toOutcome, withoutPayload } from './transaction.ts'

/** A transaction as it goes to a node. Its hash follows from its bytes, so no node has to be asked for it. */
export interface Signed {
  readonly bytes: string
  readonly transaction: Bytes32
}

/** What a node makes of a signed transaction. */
export type Reply =
  | { readonly status: 'mined'; readonly outcome: Outcome }
  /** It is in the node's pool, or was mined before. */
  | { readonly status: 'taken' }
  /** The node was not heard, so nobody can say whether it has the transaction. */
  | { readonly status: 'unclear' }
  /** Not taken: another has the nonce, on chain or in the pool; or it offers too little; or something else. */
  | { readonly status: 'nonce taken' | 'contested' | 'underpriced' | 'refused'; readonly cause: Error }

export interface SubmitOptions extends Abortable {
  /** Milliseconds to wait for the receipt in the same request, where the node can do that. @default 0 */
  readonly wait?: number | undefined
}

export type Submit = (signed: Signed, options?: SubmitOptions) => Promise<Reply>

/** How nodes word it; there is no code for it that all of them use. The first that fits decides. */
const WORDS: readonly (readonly [Exclude<Reply['status'], 'mined' | 'unclear' | 'refused'>, RegExp])[] = [
  ['taken', /already (?:known|imported|exists|in (?:the )?(?:mem|tx)?pool)|known transaction|alreadyknown/i],
  ['contested', /replacement|could not replace/i],
  ['nonce taken', /nonce (?:is )?too low|nonce has already been used|oldnonce/i],
  ['underpriced', /underpriced|fee ?too ?low|less than (?:the )?block base fee|below (?:the )?(?:configured )?minimum/i]
]

/** Codes of EIP-7966: the transaction is in the pool, and was not mined in time or cannot be mined yet. */
const NOT_YET: readonly unknown[] = [4, 5]
/** What ethers calls it when the node was not heard, or not understood. */
const NOT_HEARD: readonly unknown[] = ['TIMEOUT', 'SERVER_ERROR', 'NETWORK_ERROR', 'BAD_DATA']

/**
 * Hands signed transactions to a node: by `eth_sendRawTransactionSync` (EIP-7966) where the node has it, which answers
 * with the receipt, else by `eth_sendRawTransaction`. The same bytes may be handed over any number of times: a chain
 * takes them once.
 */
export function submitter(request: Request): Submit {
  let hasSync = true

  const atOnce = async ({ bytes, transaction }: Signed, wait: number, { signal }: Abortable): Promise<Reply> => {
    const patience = AbortSignal.timeout(wait)
    const either = signal === undefined ? patience : AbortSignal.any([signal, patience])
    try {
      // No node agrees with another on how the time is spelled that EIP-7966 lets one ask for.
      const receipt = await request({ method: 'eth_sendRawTransactionSync', params: [bytes] }, { signal: either })
      const outcome = await canonical(request, toOutcome(transaction, receipt), { signal })
      return outcome === undefined ? { status: 'taken' } : { status: 'mined', outcome }
    } catch (error) {
      if (either.aborted) return { status: 'unclear' }
      return NOT_YET.includes(withoutPayload(error).code) ? { status: 'taken' } : replyIn(error)
    }
  }

  return async (signed, { signal, wait = 0 } = {}) => {
    const first = wait > 0 && hasSync ? await atOnce(signed, wait, { signal }) : undefined
    if (first !== undefined && first.status !== 'unclear' && first.status !== 'refused') return first
    if (signal?.aborted) return { status: 'unclear' }
    try {
      await request({ method: 'eth_sendRawTransaction', params: [signed.bytes] }, { signal })
      // What the node had not heard of before, it had not taken.
      if (first !== undefined) hasSync = false
      return { status: 'taken' }
    } catch (error) {
      if (signal?.aborted) return { status: 'unclear' }
      const reply = replyIn(error)
      if (reply.status === 'taken' || reply.status === 'unclear') return reply
      // Whose transaction took the nonce is not known where nobody heard what became of ours.
      if (reply.status === 'nonce taken' && first?.status === 'unclear') return { status: 'unclear' }
      return (await isKnown(request, signed, { signal }, false)) ? { status: 'taken' } : reply
    }
  }
}

/** Whether a node has a transaction, in its pool or in a block. @param otherwise what counts where it does not say */
export const isKnown = async (
  request: Request,
  { transaction }: Signed,
  options: Abortable,
  otherwise = true
): Promise<boolean> =>
  await request({ method: 'eth_getTransactionByHash', params: [transaction] }, options).then(
    (found) => found !== null,
    () => otherwise
  )

function replyIn(error: unknown): Reply {
  const cause = withoutPayload(error)
  const [status] = WORDS.find(([, words]) => words.test(cause.message)) ?? []
  if (status === 'taken') return { status }
  if (status !== undefined) return { status, cause }
  return isHeard(cause) ? { status: 'refused', cause } : { status: 'unclear' }
}

/** Whether a transaction may be mined after that. */
export const isUnderWay = (reply: Reply): reply is Extract<Reply, { status: 'mined' | 'taken' | 'unclear' }> =>
  reply.status === 'mined' || reply.status === 'taken' || reply.status === 'unclear'

/** Whether an error is what a node or a wallet said, and not that nothing was heard of it. */
export const isHeard = (error: unknown): boolean => {
  const { code } = withoutPayload(error)
  return code !== undefined && !NOT_HEARD.includes(code)
}
