import { type ErrorCode, isArchiveError } from '../errors.ts'
import type { Verdict } from '../verdict/judge.ts'
import { UsageError } from './usage.ts'

/** What the process answers to its caller. Scripts and CI jobs rely on these numbers. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

export const OK: ExitCode = 0
export const FAILURE: ExitCode = 1
const USAGE: ExitCode = 2
const REFUTED: ExitCode = 3
const NO_KEY: ExitCode = 4
const MISSING: ExitCode = 5
const NETWORK: ExitCode = 6
const INCONCLUSIVE: ExitCode = 7
const INTERRUPTED: ExitCode = 130

const OF_ERRORS: Readonly<Record<ErrorCode, ExitCode>> = {
  INVALID_DOCUMENT: FAILURE,
  NOT_CANONICAL: FAILURE,
  INVALID_ENVELOPE: FAILURE,
  INVALID_STATEMENT: FAILURE,
  UNSUPPORTED_CID: FAILURE,
  INVALID_CAR: FAILURE,
  BLOCK_MISMATCH: MISSING,
  SOURCE_UNREACHABLE: NETWORK,
  NOT_DELIVERED: MISSING,
  BLOCK_UNAVAILABLE: MISSING,
  PIN_FAILED: FAILURE,
  REMOTE_FAILED: NETWORK,
  STORE_UNAVAILABLE: FAILURE,
  REGISTRY_UNAVAILABLE: NETWORK,
  REGISTRY_DISAGREES: NETWORK,
  INVALID_BUNDLE: FAILURE,
  REGISTRY_REJECTED: FAILURE,
  TRANSACTION_PENDING: NETWORK,
  NOT_SETTLED: NETWORK,
  FEE_TOO_HIGH: FAILURE,
  BROKEN_LINEAGE: FAILURE,
  NOT_FOUND: MISSING,
  INVALID_NAME: FAILURE,
  NO_ACCOUNT: NO_KEY,
  INVALID_OPTION: FAILURE,
  UNSUPPORTED_RUNTIME: FAILURE
}

const OF_VERDICTS: Readonly<Record<Verdict['status'], ExitCode>> = {
  verified: OK,
  refuted: REFUTED,
  inconclusive: INCONCLUSIVE
}

/** What cannot be looked up leaves a question open, so to `verify` it is no failure. */
const OPEN: readonly ErrorCode[] = [
  'REGISTRY_UNAVAILABLE',
  'REGISTRY_DISAGREES',
  'SOURCE_UNREACHABLE',
  'NOT_DELIVERED',
  'BLOCK_UNAVAILABLE',
  'BLOCK_MISMATCH'
]

export const exitOfVerdict = ({ status }: Pick<Verdict, 'status'>): ExitCode => OF_VERDICTS[status]

/** The exit code of whatever was thrown while `command` ran. */
export function exitOfError(error: unknown, command?: string): ExitCode {
  if (isAbort(error)) return INTERRUPTED
  if (isArchiveError(error, 'TRANSACTION_PENDING') && isAbort(error.cause)) return INTERRUPTED
  if (error instanceof UsageError) return USAGE
  if (!isArchiveError(error)) return FAILURE
  if (command === 'verify' && OPEN.includes(error.code)) return INCONCLUSIVE
  // While somebody did not answer, a block that nobody delivered may still be there.
  if (isArchiveError(error, 'BLOCK_UNAVAILABLE') && error.details.transient) return NETWORK
  return OF_ERRORS[error.code]
}

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'
