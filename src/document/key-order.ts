/** A list of keys as an object has it, and by UTF-16 code unit, as RFC 8785 §3.2.3 asks. */
interface KeyOrder {
  readonly keys: readonly string[]
  readonly sorted: readonly string[]
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

/** The keys of an object in canonical order. */
export function sorted(keys: readonly string[]): readonly string[] {
  const alike = seen.get(keys[0]) ?? []
  for (const order of alike) if (isSame(order.keys, keys)) return order.sorted
  const order = { keys, sorted: keys.toSorted() }
  if (keys.reduce((size, key) => size + key.length, keys.length) > LONGEST) return order.sorted
  if (seen.size > MOST) seen.clear()
  seen.set(keys[0], [order, ...alike].slice(0, MOST_ALIKE))
  return order.sorted
}

function isSame(some: readonly string[], keys: readonly string[]): boolean {
  // Lists that begin alike most often differ at the end.
  let i = some.length
  if (i !== keys.length) return false
  while (i-- > 0) if (some[i] !== keys[i]) return false
  return true
}
