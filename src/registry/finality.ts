import type { Abortable } from '../options.ts'
import { type BlockTag, FINALITY, type Finality } from './registry.ts'

/**
 * How sure the canonical block of a height is: by the newest block under each tag. Some chains do not know these tags, and
 * their blocks are unsafe.
 */
export async function finalityAt(
  height: bigint,
  newestUnder: (tag: BlockTag) => Promise<{ readonly number: bigint }>,
  { signal }: Abortable
): Promise<Finality> {
  const tags = ['finalized', 'safe'] as const
  const settled = await Promise.all(tags.map((tag) => newestUnder(tag).catch(() => undefined)))
  signal?.throwIfAborted()
  const reached = tags.find((_, i) => height <= (settled[i]?.number ?? -1n))
  return reached === undefined ? 'unsafe' : FINALITY[reached]
}
