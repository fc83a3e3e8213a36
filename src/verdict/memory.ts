import type { Bytes32 } from '../block/cid.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Registry } from '../registry/registry.ts'

/** A block that a verdict rested on as final. */
export interface Mark {
  readonly number: bigint
  /** Absent, as the time is, where an earlier version of this package remembered nothing but the number. */
  readonly hash?: Bytes32 | undefined
  /** Seconds since the epoch. */
  readonly timestamp?: number | undefined
  /** Whose word it was, and how many independent ones. */
  readonly trust: string
  readonly weight: number
}

/** A block that was accepted as final, and what a reader has in its place. Nothing tells which of them is a lie. */
export interface Violation {
  readonly number: bigint
  readonly remembered: { readonly hash: Bytes32; readonly trust: string }
  /** `undefined` where the reader knows no such block, though it has later ones. */
  readonly found: { readonly hash: Bytes32 | undefined; readonly trust: string }
  /** When it was noticed, in seconds. */
  readonly noticed: number
}

/** What earlier verdicts on a publisher's documents saw. Its chain is part of the publisher's name. */
export interface Memory {
  /** The highest block of every weight that is above those of more weight; the weightiest first. */
  readonly marks: readonly Mark[]
  /** By slug, the highest version that was seen named. */
  readonly versions: ReadonlyMap<string, { readonly version: number; readonly weight: number }>
  readonly violations: readonly Violation[]
}

/** What this reading says against what was remembered. */
export interface Recalled {
  /** A block was accepted as final that the reader has another one for. */
  readonly violation: Violation | undefined
  /** A higher version was named once than now. */
  readonly newer: { readonly seen: number; readonly named: number } | undefined
}

/** What a verdict adds to what is remembered. */
export interface Lesson {
  /** The block it rested on, where that is final and was accepted. */
  readonly accepted: ChainBlock | undefined
  readonly slug: string
  readonly named: number | undefined
  readonly violation: Violation | undefined
  readonly trust: string
  readonly weight: number
  readonly now: number
}

/** Seconds that a block may be ahead of this machine's clock. A later one is not remembered: it would lock others out. */
export const CLOCK_SLACK = 900
/** More than a chain's finality is ever violated by accident. */
const MAX_VIOLATIONS = 16
/** A light client has the signatures of hundreds. */
const LIGHT_CLIENT = 1_000

/** How many independent voices a reader's word is. */
export const weightOf = ({ mode, readers = 1 }: Pick<Registry, 'mode' | 'readers'>): number =>
  mode === 'light client' ? LIGHT_CLIENT : readers

/** The highest block that binds a reader: a mark of less weight than the reader's own does not. */
export function highestFor({ marks }: Memory, weight: number): bigint | undefined {
  const [highest] = marks.filter((mark) => mark.weight >= weight).sort((a, b) => (a.number < b.number ? 1 : -1))
  return highest?.number
}

/**
 * Whether the weightiest block that was accepted as final is still where it was. One request, and none where the reader stands at that
 * very block; a reader that does not answer violates nothing.
 */
export async function violationIn(
  registry: Registry,
  { marks }: Memory,
  at: ChainBlock,
  { now, ...options }: Abortable & { readonly now: number }
): Promise<Violation | undefined> {
  const mark = marks.find(({ hash }) => hash !== undefined)
  if (mark?.hash === undefined) return undefined
  const found = mark.number === at.number ? at.hash : await hashAt(registry, mark.number, options)
  if (found === mark.hash || found === 'no answer') return undefined
  // A reader that has not come as far has nothing to set against it, unless its block is the later one all the same.
  const isBehind = at.number < mark.number && at.timestamp <= (mark.timestamp ?? Number.POSITIVE_INFINITY)
  if (found === undefined && isBehind) return undefined
  return {
    number: mark.number,
    remembered: { hash: mark.hash, trust: mark.trust },
    found: { hash: found, trust: registry.trust },
    noticed: now
  }
}

async function hashAt(
  registry: Registry,
  height: bigint,
  options: Abortable
): Promise<Bytes32 | undefined | 'no answer'> {
  try {
    return (await registry.block(height, options)).hash
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isArchiveError(error, 'REGISTRY_UNAVAILABLE')) throw error
    return error.details.reason === 'unknown block' ? undefined : 'no answer'
  }
}

/**
 * What is remembered after a verdict. A reader's block takes the place of all that had no more weight, so that what a liar
 * made the highest is gone as soon as more readers than those who said so agree on another.
 */
export function learned(before: Memory | undefined, lesson: Lesson): Memory {
  const { marks, versions, violations } = before ?? { marks: [], versions: new Map(), violations: [] }
  return {
    marks: marksAfter(marks, lesson),
    versions: lesson.accepted === undefined ? versions : versionsAfter(versions, lesson),
    violations: violationsAfter(violations, lesson)
  }
}

function marksAfter(marks: readonly Mark[], { accepted, violation, trust, weight, now }: Lesson): readonly Mark[] {
  const isOutweighed = (mark: Mark): boolean => mark.weight < weight && mark.number === violation?.number
  if (accepted === undefined || accepted.timestamp > now + CLOCK_SLACK)
    return marks.filter((mark) => !isOutweighed(mark))
  const { number, hash, timestamp } = accepted
  return [...marks.filter((mark) => mark.weight > weight), { number, hash, timestamp, trust, weight }]
}

function versionsAfter(versions: Memory['versions'], { slug, named, weight }: Lesson): Memory['versions'] {
  const before = versions.get(slug)
  if (named === undefined) return versions
  if (before !== undefined && before.version >= named && before.weight >= weight) return versions
  return new Map([...versions, [slug, { version: named, weight }]])
}

function violationsAfter(violations: readonly Violation[], { violation }: Lesson): readonly Violation[] {
  if (violation === undefined || violations.some((known) => isSame(known, violation))) return violations
  return [...violations, violation].slice(-MAX_VIOLATIONS)
}

const isSame = (a: Violation, b: Violation): boolean =>
  a.number === b.number && a.remembered.hash === b.remembered.hash && a.found.hash === b.found.hash
