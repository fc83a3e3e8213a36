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
const seen = new Map<string, KeyOrder[]>()
const MOST = 256
const MOST_ALIKE = 16
const LONGEST = 1_024
let kept = 0

/** The canonical order of an object's keys. */
export function orderOf(keys: readonly string[]): KeyOrder {
  const first = keys[0]
  if (first === undefined) return NONE
  const alike = seen.get(first)
  if (alike !== undefined) for (const order of alike) if (isSame(order.keys, keys)) return order
  const order = sort(keys)
  if (order.size <= LONGEST) keep(first, order)
  return order
}

function keep(first: string, order: KeyOrder): void {
  if (kept === MOST) {
    seen.clear()
    kept = 0
  }
  const alike = seen.get(first) ?? []
  if (alike.length === MOST_ALIKE) return
  seen.set(first, alike)
  alike.push(order)
  kept++
}

function isSame(some: readonly string[], keys: readonly string[]): boolean {
  if (some.length !== keys.length) return false
  // Lists that begin alike most often differ at the end.
  for (let i = keys.length - 1; i > 0; i--) if (some[i] !== keys[i]) return false
  return true
}

function sort(keys: readonly string[]): KeyOrder {
  const sorted = keys.toSorted()
  return {
    keys,
    sorted,
    isSorted: isSame(sorted, keys) && sorted[0] === keys[0],
    isWellFormed: keys.every((key) => key.isWellFormed()),
    isSpecial: keys.some(isSpecial),
    size: keys.reduce((size, key) => size + key.length + 4, 0)
  }
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/

/** Engines list index-like keys first whatever their order, and a copy by assignment loses `__proto__`. */
function isSpecial(key: string): boolean {
  const first = key.charCodeAt(0)
  return (first >= 48 && first <= 57 && INDEX.test(key)) || key === '__proto__'
}

const NONE: KeyOrder = sort([])
