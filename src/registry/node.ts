import { type Chain, chainIdOf } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { once } from './once.ts'
import { isQuantity } from './quantity.ts'
import type { Request } from './request.ts'
import { wordsIn } from './words-in.ts'

/** A node that is asked about one chain, and whose failures are told under one name. */
export interface ChainNode {
  /** Why it cannot be relied on. */
  readonly unavailable: (reason: UnavailableReason, message: string, cause?: unknown, hint?: string) => ArchiveError
  /** @throws REGISTRY_UNAVAILABLE */
  readonly ask: (method: string, params: readonly unknown[], options: Abortable) => Promise<unknown>
  /** That it serves the chain, asked each time. @throws REGISTRY_UNAVAILABLE */
  readonly checkChain: (options: Abortable) => Promise<void>
  /** The same, until it once was so. @throws REGISTRY_UNAVAILABLE */
  readonly checkChainOnce: (options: Abortable) => Promise<void>
  /** Takes the chain's id from an answer that tells it by the way. @throws REGISTRY_UNAVAILABLE */
  readonly acceptChain: (id: bigint) => void
}

export function nodeOf({
  chain,
  registry,
  request,
  trust
}: {
  readonly chain: Chain
  /** Which registry its errors are about. */
  readonly registry: string
  readonly request: Request
  readonly trust: string
}): ChainNode {
  const unavailable: ChainNode['unavailable'] = (reason, message, cause, hint) =>
    new ArchiveError('REGISTRY_UNAVAILABLE', `${trust}: ${message}`, { registry, reason }, { cause, hint })

  const ask: ChainNode['ask'] = async (method, params, { signal }) => {
    signal?.throwIfAborted()
    try {
      return await request({ method, params }, { signal })
    } catch (cause) {
      signal?.throwIfAborted()
      throw unavailable('no answer', `no answer to ${method}${wordsIn(cause)}`, cause)
    }
  }

  let wasRight = false

  const acceptChain = (id: bigint): void => {
    if (id !== chainIdOf(chain)) throw unavailable('wrong chain', `serves eip155:${id}, not ${chain}`)
    wasRight = true
  }

  const checkChain = async (options: Abortable): Promise<void> => {
    const answer = await ask('eth_chainId', [], options)
    if (!isQuantity(answer)) throw unavailable('malformed answer', 'the chain id is not a quantity')
    acceptChain(BigInt(answer))
  }

  const check = once(checkChain)

  return {
    unavailable,
    ask,
    acceptChain,
    checkChain,
    async checkChainOnce(options) {
      if (!wasRight) await check(options)
    }
  }
}
