import { deferred } from './deferred.ts'
import type { Registry } from './registry.ts'
import type { RpcRegistryOptions } from './rpc.ts'

/** As `rpcRegistry` of `./rpc.ts`, whose code is loaded with the first question. */
export function rpcRegistry(options: RpcRegistryOptions): Registry {
  const { chain, address, request, trust = request.trust ?? 'rpc', mode } = options
  const registry = deferred(async () => (await import('./rpc.ts')).rpcRegistry(options))
  return {
    chain,
    address,
    trust,
    mode,
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
