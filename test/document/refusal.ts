import { type ArchiveError, isArchiveError } from '../../src/errors.ts'

/** The refusal that `act` ends in. */
export function refusalOf(act: () => unknown): ArchiveError<'INVALID_DOCUMENT'> {
  try {
    act()
  } catch (error) {
    if (isArchiveError(error, 'INVALID_DOCUMENT')) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** The path of the refusal that `act` ends in. */
export const refusedPath = (act: () => unknown): string => refusalOf(act).details.path
