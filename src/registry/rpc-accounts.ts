import type { Chain } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Accounts } from './accounts.ts'
import type { TrustMode } from './registry.ts'
import type { Request } from './request.ts'
import { wordsIn } from './words-in.ts'

export interface RpcAccountsOptions {
  readonly chain: Chain
  readonly request: Request
  /** @default what `request` says of itself, else `rpc` */
  readonly trust?: string | undefined
  /** How `request` comes by its answers. @default 'rpc' */
  readonly mode?: TrustMode | undefined
}

/**
 * Who asks, which nobody is: the letters "trend-archive verify". Without it the question would come from the zero
 * address, and there are wallets which take that for a simulation and say yes to everything.
 */
const ASKING = '0x7472656e642d6172636869766520766572696679'

/** Asks a node, by calls without a recipient: code that is run as if it made a contract. */
export function rpcAccounts({ chain, request, trust = request.trust ?? 'rpc', mode }: RpcAccountsOptions): Accounts {
  const unavailable = (reason: UnavailableReason, why: string, cause?: unknown): ArchiveError =>
    new ArchiveError('REGISTRY_UNAVAILABLE', `${trust}: ${why}`, { registry: chain, reason }, { cause })
  return {
    chain,
    trust,
    mode,
    async run(data, { hash }, options = {}) {
      const at = { blockHash: hash, requireCanonical: true }
      let answer: unknown
      try {
        answer = await request({ method: 'eth_call', params: [{ from: ASKING, data }, at] }, options)
      } catch (cause) {
        options.signal?.throwIfAborted()
        throw unavailable('no answer', `does not say what an account's code says${wordsIn(cause)}`, cause)
      }
      if (typeof answer === 'string') return answer
      throw unavailable('malformed answer', "what it says of an account's code is no hex")
    }
  }
}
