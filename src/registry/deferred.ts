import type { Registry } from './registry.ts'
import type { RpcRegistryOptions } from './rpc.ts'
import type { RpcStateOptions } from './rpc-state.ts'
import type { StateReader } from './state.ts'

/** As `rpcRegistry` of `./rpc.ts`, whose code is loaded with the first question. */
export function rpcRegistry(options: RpcRegistryOptions): Registry {
  const { chain, address, request, trust = request.trust ?? 'rpc' } = options
  const registry = deferred(async () => (await import('./rpc.ts')).rpcRegistry(options))
  return {
    chain,
    address,
    trust,
    block: async (...asked) => (await registry()).block(...asked),
    isCanonical: async (...asked) => await (await registry()).isCanonical!(...asked),
    record: async (...asked) => (await registry()).record(...asked),
    keyed: async (...asked) => (await registry()).keyed(...asked),
    head: async (...asked) => (await registry()).head(...asked),
    notice: async (...asked) => (await registry()).notice(...asked),
    survey: async (...asked) => (await registry()).survey(...asked),
    editorUntil: async (...asked) => (await registry()).editorUntil(...asked)
  }
}

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

/** What is made at the first call and given to all; what did not load is loaded again for the next. */
function deferred<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loading: Promise<Value> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
