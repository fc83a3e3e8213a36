import { parseCid, type TrendCid } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { type Gap, insist, isGap, type Library, MAX_HOPS, type Named, previousOf } from '../verdict/library.ts'

/** Where a way back ends: at version 1 · where bytes are missing, or it is too long · where a link does not hold. */
export type End =
  | { readonly at: 'first' }
  | {
      readonly at: 'gap' | 'break'
      /** The last version that was read, and what it names as the one before. */
      readonly version: number
      readonly previous: TrendCid
      readonly why: string
      readonly error: ArchiveError
    }

export interface Descent {
  /** Newest first; each follows from the next one. */
  readonly versions: readonly Named[]
  readonly end: End
}

/** Follows `previous` from a document down to the first version, as far as it can be read. */
export async function descend(
  library: Library,
  from: Named,
  { signal, onProgress }: Abortable & Progress<Advance>
): Promise<Descent> {
  const versions: Named[] = [from]
  const total = Math.min(from.document.version, MAX_HOPS)
  for (let here = from; ; ) {
    signal?.throwIfAborted()
    onProgress?.({ type: 'advanced', unit: 'documents', done: versions.length, total })
    const below = versions.length > MAX_HOPS ? TOO_LONG : await previousOf(library, here)
    if (below === undefined) return { versions, end: { at: 'first' } }
    if (isGap(below)) return { versions, end: endAt(here, below) }
    versions.push(below)
    here = below
  }
}

const TOO_LONG: Gap = { gap: `more than ${MAX_HOPS} versions` }

function endAt({ cid, document }: Named, gap: Gap): End {
  const error = errorOf(gap, cid)
  // Bytes that are there and are no document are as final as a link that breaks a rule.
  const isBreak = gap.broken === true || (gap.cause !== undefined && gap.cause.code !== 'BLOCK_UNAVAILABLE')
  const { version, previous = '' } = document
  return { at: isBreak ? 'break' : 'gap', version, previous: parseCid(previous), why: gap.gap, error }
}

function errorOf(gap: Gap, cid: TrendCid): ArchiveError {
  try {
    insist(gap, cid)
  } catch (error) {
    if (error instanceof ArchiveError) return error
    throw error
  }
  throw new TypeError('a gap is no document')
}
