/** Lets any number of additions go on at once, but a removal only alone. */
export interface Gate {
  readonly adding: <Result>(work: () => Promise<Result>) => Promise<Result>
  readonly removing: <Result>(work: () => Promise<Result>) => Promise<Result>
}

export function openGate(): Gate {
  const additions = new Set<Promise<unknown>>()
  let lastRemoval: Promise<unknown> = Promise.resolve()
  return {
    async adding(work) {
      // While one removal was waited for, another may have been asked for.
      for (let seen: unknown; seen !== lastRemoval; ) {
        seen = lastRemoval
        await seen
      }
      const addition = work()
      additions.add(addition)
      try {
        return await addition
      } finally {
        additions.delete(addition)
      }
    },
    async removing(work) {
      const before = Promise.allSettled([lastRemoval, ...additions])
      const removal = before.then(work)
      lastRemoval = removal.catch(() => undefined)
      return await removal
    }
  }
}
