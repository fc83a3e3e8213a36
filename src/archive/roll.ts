import type { Block } from '../block/block.ts'
import { type Key, keyOf } from '../block/key.ts'
import { ArchiveError } from '../errors.ts'
import { membersIn } from './members.ts'

/**
 * Who is called for: the roots of a file, and what those of them that are editions list. It is made while the file is
 * read, so an edition only counts from where it was met.
 */
export interface Roll {
  /** Notes that a document was met, and says what it is to be kept for. */
  meet: (block: Block) => Purpose
  /** The roots that were not met. */
  unmet: () => readonly Key[]
  /** Members that were not met since an edition listed them, and the editions for which they are not kept yet. */
  unheld: () => Iterable<{ readonly key: Key; readonly editions: readonly Key[] }>
}

/** What a document is kept for: itself, and editions. */
export interface Purpose {
  readonly isOwn: boolean
  readonly editions: readonly Key[]
}

/** What is remembered of a file stays bounded by this. */
const MAX_LISTED = 250_000

interface Member {
  /** All that list it. While it is one, the list is shared by all that it lists; a longer one is the member's own. */
  editions: Key[]
  /** For how many of those it is kept. */
  held: number
}

export function rollOf(roots: Iterable<Key>): Roll {
  const isMet = new Map<Key, boolean>()
  for (const key of roots) isMet.set(key, false)
  const members = new Map<Key, Member>()
  let listed = 0

  const list = (edition: Key, keys: ReadonlySet<Key>): void => {
    listed += keys.size
    if (listed > MAX_LISTED) throw tooMany()
    const alone = [edition]
    for (const key of keys) {
      const member = members.get(key)
      if (member === undefined) members.set(key, { editions: alone, held: 0 })
      else if (member.editions.length === 1) member.editions = [...member.editions, edition]
      else member.editions.push(edition)
    }
  }

  return {
    meet(block) {
      const key = keyOf(block.cid)
      const root = isMet.get(key)
      if (root === false) {
        isMet.set(key, true)
        // A hostile edition may list one document many times.
        list(key, new Set(membersIn(block)))
      }
      const member = members.get(key)
      if (member === undefined) return { isOwn: true, editions: [] }
      member.held = member.editions.length
      return { isOwn: root !== undefined, editions: member.editions }
    },
    unmet: () => [...isMet].flatMap(([key, met]) => (met ? [] : [key])),
    *unheld() {
      for (const [key, { editions, held }] of members) {
        if (held < editions.length) yield { key, editions: editions.slice(held) }
      }
    }
  }
}

function tooMany(): ArchiveError<'INVALID_OPTION'> {
  const rule = `the editions of one file list more than ${MAX_LISTED} documents`
  return new ArchiveError('INVALID_OPTION', rule, { option: 'file', rule }, { hint: 'import it in parts' })
}
