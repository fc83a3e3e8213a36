import type { Block } from '../block/block.ts'
import { ArchiveError } from '../errors.ts'
import { membersIn } from './members.ts'

/**
 * Who is called for: the roots of a file, and what those of them that are editions list. It is made while the file is
 * read, so an edition only counts from where it was met.
 */
export interface Roll {
  /** Notes that a document was met, and says what it is to be kept for: itself, and editions. */
  meet: (block: Block) => { readonly isOwn: boolean; readonly editions: readonly string[] }
  /** The roots that were not met. */
  unmet: () => readonly string[]
  /** Members that are not yet kept for all editions that list them. */
  unheld: () => Iterable<{ readonly cid: string; readonly editions: readonly string[]; readonly isMet: boolean }>
}

/** What is remembered of a file stays bounded by this. */
const MAX_LISTED = 250_000

interface Called {
  readonly isRoot: boolean
  isMet: boolean
  readonly editions: string[]
  /** For how many of those it is kept. */
  held: number
}

/** @param roots by their texts, as everything here: a CID weighs 2 kB */
export function rollOf(roots: Iterable<string>): Roll {
  const called = new Map<string, Called>()
  for (const cid of roots) called.set(cid, { isRoot: true, isMet: false, editions: [], held: 0 })
  let listed = 0

  const list = (edition: string, member: string): void => {
    if (++listed > MAX_LISTED) throw tooMany()
    const one = called.get(member) ?? { isRoot: false, isMet: false, editions: [], held: 0 }
    one.editions.push(edition)
    called.set(member, one)
  }

  return {
    meet(block) {
      const cid = String(block.cid)
      const one = called.get(cid)
      if (one === undefined) return { isOwn: true, editions: [] }
      if (one.isRoot && !one.isMet) for (const member of membersIn(block)) list(cid, member)
      const { editions, isRoot } = one
      one.isMet = true
      one.held = editions.length
      return { isOwn: isRoot, editions: [...editions] }
    },
    unmet: () => [...called].flatMap(([cid, { isRoot, isMet }]) => (isRoot && !isMet ? [cid] : [])),
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
