import { type ArchiveError, isArchiveError, type UnavailableReason } from '../errors.ts'
import { countText } from './bar.ts'
import type { FileIssue } from './drafts.ts'
import { isAbort } from './exit.ts'
import type { Line } from './output.ts'
import type { Advanced } from './progress.ts'
import { LOCAL_START } from './settings.ts'
import { UsageError } from './usage.ts'

/** An error as `--json` tells it. */
export interface FailureJson {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly details?: unknown
}

const HINTS: Readonly<Record<UnavailableReason, string | undefined>> = {
  'no answer': `is the node running? ${LOCAL_START}; another one is named with --rpc-url`,
  'wrong chain': 'name the chain with --network, or another node with --rpc-url',
  'no code': 'put the registry there with: trend-archive deploy; with --dry-run it says what that takes',
  'other code':
    'this is not the registry, whose code is one everywhere: leave --registry out, or name another node or chain',
  'unknown block': 'try again, or name another node with --rpc-url',
  'malformed answer': 'name another node with --rpc-url',
  'bad proof': 'name another node with --rpc-url'
}

const hintFor = (error: ArchiveError): string | undefined => {
  if (isArchiveError(error, 'TRANSACTION_PENDING') && error.details.nonce !== undefined) return PENDING
  if (isArchiveError(error, 'BLOCK_UNAVAILABLE')) return error.hint ?? sourceHint(error)
  return error.hint ?? (isArchiveError(error, 'REGISTRY_UNAVAILABLE') ? HINTS[error.details.reason] : undefined)
}

const sourceHint = ({ details: { failures } }: ArchiveError<'BLOCK_UNAVAILABLE'>): string =>
  failures.some(({ reason }) => reason === 'refused address') ? PRIVATE : ELSEWHERE

/** What to do about a gateway that is not on the public internet. */
export const PRIVATE = 'let gateways be on a private network with --allow-private, if you mean it'
const ELSEWHERE = 'name a place that may have it with --gateway, e.g. --gateway https://trustless-gateway.link'
const PENDING = 'run the command again: it waits for what was sent before, or with --speed-up takes its place'

/** Longer words of others are cut. */
const LONGEST = 1_000

/** @param reached how far a long work was, for an interrupt to tell */
export function failureJson(error: unknown, reached?: Advanced): FailureJson {
  if (isAbort(error)) return interruption(reached)
  if (error instanceof UsageError) return { code: error.code, message: error.message, hint: error.hint ?? null }
  if (isArchiveError(error)) {
    const { code, message, details } = error
    return { code, message, hint: hintFor(error) ?? null, details }
  }
  // Not meant to happen. Its own words only: what libraries attach to an error may hold a transaction or a URL.
  const said = error instanceof Error ? error.message : String(error)
  const message = (said.split('\n')[0] ?? '').replaceAll(/\b(?:https?|wss?):\/\/\S+/g, '(a URL)').slice(0, LONGEST)
  return { code: 'UNEXPECTED', message, hint: 'this is a fault of the program: please report it' }
}

function interruption(reached: Advanced | undefined): FailureJson {
  if (reached === undefined) return { code: 'INTERRUPTED', message: 'interrupted', hint: null }
  const { job, ...far } = reached
  const message = `interrupted while ${job}, at ${countText(far)}`
  return { code: 'INTERRUPTED', message, hint: GO_ON, details: reached }
}

const GO_ON = 'what was done stays; run the same command again, and it goes on from there'

export function failureLines(error: unknown, reached?: Advanced): readonly Line[] {
  if (isArchiveError(error, 'INVALID_DOCUMENT')) {
    const { issues } = error.details
    const lines = issues.map((issue): Line => {
      const { file, path, rule, mend } = issue as FileIssue
      const where = file === undefined ? path : `${file}: ${path}`
      return [{ text: where, style: 'red' }, `: ${rule}${mend === undefined ? '' : ` — ${mend}`}`]
    })
    const { hint } = error
    // The issue's own hint is on its line.
    return hint === undefined || hint === issues[0]?.mend ? lines : [...lines, `hint: ${hint}`]
  }
  const { message, hint } = failureJson(error, reached)
  return [[{ text: 'error', style: 'red' }, `: ${message}`], ...(hint === null ? [] : [`hint: ${hint}`])]
}
