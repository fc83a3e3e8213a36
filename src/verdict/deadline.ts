import { eitherOf, orAborted } from '../block/abort.ts'
import type { Abortable } from '../options.ts'

/** A limit on work that is not the caller's wish to stop: what it cuts off is a finding and no error. */
export interface Deadline {
  /** Aborts when the caller says so or the time is over. */
  readonly signal: AbortSignal
  /** The result of work, or what stands for it where the time is over first. Throws when the caller aborts. */
  readonly within: <Result>(work: (options: Abortable) => Promise<Result>, late: () => Result) => Promise<Result>
  readonly end: () => void
}

/** More would be over at once. */
const LONGEST = 2 ** 31 - 1

/** @param milliseconds until the time is over */
export function deadlineIn(milliseconds: number, { signal: caller }: Abortable): Deadline {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), Math.min(milliseconds, LONGEST))
  const signal = eitherOf(caller, over.signal)
  return {
    signal,
    async within(work, late) {
      try {
        return await orAborted(signal, work({ signal }))
      } catch (error) {
        caller?.throwIfAborted()
        if (over.signal.aborted) return late()
        throw error
      }
    },
    end: () => clearTimeout(timer)
  }
}
