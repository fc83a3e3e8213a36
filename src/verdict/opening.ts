import { eitherOf } from '../block/abort.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import type { BlockTag, ChainBlock, Finality, Registry } from '../registry/registry.ts'
import { checkedRegistry } from './checked-registry.ts'
import type { Policy } from './policy.ts'

/** The blocks that a verdict is read at: the one that it rests on, and the newest. */
export interface Opening {
  readonly block: ChainBlock
  readonly newest: ChainBlock
  /** The tag that was asked for, where the node has no block under it: the newest stands in for it. */
  readonly untagged?: BlockTag | undefined
}

const TAGS: Readonly<Record<Finality, BlockTag>> = { final: 'finalized', safe: 'safe', unsafe: 'latest' }

/** Reads them, in one request where both are the newest by definition. @throws REGISTRY_UNAVAILABLE */
export async function openAt(registry: Registry, { policy, signal }: Options): Promise<Opening> {
  const { finality } = policy ?? {}
  const tag = finality === undefined ? tagOf(registry.chain) : TAGS[finality]
  const reading = registry.block('latest', { signal })
  const tagged = tag === 'latest' ? reading : registry.block(tag, { signal }).catch(orUntagged({ signal }))
  const [block, newest] = await Promise.all([tagged, reading])
  return block === undefined ? { block: newest, newest, untagged: tag } : { block, newest }
}

/** Nothing, where a node does not know a tag, or has no block under it yet: it knows its newest block, or nothing at all. */
const orUntagged =
  ({ signal }: Abortable) =>
  (error: unknown): undefined => {
    signal?.throwIfAborted()
    if (!isArchiveError(error, 'REGISTRY_UNAVAILABLE')) throw error
    const { reason } = error.details
    if (reason !== 'no answer' && reason !== 'unknown block') throw error
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
