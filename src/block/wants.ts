import { orAborted } from './abort.ts'
import type { TrendCid } from './cid.ts'
import { turnstile } from './turnstile.ts'

/** A peer keeps only so many wants of another, and forgets the rest without a word. */
const MAX_WANTS = 256

/** Asking for documents, one want each. */
export interface Wants {
  share: (cid: TrendCid, signal: AbortSignal | undefined) => Promise<Uint8Array<ArrayBuffer>>
}

interface Want {
  readonly answer: Promise<Uint8Array<ArrayBuffer>>
  readonly control: AbortController
  waiting: number
}

/**
 * One want a document, however many callers wait for it: in Helia, one that gives up cancels the want of all. What is
 * shared ends when the last caller has gone.
 */
export function shareWants(retrieve: (cid: TrendCid, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>): Wants {
  const wants = new Map<string, Want>()
  const ending = new Map<string, Promise<unknown>>()
  const enter = turnstile(MAX_WANTS)

  const begin = (key: string, cid: TrendCid): Want => {
    const control = new AbortController()
    const start = async (): Promise<Uint8Array<ArrayBuffer>> => {
      await ending.get(key)
      const leave = await enter(control.signal)
      return await retrieve(cid, control.signal).finally(leave)
    }
    const want = { answer: start(), control, waiting: 0 }
    wants.set(key, want)
    return want
  }

  const end = (key: string, { answer, control }: Want): void => {
    wants.delete(key)
    control.abort()
    const ended = answer.then(
      () => ending.delete(key),
      () => ending.delete(key)
    )
    ending.set(key, ended)
  }

  return {
    async share(cid, signal) {
      const key = String(cid)
      const want = wants.get(key) ?? begin(key, cid)
      want.waiting++
      try {
        return (await orAborted(signal, want.answer)).slice()
      } finally {
        want.waiting--
        if (want.waiting === 0) end(key, want)
      }
    }
  }
}
