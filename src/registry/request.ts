import type { Abortable } from '../options.ts'

/** A node's `request` as EIP-1193 has it: a wallet's, a provider's, or that of `httpRequest(url)`. */
export type Request = ((
  call: { readonly method: string; readonly params: readonly unknown[] },
  options?: Abortable
) => Promise<unknown>) & {
  /** Whom an answer trusts, where the one who made it knows: `rpc:<host>`. */
  readonly trust?: string | undefined
  /** Whether it reaches the same node for ever, and so one chain; a wallet may turn to another. @default false */
  readonly isSteady?: boolean | undefined
}
