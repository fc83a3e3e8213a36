import { nextTask } from '../block/abort.ts'
import type { Pinned } from '../block/pinned.ts'
import type { BlockSource } from '../block/source.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { isGap, libraryOf, type Named } from '../verdict/library.ts'

/** How many are read before anything else has its turn. */
const AT_ONCE = 100

/**
 * The documents that are pinned here, by publisher, slug and version. Pinned blocks that are no documents are left out.
 */
export async function list(
  { pinned, sources }: { readonly pinned: Pinned; readonly sources: readonly BlockSource[] },
  options: Abortable & Progress<Advance> = {}
): Promise<readonly Named[]> {
  const library = libraryOf(sources, options)
  const found: Named[] = []
  let done = 0
  for await (const cid of pinned.pinned(options)) {
    // A store that is at hand never lets an interrupt be heard.
    if (done % AT_ONCE === AT_ONCE - 1) await nextTask()
    options.signal?.throwIfAborted()
    const named = await library(cid)
    options.onProgress?.({ type: 'advanced', unit: 'documents', done: ++done })
    if (!isGap(named)) found.push(named)
  }
  return found.toSorted(byLineage)
}

function byLineage({ document: a }: Named, { document: b }: Named): number {
  const [left, right] = [`${a.publisher} ${a.slug}`, `${b.publisher} ${b.slug}`]
  return left === right ? a.version - b.version : left < right ? -1 : 1
}
