import { orAborted } from '../block/abort.ts'
import type { Abortable } from '../options.ts'

/**
 * Work that needs to go well only once. Who asks meanwhile waits for the same work; what failed is done again for the
 * next. It is stopped when the last one who waits for it stops waiting.
 */
export function once<Rest extends readonly unknown[]>(
  work: (options: Abortable, ...rest: Rest) => Promise<void>
): (options: Abortable, ...rest: Rest) => Promise<void> {
  let isDone = false
  let underWay: { readonly done: Promise<void>; readonly stop: AbortController; waiting: number } | undefined

  const start = (...rest: Rest) => {
    const stop = new AbortController()
    const done = work({ signal: stop.signal }, ...rest).then(() => {
      isDone = true
    })
    return { done, stop, waiting: 0 }
  }

  return async ({ signal }, ...rest) => {
    if (isDone) return
    signal?.throwIfAborted()
    underWay ??= start(...rest)
    const mine = underWay
    mine.waiting += 1
    try {
      await orAborted(signal, mine.done)
    } finally {
      mine.waiting -= 1
      if (mine.waiting === 0) {
        underWay = undefined
        mine.stop.abort()
      }
    }
  }
}
