import type { Block } from '../block/block.ts'
import type { TrendCid } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import { membersIn } from './members.ts'

/**
 * Who is called for: the roots of a file, and what those of them that are editions list. It is made while the file is
 * read, so an edition only counts from where it was met.
 */
export interface Roll {
  /** Notes that a document was met, and says what it is to be kept for: itself, and editions. */
  meet: (block: Block) => { readonly isOwn: boolean; readonly editions: readonly TrendCid[] }
  /** The roots that were not met. */
  unmet: () => readonly TrendCid[]
  /** Members that are not yet kept for all editions that list them. */
  unheld: () => Iterable<{ readonly cid: string; readonly editions: readonly TrendCid[]; readonly isMet: boolean }>
}

/** What is remembered of a file stays bounded by this. */
const MAX_LISTED = 250_000

interface Called {
  readonly root: TrendCid | undefined
  isMet: boolean
  readonly editions: TrendCid[]
  /** For how many of those it is kept. */
  held: number
}

export function rollOf(roots: readonly TrendCid[]): Roll {
  const called = new Map<string, Called>()
  for (const root of roots) called.set(String(root), { root, isMet: false, editions: [], held: 0 })
  let listed = 0

  const list = (edition: TrendCid, member: string): void => {
    if (++listed > MAX_LISTED) throw tooMany()
    const one = called.get(member) ?? { root: undefined, isMet: false, editions: [], held: 0 }
    one.editions.push(edition)
    called.set(member, one)
  }

  return {
    meet(block) {
      const one = called.get(String(block.cid))
      if (one === undefined) return { isOwn: true, editions: [] }
      if (one.root !== undefined && !one.isMet) for (const member of membersIn(block)) list(block.cid, member)
      const { editions, root } = one
      one.isMet = true
      one.held = editions.length
      return { isOwn: root !== undefined, editions: [...editions] }
    },
    unmet: () => [...called.values()].flatMap(({ root, isMet }) => (root !== undefined && !isMet ? [root] : [])),
    *unheld() {
      for (const [cid, { isMet, editions, held }] of called) {
        if (held < editions.length) yield { cid, editions: editions.slice(held), isMet }
      }
    }
  }
}

function tooMany(): ArchiveError<'INVALID_OPTION'> {
  const rule = `the editions of one file list more than ${MAX_LISTED} documents`
  return new ArchiveError('INVALID_OPTION', rule, { option: 'file', rule }, { hint: 'import it in parts' })
}
