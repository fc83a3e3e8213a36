import type { Advance } from '../options.ts'
import { barText, clockText, type Job, jobText, rowText } from './bar.ts'

/** How progress is shown: drawn over and over on a terminal, as lines of a log or of JSON, or not at all. */
export type Manner = 'bar' | 'log' | 'json' | 'silent'

export interface ProgressOptions {
  readonly manner: Manner
  /** Writes to where progress goes, exactly as it is. */
  readonly write: (text: string) => void
  readonly line: (text: string) => void
  readonly json: (value: unknown) => void
  /** Makes what comes from elsewhere safe to show. */
  readonly clean: (text: string) => string
  /** How wide the terminal is now. */
  readonly columns: () => number
}

/** Long works as they are shown while they last, and how far they were where they end early. */
export interface Shown {
  /** A work is so far. @param name what is being done, without figures: it tells works apart */
  readonly advance: (event: Advance, name: string) => void
  /**
   * Acknowledges an interrupt and, where there is a name, gives a sign of life within a second. Ends with the function
   * that it returns.
   */
  readonly watch: (name: string | undefined, signal: AbortSignal) => () => void
  /** Makes room for something else: takes the bar away, and tells what was held back. */
  readonly clear: () => void
  /** Draws nothing until `work` has ended, for a person is asked on the terminal. */
  readonly pauseFor: <Answer>(work: () => Promise<Answer>) => Promise<Answer>
  /** The work that was under way last. */
  readonly last: () => Advanced | undefined
}

/** How far a work was. */
export interface Advanced extends Omit<Advance, 'type'> {
  readonly job: string
}

/** Milliseconds between two signs of one work, so that telling does not cost more than what it tells of. */
const PAUSES: Readonly<Record<Manner, number>> = { bar: 100, json: 250, log: 10_000, silent: Number.POSITIVE_INFINITY }
/** For how many milliseconds nothing need be seen. */
const SILENCE = 1_000
/** To the start of the row, and erase it. */
const ERASE = '\r\u001b[K'

interface Known {
  readonly name: string
  readonly from: number
  readonly since: number
  readonly event: Advance
  /** When it was told last. */
  readonly told: number
  readonly isHeld: boolean
}

export function createProgress({ manner, write, line, json, clean, columns }: ProgressOptions): Shown {
  const jobs = new Map<string, Known>()
  let last: string | undefined
  let isDrawn = false
  let isAsking = false
  let isStopping = false
  /** When something was written last. */
  let touched = performance.now()

  const draw = (text: string): void => {
    if (isAsking || isStopping) return
    write(`${ERASE}${rowText(text, columns())}`)
    isDrawn = true
    touched = performance.now()
  }

  const drawJob = (known: Known): void => draw(barText(jobOf(known, clean), columns()))

  /** Of several works at once the first that is not done, so that the bar does not jump between them. */
  const current = (): Known | undefined => [...jobs.values()].find((known) => !isDone(known))

  const tell = (known: Known): void => {
    jobs.set(known.name, { ...known, told: performance.now(), isHeld: false })
    if (manner === 'json') json({ ...known.event, job: known.name })
    if (manner === 'log') line(jobText(jobOf(known, clean)))
  }

  const tellHeld = (): void => {
    for (const known of [...jobs.values()]) if (known.isHeld) tell(known)
  }

  const clear = (): void => {
    if (isDrawn) write(ERASE)
    isDrawn = false
    touched = performance.now()
    if (manner === 'json') tellHeld()
  }

  return {
    advance(event, name) {
      const now = performance.now()
      const before = jobs.get(name)
      const isAnew = before === undefined || event.done < before.event.done
      // A log says nothing of what has only begun.
      const told = manner === 'log' ? now : Number.NEGATIVE_INFINITY
      const { from, since, ...more } = isAnew ? { from: event.done, since: now, told } : before
      const known: Known = { ...more, name, from, since, event, isHeld: true }
      jobs.set(name, known)
      last = name
      // What is over in a moment is not worth a look.
      if (manner === 'bar' && Math.min(now - touched, now - since) >= PAUSES.bar) drawJob(current() ?? known)
      if (manner === 'bar' || manner === 'silent') return
      if (isDone(known) || now - known.told >= PAUSES[manner]) tell(known)
    },
    watch(name, signal) {
      if (manner !== 'bar') return manner === 'log' ? tellHeld : clear
      const since = performance.now()
      const timer = setInterval(() => {
        if (performance.now() - touched < SILENCE / 2) return
        const known = current()
        if (known !== undefined) drawJob(known)
        else if (name !== undefined) draw(`${clean(name)}  ${clockText((performance.now() - since) / 1000)}`)
      }, SILENCE / 2)
      timer.unref()
      let patience: NodeJS.Timeout | undefined
      const onAbort = (): void => {
        clear()
        // Whoever interrupts again leaves no time to take a bar away.
        isStopping = true
        patience = setTimeout(() => line('stopping; interrupt again to end at once'), SILENCE / 2)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      return () => {
        signal.removeEventListener('abort', onAbort)
        clearInterval(timer)
        clearTimeout(patience)
        clear()
      }
    },
    clear,
    async pauseFor(work) {
      clear()
      isAsking = true
      try {
        return await work()
      } finally {
        isAsking = false
        touched = performance.now()
      }
    },
    last() {
      const known = last === undefined ? undefined : jobs.get(last)
      if (known === undefined) return undefined
      const { unit, done, total } = known.event
      return { job: known.name, unit, done, total }
    }
  }
}

const isDone = ({ event: { done, total } }: Known): boolean => total !== undefined && done >= total

function jobOf({ name, from, since, event: { unit, done, total } }: Known, clean: (text: string) => string): Job {
  return { name: clean(name), unit, done, total, from, elapsed: performance.now() - since }
}
