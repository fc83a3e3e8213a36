import { eitherOf } from '../block/abort.ts'
import type { Abortable } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import type { BlockTag, ChainBlock, Finality, Registry } from '../registry/registry.ts'
import { checkedRegistry } from './checked-registry.ts'
import type { Policy } from './policy.ts'

/** The blocks that a verdict is read at: the one that it rests on, and the newest. */
export interface Opening {
  readonly block: ChainBlock
  readonly newest: ChainBlock
}

const TAGS: Readonly<Record<Finality, BlockTag>> = { final: 'finalized', safe: 'safe', unsafe: 'latest' }

/** Reads them, in one request where both are the newest by definition. @throws REGISTRY_UNAVAILABLE */
export async function openAt(registry: Registry, { policy, signal }: Options): Promise<Opening> {
  const { finality } = policy ?? {}
  const tag = finality === undefined ? tagOf(registry.chain) : TAGS[finality]
  const reading = registry.block('latest', { signal })
  const [block, newest] = await Promise.all([tag === 'latest' ? reading : registry.block(tag, { signal }), reading])
  return { block, newest }
}

interface Options extends Abortable {
  readonly policy?: Policy | undefined
}

/** Opens a registry once it is known which, and stops what was begun in vain. */
export interface Opener {
  readonly open: (registry: Registry) => Promise<Opening>
  readonly stop: () => void
}

/**
 * Where one registry only is pinned it is most likely the document's, so its blocks are asked for while the bytes come:
 * a moment older than the bytes, they are as good.
 */
export function openEarly(registries: readonly Registry[], options: Options): Opener {
  const stop = new AbortController()
  const begin = async (registry: Registry): Promise<Opening> =>
    await openAt(checkedRegistry(registry), { ...options, signal: eitherOf(options.signal, stop.signal) })
  const [only, ...others] = registries
  const early = only === undefined || others.length > 0 ? undefined : begin(only)
  // Whether it went well is asked later, if ever.
  early?.catch(() => {})
  return {
    open: async (registry) => await (early ?? openAt(registry, options)),
    stop: () => stop.abort()
  }
}
