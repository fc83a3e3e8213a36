import type { Accounts } from './accounts.ts'
import { deferred } from './deferred.ts'
import type { RpcAccountsOptions } from './rpc-accounts.ts'

/** As `rpcAccounts` of `./rpc-accounts.ts`, whose code is loaded with the first question. */
export function rpcAccounts(options: RpcAccountsOptions): Accounts {
  const { chain, request, trust = request.trust ?? 'rpc', mode } = options
  const accounts = deferred(async () => (await import('./rpc-accounts.ts')).rpcAccounts(options))
  return { chain, trust, mode, run: async (...asked) => (await accounts()).run(...asked) }
}
