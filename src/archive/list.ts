import type { Pinned } from '../block/pinned.ts'
import type { BlockSource } from '../block/source.ts'
import type { Abortable } from '../options.ts'
import { isGap, libraryOf, type Named } from '../verdict/library.ts'

/**
 * The documents that are pinned here, by publisher, slug and version. Pinned blocks that are no documents are left out.
 */
export async function list(
  { pinned, sources }: { readonly pinned: Pinned; readonly sources: readonly BlockSource[] },
  options: Abortable = {}
): Promise<readonly Named[]> {
  const library = libraryOf(sources, options)
  const found: Named[] = []
  for await (const cid of pinned.pinned(options)) {
    const named = await library(cid)
    if (!isGap(named)) found.push(named)
  }
  return found.toSorted(byLineage)
}

function byLineage({ document: a }: Named, { document: b }: Named): number {
  const [left, right] = [`${a.publisher} ${a.slug}`, `${b.publisher} ${b.slug}`]
  return left === right ? a.version - b.version : left < right ? -1 : 1
}
