import type { TrendCid } from './cid.ts'
import type { Pinned } from './pinned.ts'
import type { Store } from './store.ts'

/** What is pinned now and was not at the last look, and what no longer is. */
export interface PinChange {
  readonly pinned: readonly TrendCid[]
  readonly unpinned: readonly TrendCid[]
}

export interface PinWatch {
  /** Looks now. @throws STORE_UNAVAILABLE */
  look: () => Promise<void>
  /** How many documents were pinned at the last look. */
  readonly count: number
  stop: () => Promise<void>
}

export interface PinWatchOptions {
  /** Milliseconds between looks. */
  readonly every: number
  readonly onChange: (change: PinChange) => void
  /** A look that failed; the next one may not. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** How many times as long as a look took passes until the next: listing many pins takes a while. */
const REST = 10

/** Tells what is pinned in a store and what is unpinned, whichever process does it. The first look tells all there is. */
export function watchPins(
  store: Pick<Store, 'revision'>,
  { pinned }: Pick<Pinned, 'pinned'>,
  { every, onChange, onError }: PinWatchOptions
): PinWatch {
  let known: ReadonlyMap<string, TrendCid> = new Map()
  let seen: string | undefined
  const compare = async (): Promise<void> => {
    const revision = store.revision()
    if (revision === seen) return
    const now = new Map<string, TrendCid>()
    for await (const cid of pinned()) now.set(String(cid), cid)
    const change = { pinned: missingFrom(known, now), unpinned: missingFrom(now, known) }
    known = now
    seen = revision
    if (change.pinned.length + change.unpinned.length > 0) onChange(change)
  }
  let last = Promise.resolve()
  const look = async (): Promise<void> => {
    const turn = last.then(compare)
    last = turn.catch(() => undefined)
    await turn
  }
  let rested = 0
  const timer = setInterval(() => {
    if (performance.now() < rested) return
    const begun = performance.now()
    void look()
      .catch((error: unknown) => onError?.(error))
      .finally(() => {
        rested = performance.now() + (performance.now() - begun) * REST
      })
  }, every)
  return {
    look,
    get count() {
      return known.size
    },
    async stop() {
      clearInterval(timer)
      await last
    }
  }
}

function missingFrom(before: ReadonlyMap<string, TrendCid>, after: ReadonlyMap<string, TrendCid>): readonly TrendCid[] {
  return [...after].filter(([key]) => !before.has(key)).map(([, cid]) => cid)
}
