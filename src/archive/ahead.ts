import type { Abortable } from '../options.ts'

/** How many are under way at once: enough to hide the way to a gateway, and at most so many MiB of documents. */
const AHEAD = 16

/**
 * Loads inputs several at once and yields what they become in their order. When it ends early, by an error or because
 * nobody reads on, what is under way is aborted.
 */
export async function* loadAhead<Input, Loaded>(
  inputs: Iterable<Input>,
  load: (input: Input, options: Abortable) => Promise<Loaded>,
  { signal }: Abortable = {}
): AsyncGenerator<Loaded, void, undefined> {
  const ending = new AbortController()
  const options = { signal: signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]) }
  const underWay: Promise<Loaded>[] = []
  try {
    for (const input of inputs) {
      signal?.throwIfAborted()
      const loading = load(input, options)
      // It may fail before its turn, which is no unhandled rejection: its turn comes, or nobody waits for it any more.
      loading.catch(() => undefined)
      underWay.push(loading)
      if (underWay.length === AHEAD) yield await underWay.shift()!
    }
    for (const loading of underWay) yield await loading
  } finally {
    ending.abort()
  }
}
