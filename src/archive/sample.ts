/** Some of many, each with the same chance, however many come. */
export interface Sample<Item> {
  offer: (item: Item) => void
  taken: () => readonly Item[]
}

/**
 * Takes `size` of the items offered: algorithm R (Vitter, 1985).
 * @param random a number of at least 0 and below 1
 */
export function sampleOf<Item>(size: number, random: () => number): Sample<Item> {
  const taken: Item[] = []
  let offered = 0
  return {
    offer(item) {
      offered++
      if (taken.length < size) {
        taken.push(item)
        return
      }
      const place = Math.floor(random() * offered)
      if (place < size) taken[place] = item
    },
    taken: () => taken
  }
}

/** The middle of some numbers, the lower one of two; `undefined` of none. */
export function medianOf(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1]
}
