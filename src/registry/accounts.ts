import type { Chain } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, TrustMode } from './registry.ts'

/** The accounts of a chain, which can be asked what their code says. */
export interface Accounts {
  readonly chain: Chain
  /** Whom an answer trusts, as a verdict prints it: `rpc:<host>`. */
  readonly trust: string
  /** @default 'rpc' */
  readonly mode?: TrustMode | undefined
  /** How many readers of the chain have to agree on an answer. @default 1 */
  readonly readers?: number | undefined
  /**
   * Runs code on the state of a block, which MUST be read by its hash, and answers with what it returns as hex. Nothing
   * that it does stays. @throws REGISTRY_UNAVAILABLE
   */
  readonly run: (code: string, at: ChainBlock, options?: Abortable) => Promise<string>
}
