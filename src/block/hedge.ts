export interface Hedge<Candidate> {
  /** Milliseconds that a candidate has for itself. */
  readonly patience: number
  /** Once it aborts no more are begun. */
  readonly signal: AbortSignal
  readonly onOverdue: (candidate: Candidate) => void
}

/**
 * Tries one candidate after another, and takes the first result: the next one is tried when one fails, or when nothing has
 * come for a while. Rejects when all have failed; does not settle once the signal has aborted.
 */
export async function hedged<Candidate, Result>(
  candidates: readonly Candidate[],
  attempt: (candidate: Candidate) => Promise<Result>,
  { patience, signal, onOverdue }: Hedge<Candidate>
): Promise<Result> {
  const row = candidates.values()
  let failed = 0
  let stop = (): void => {}
  return await new Promise<Result>((resolve, reject) => {
    const begin = (): void => {
      stop()
      const { done, value: candidate } = row.next()
      if (done || signal.aborted) return
      const overdue = (): void => {
        onOverdue(candidate)
        begin()
      }
      stop = after(patience, overdue, signal)
      attempt(candidate).then(resolve, (error: unknown) => {
        if (++failed === candidates.length) reject(error)
        else begin()
      })
    }
    begin()
  })
}

/** The longest time a timer knows: a longer one is none at all. */
const FOREVER = 2 ** 31 - 1

/** Does something later, unless the signal aborts before, or what is returned is called. */
export function after(milliseconds: number, act: () => void, signal: AbortSignal): () => void {
  const timer = setTimeout(act, Math.min(milliseconds, FOREVER))
  const stop = (): void => clearTimeout(timer)
  signal.addEventListener('abort', stop, { once: true })
  return stop
}
