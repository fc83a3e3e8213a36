import { deferred } from './deferred.ts'
import type { RpcStateOptions } from './rpc-state.ts'
import type { StateReader } from './state.ts'

/** As `rpcState` of `./rpc-state.ts`, whose code is loaded with the first question. */
export function rpcState(options: RpcStateOptions): StateReader {
  const { request, trust = request.trust ?? 'rpc' } = options
  const state = deferred(async () => (await import('./rpc-state.ts')).rpcState(options))
  return {
    trust,
    header: async (...asked) => (await state()).header(...asked),
    nodes: async (...asked) => (await state()).nodes(...asked)
  }
}
