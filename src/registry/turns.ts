import { orAborted } from '../block/abort.ts'
import type { Abortable } from '../options.ts'

/** A queue in which one does its work at a time, whether or not what came before went well. */
export interface Turns {
  /** Waits for its turn, then works. Aborting ends the waiting; the work minds the signal itself. */
  readonly take: <Result>(work: () => Promise<Result>, options: Abortable) => Promise<Result>
  /** Whether somebody waits for the one who is at work. */
  readonly areWanted: () => boolean
}

export function turns(): Turns {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  return {
    areWanted: () => waiting > 0,
    async take(work, { signal }) {
      const before = last
      const mine = Promise.withResolvers<void>()
      // Whoever gives up waiting still lets the next one wait for those before.
      last = before.then(() => mine.promise)
      waiting += 1
      try {
        await orAborted(signal, before)
      } catch (error) {
        mine.resolve()
        throw error
      } finally {
        waiting -= 1
      }
      try {
        return await work()
      } finally {
        mine.resolve()
      }
    }
  }
}
