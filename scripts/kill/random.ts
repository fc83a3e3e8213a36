/** Numbers that follow from a seed, so that a run can be had again. */
export interface Random {
  /** From 0 up to and without `limit`. */
  readonly below: (limit: number) => number
  /** Whether something with this probability happens. */
  readonly chance: (probability: number) => boolean
  readonly pick: <Item>(items: readonly Item[]) => Item
}

/** The numbers of one round of a run, whatever the other rounds draw. */
export function randomOf(seed: number, ...path: readonly number[]): Random {
  let state = path.reduce((mixed, part) => Math.imul(mixed ^ part, 0x9e3779b1) ^ (mixed >>> 15), seed | 0)
  /** mulberry32. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!
  }
}

/** A seed that nobody chose, to be told so that it can be chosen. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31)
