interface Askable {
  readonly local?: boolean | undefined
}

/** Milliseconds for which a source that failed is asked last: one wait in so many is not felt. */
export const PAUSE = 30_000

/**
 * The order in which sources are asked: the caller's, but local ones first, and those that failed lately last. When its
 * pause is over, a source is tried in its own place again.
 */
export function preferred<Source extends Askable>(
  sources: readonly Source[],
  failedAt: (source: Source) => number | undefined,
  now: number
): readonly Source[] {
  const rank = (source: Source): number => (source.local ? 0 : now < (failedAt(source) ?? -PAUSE) + PAUSE ? 2 : 1)
  return sources.toSorted((a, b) => rank(a) - rank(b))
}
