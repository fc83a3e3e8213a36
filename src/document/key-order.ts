/** What canonical form asks of the keys of an object. */
export interface KeyOrder {
  /** As the object lists them. */
  readonly keys: readonly string[]
  /** By UTF-16 code unit, as RFC 8785 §3.2.3 asks. */
  readonly sorted: readonly string[]
  readonly isSorted: boolean
  readonly isWellFormed: boolean
  /** Whether some key cannot be carried by an object in canonical order. */
  readonly isSpecial: boolean
  /** A lower bound of the length of their text. */
  readonly size: number
}

/*
 * Documents repeat a few lists of keys, and sorting them costs more than all else. So lists that were seen are kept by
 * their first key, and found again by comparing the rest, which are the same strings in memory. How much is kept is
 * bounded; where a stranger's documents filled it, it begins anew.
 */
const seen = new Map<string | undefined, readonly KeyOrder[]>()
const MOST = 256
const MOST_ALIKE = 16
const LONGEST = 1_024

/** The canonical order of an object's keys. */
export function orderOf(keys: readonly string[]): KeyOrder {
  const alike = seen.get(keys[0]) ?? []
  for (const order of alike) if (isSame(order.keys, keys)) return order
  const order = sort(keys)
  if (order.size > LONGEST) return order
  if (seen.size > MOST) seen.clear()
  seen.set(keys[0], [order, ...alike].slice(0, MOST_ALIKE))
  return order
}

function isSame(some: readonly string[], keys: readonly string[]): boolean {
  // Lists that begin alike most often differ at the end.
  let i = some.length
  if (i !== keys.length) return false
  while (i-- > 0) if (some[i] !== keys[i]) return false
  return true
}

function sort(keys: readonly string[]): KeyOrder {
  const sorted = keys.toSorted()
  const text = keys.join()
  return {
    keys,
    sorted,
    isSorted: isSame(sorted, keys),
    isWellFormed: text.isWellFormed(),
    isSpecial: keys.some(isSpecial),
    size: text.length + 3 * keys.length
  }
}

/** Engines list index-like keys first whatever their order, and a copy by assignment loses `__proto__`. */
const isSpecial = (key: string): boolean => /^(?:0|[1-9]\d{0,9}|__proto__)$/.test(key)
