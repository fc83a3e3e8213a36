import { type ExitCode, exitOfError, isAbort } from '../exit.ts'
import { failureJson } from '../failure.ts'

/** What one look at one thing found, on one line. */
export interface Finding {
  readonly check: string
  /** `unchecked` where it could not be found out, or there is nothing to look at yet. */
  readonly state: 'ok' | 'warning' | 'problem' | 'unchecked'
  readonly says: string
  /** The way out, where something is not as it should be. */
  readonly hint?: string | undefined
  /** How the process ends for a problem. */
  readonly exit?: ExitCode | undefined
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })

export const warning = (check: string, says: string, hint: string): Finding => ({ check, state: 'warning', says, hint })

export const unchecked = (check: string, says: string, hint?: string): Finding => ({
  check,
  state: 'unchecked',
  says,
  hint
})

export const fault = (check: string, says: string, hint: string, exit: ExitCode = 1): Finding => ({
  check,
  state: 'problem',
  says,
  hint,
  exit
})

/** A failure as it is told everywhere, with its hint and its exit code. @throws it again when it is an interrupt */
export function problem(check: string, error: unknown): Finding {
  if (isAbort(error)) throw error
  const { message, hint } = failureJson(error)
  return { check, state: 'problem', says: message, hint: hint ?? undefined, exit: exitOfError(error) }
}
