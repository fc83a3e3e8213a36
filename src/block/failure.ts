import { ArchiveError, isArchiveError, type SourceFailure } from '../errors.ts'
import type { TrendCid } from './cid.ts'

interface Named {
  readonly name: string
}

/** How a source says that it does not have a block. */
export function lacking(source: string, options?: ErrorOptions): ArchiveError<'NOT_DELIVERED'> {
  const details = { source, reason: 'does not have it' } as const
  return new ArchiveError('NOT_DELIVERED', `${source} does not have the block`, details, options)
}

/** What is said of a source whose bytes are not those that the CID names. */
export function mismatch({ name }: Named, cid: TrendCid): ArchiveError<'BLOCK_MISMATCH'> {
  const details = { cid: String(cid), source: name }
  return new ArchiveError('BLOCK_MISMATCH', `${name} sent other bytes for ${cid}`, details)
}

/** What went wrong with a source, of whatever it threw. */
export function failureOf({ name }: Named, error: unknown): SourceFailure {
  if (isArchiveError(error, 'BLOCK_MISMATCH')) return { source: name, reason: 'wrong bytes' }
  if (isArchiveError(error, 'NOT_DELIVERED')) return { ...error.details, source: name }
  if (isArchiveError(error, 'SOURCE_UNREACHABLE')) return { reason: 'unreachable', ...error.details, source: name }
  return { source: name, reason: 'failed' }
}

/** One error of all that the sources threw. A source that threw nothing was not waited for any longer. */
export function unavailable(
  cid: TrendCid,
  sources: readonly Named[],
  thrown: ReadonlyMap<Named, unknown>,
  deadline: number
): ArchiveError<'BLOCK_UNAVAILABLE'> {
  const errors = sources.map((source) => (thrown.has(source) ? thrown.get(source) : tooLate(source, deadline)))
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)))
  const details = {
    cid: String(cid),
    sources: sources.map(({ name }) => name),
    reasons,
    failures: sources.map((source, index) => failureOf(source, errors[index])),
    transient: errors.some((error) => isArchiveError(error, 'SOURCE_UNREACHABLE'))
  }
  const why = sources.length === 0 ? 'no source to ask' : reasons.join('; ')
  const cause = new AggregateError(errors)
  return new ArchiveError('BLOCK_UNAVAILABLE', `no source delivered ${cid}: ${why}`, details, { cause })
}

function tooLate({ name }: Named, deadline: number): ArchiveError<'SOURCE_UNREACHABLE'> {
  const details = { source: name, reason: 'timed out' } as const
  return new ArchiveError('SOURCE_UNREACHABLE', `${name}: no answer within ${deadline} ms in all`, details)
}
