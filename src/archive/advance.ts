import type { Advance } from '../options.ts'

/** How far one part of a publication is; of a single document there is nothing to tell. */
export interface PublishAdvance extends Advance {
  readonly unit: 'documents'
  readonly total: number
  readonly work: 'planning' | 'pinning' | 'checking' | 'signing' | 'recording'
  /** Where it is pinned; each sink has a pace of its own. */
  readonly sink?: string | undefined
}

/** Says that a work of several documents begins, and counts on with each call of what it returns. */
export function counter(
  tell: ((event: PublishAdvance) => void) | undefined,
  work: PublishAdvance['work'],
  total: number,
  sink?: string
): (more?: number) => void {
  let done = 0
  const count = (more = 1): void => {
    done += more
    if (total > 1) tell?.({ type: 'advanced', unit: 'documents', work, sink, done, total })
  }
  count(0)
  return count
}
