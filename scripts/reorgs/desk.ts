import type { PublishEvent } from '../../src/archive/publish.ts'
import type { Settled, Wait } from '../../src/archive/wait.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import type { Receipt } from '../../src/registry/registry.ts'
import type { Named } from '../../src/verdict/library.ts'
import type { Author } from './author.ts'
import type { Shadow } from './shadow.ts'

/** What is common to all that one worker does: who does it, and who takes note of what comes of it. */
export interface Desk {
  readonly name: string
  readonly author: Author
  /** Pays for what the author signs, and edits for them. */
  readonly second: Author
  readonly doing: (wait: Wait) => Doing
  /** Notes documents that were made. */
  readonly met: (steps: readonly { readonly named: Named }[]) => void
  /** Holds a claim to the chain, and says how many transactions it took. */
  readonly told: (what: string, cids: readonly TrendCid[], done: Done) => number
  /** Documents that were called final. */
  readonly sure: readonly TrendCid[]
  readonly cids: () => readonly TrendCid[]
  readonly counts: Readonly<Record<string, number>>
  readonly count: (what: string) => void
}

export interface Doing {
  readonly wait: Wait
  readonly waitTimeout: number
  readonly onProgress: (event: PublishEvent) => void
}

interface Done {
  readonly receipts: readonly (Receipt | undefined)[]
  readonly settled?: Settled | undefined
}

/** Milliseconds. */
const LONGEST_WAIT = 10_000

export function deskOf(shadow: Shadow, { name, author, second }: Pick<Desk, 'name' | 'author' | 'second'>): Desk {
  const cids = new Map<string, TrendCid>()
  const sure: TrendCid[] = []
  const counts: Record<string, number> = {}
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  const onProgress = (event: PublishEvent): void => {
    if (event.type === 'dropped') count('dropped')
  }
  return {
    name,
    author,
    second,
    doing: (wait) => ({ wait, waitTimeout: LONGEST_WAIT, onProgress }),
    met(steps) {
      for (const { named } of steps) {
        shadow.meet(named)
        cids.set(String(named.cid), named.cid)
      }
    },
    told(what, about, { receipts, settled }) {
      const sent = receipts.filter((receipt) => receipt !== undefined)
      if (settled !== undefined) shadow.claimed({ what, cids: about, receipts: sent, settled })
      if (settled?.finality === 'final') {
        count('final')
        sure.push(...about.filter((cid) => !sure.some((one) => one.equals(cid))))
      }
      return sent.length
    },
    sure,
    cids: () => [...cids.values()],
    counts,
    count
  }
}
