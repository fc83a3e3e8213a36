import type { Bytes32 } from '../block/cid.ts'
import type { Store } from '../block/store.ts'
import { isPublisher, type Publisher, parsePublisher } from '../document/publisher.ts'
import { deployments } from '../registry/deployments.ts'
import type { Mark, Memory, Violation } from '../verdict/memory.ts'
import type { Watermarks } from '../verdict/watermarks.ts'

/** What is remembered of a publisher: a JSON object. */
const SEEN = 'seen/'
/** What earlier versions of this package remembered: the decimal number of a block. Never written any more. */
const MARK = 'watermark/'

/** Only where blocks become final: on a chain whose newest block is believed, a lower one is no lie. */
export function watermarksIn(store: Store): Watermarks {
  const write = (publisher: Publisher, memory: Memory): void =>
    store.write({ rows: new Map([[SEEN + publisher, new TextEncoder().encode(toText(memory))]]) })
  return {
    recall: async (publisher) => recalledIn(store, publisher),
    async learn(publisher, change) {
      if (deployments[parsePublisher(publisher).chain]?.tag === 'latest') return
      const before = recalledIn(store, publisher)
      const after = change(before)
      if (before === undefined || toText(before) !== toText(after)) write(publisher, after)
    },
    async forget(publisher) {
      store.write({ rows: new Map([SEEN, MARK].map((prefix) => [prefix + publisher, undefined])) })
    }
  }
}

/** Everything that is remembered, by publisher. */
export function memoriesIn(store: Store): ReadonlyMap<Publisher, Memory> {
  const keys = [SEEN, MARK].flatMap((prefix) => store.rows(prefix).map(({ key }) => key.slice(prefix.length)))
  const found = new Map<Publisher, Memory>()
  for (const publisher of keys.filter(isPublisher)) {
    const memory = recalledIn(store, publisher)
    if (memory !== undefined) found.set(publisher, memory)
  }
  return found
}

function recalledIn(store: Store, publisher: Publisher): Memory | undefined {
  const seen = store.row(SEEN + publisher)
  if (seen !== undefined) return fromText(new TextDecoder().decode(seen))
  const mark = store.row(MARK + publisher)
  const text = mark === undefined ? '' : new TextDecoder().decode(mark)
  if (!/^\d{1,78}$/.test(text)) return undefined
  const earlier = { number: BigInt(text), trust: 'an earlier version of trend-archive', weight: 1 }
  return { marks: [earlier], versions: new Map(), violations: [] }
}

interface Stored {
  readonly marks: readonly (Omit<Mark, 'number' | 'hash'> & { readonly number: string; readonly hash?: Bytes32 })[]
  readonly versions: Readonly<Record<string, { readonly version: number; readonly weight: number }>>
  readonly violations: readonly (Omit<Violation, 'number'> & { readonly number: string })[]
}

function toText({ marks, versions, violations }: Memory): string {
  const numbered = <Of extends { readonly number: bigint }>(list: readonly Of[]): readonly unknown[] =>
    list.map((one) => ({ ...one, number: String(one.number) }))
  const byName = [...versions].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({
    marks: numbered(marks),
    versions: Object.fromEntries(byName),
    violations: numbered(violations)
  })
}

/** Our own row; what is no such thing any more is remembered no more. */
function fromText(text: string): Memory | undefined {
  try {
    const { marks, versions, violations } = JSON.parse(text) as Stored
    return {
      marks: marks.map((mark) => ({ ...mark, number: BigInt(mark.number) })),
      versions: new Map(Object.entries(versions)),
      violations: violations.map((violation) => ({ ...violation, number: BigInt(violation.number) }))
    }
  } catch {
    return undefined
  }
}
