/** Lets so many in at a time; the others wait in a row. What it resolves to is to be called on leaving. */
export function turnstile(capacity: number): (signal?: AbortSignal | undefined) => Promise<() => void> {
  const row: (() => void)[] = []
  let free = capacity
  // A place goes from hand to hand, so that nobody slips in between.
  const leave = (): void => {
    const next = row.shift()
    if (next === undefined) free++
    else next()
  }
  return async (signal) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => row.push(resolve))
    if (signal?.aborted) leave()
    signal?.throwIfAborted()
    return leave
  }
}
