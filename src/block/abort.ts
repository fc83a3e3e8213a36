/** Waits for work until the signal aborts, so that work which does not heed the signal cannot keep its caller. */
export async function orAborted<Result>(signal: AbortSignal | undefined, work: Promise<Result>): Promise<Result> {
  if (signal === undefined) return await work
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Lets everything else that waits have its turn first: a work that never waits would hear of no abort. */
export async function nextTask(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve))
}

/** A signal that aborts when the caller's does, where there is one, or `own`. */
export function eitherOf(caller: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return caller === undefined ? own : AbortSignal.any([caller, own])
}
