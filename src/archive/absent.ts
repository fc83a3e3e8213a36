import { fromBytes32, type TrendCid } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import type { Store } from '../block/store.ts'
import { type Publisher, parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import type { Registry } from '../registry/registry.ts'

/** Whose refs an audit follows, and where. */
export interface ChainPorts {
  readonly registry: Pick<Registry, 'block' | 'head'>
  readonly publisher: Publisher
}

/** What the chain says of a publisher's lineages that are known here. */
export interface OnChain {
  /** How many slugs of the publisher's are known here. */
  readonly slugs: number
  /** What a slug names and is not here: it was published from elsewhere. */
  readonly absent: readonly Absent[]
  /** Why the chain could not be read. */
  readonly fault?: string | undefined
}

export interface Absent {
  readonly slug: string
  readonly cid: TrendCid
}

/** Slugs asked for at a time. */
const LANES = 16

/** Which documents a publisher's slugs name that are not here. A slug of which nothing is here is not known. */
export async function findAbsent(
  { registry, publisher }: ChainPorts,
  store: Pick<Store, 'get'>,
  slugs: readonly string[],
  { signal }: Abortable
): Promise<OnChain> {
  const absent: Absent[] = []
  try {
    const { address } = parsePublisher(publisher)
    const at = await registry.block('latest', { signal })
    await inParallel(slugs, LANES, async (slug) => {
      const digest = await registry.head(address, refOf(slug), at, { signal })
      const cid = digest && fromBytes32(digest)
      if (cid !== undefined && store.get(cid.multihash.digest) === undefined) absent.push({ slug, cid })
    })
    return { slugs: slugs.length, absent: absent.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)) }
  } catch (error) {
    signal?.throwIfAborted()
    if (!isArchiveError(error)) throw error
    return { slugs: slugs.length, absent, fault: error.message }
  }
}
