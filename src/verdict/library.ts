import type { Block } from '../block/block.ts'
import { parseCid, type TrendCid } from '../block/cid.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { TrendDocument } from '../document/document.ts'
import { brokenLineage } from '../document/lineage.ts'
import { readDocument } from '../document/parse.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'

/** A document under its name. */
export interface Named {
  readonly cid: TrendCid
  readonly document: TrendDocument
}

/** Why a walk ends: bytes nobody has, bytes that are no document, too long a way, or a link that does not hold. */
export interface Gap {
  readonly gap: string
  /** The link was read and breaks a rule of lineages: no other source can mend it. */
  readonly broken?: boolean | undefined
  /** The error behind it, where there was one. */
  readonly cause?: ArchiveError | undefined
}

/** Reads documents by CID and remembers them for as long as one question is being answered. */
export type Library = (cid: TrendCid) => Promise<Named | Gap>

/** How many versions a walk follows before it gives up. */
export const MAX_HOPS = 1024

export const isGap = (found: Named | Gap): found is Gap => 'gap' in found

/** A library over sources. Bytes are hashed on the way in; a source that lies counts as one that has nothing. */
export function libraryOf(sources: readonly BlockSource[], options: Abortable, held: readonly Named[] = []): Library {
  const read = new Map<string, Promise<Named | Gap>>()
  for (const named of held) read.set(String(named.cid), Promise.resolve(named))
  return (cid) => {
    const key = String(cid)
    const known = read.get(key) ?? fetchBlock(sources, cid, options).then(nameOrGap, gapOrThrow)
    read.set(key, known)
    return known
  }
}

/**
 * Walks `previous` from a document down to a version. Ends early at a gap, or at a link that does not hold, which is
 * a gap too: a hash link attests only what it really names.
 */
export async function walkTo(library: Library, from: Named, version: number): Promise<Named | Gap> {
  let here = from
  for (let hop = 0; here.document.version > version; hop++) {
    if (hop === MAX_HOPS) return { gap: `version ${version} is more than ${MAX_HOPS} versions back` }
    const below = await previousOf(library, here)
    if (below === undefined || isGap(below)) return below ?? { gap: `${here.cid} has no version before it` }
    here = below
  }
  return here
}

/** The version before a document; `undefined` for the first. A link that breaks a lineage rule is a gap. */
export async function previousOf(library: Library, { cid, document }: Named): Promise<Named | Gap | undefined> {
  if (document.previous === undefined) return undefined
  const below = await library(parseCid(document.previous))
  if (isGap(below)) return below
  const rule = brokenLineage({ cid: String(below.cid), document: below.document }, document)
  return rule === undefined ? below : { gap: `${cid} does not follow from ${below.cid}: ${rule}`, broken: true }
}

function nameOrGap({ cid, bytes }: Block): Named | Gap {
  try {
    return { cid, document: readDocument(bytes) }
  } catch (error) {
    if (!isArchiveError(error)) throw error
    return { gap: `${cid} is no document: ${error.message}`, cause: error }
  }
}

function gapOrThrow(error: unknown): Gap {
  if (!isArchiveError(error)) throw error
  return { gap: error.message, cause: error }
}

/**
 * The document that was found, where there is no going on without it.
 * @throws BROKEN_LINEAGE when a link does not hold, BLOCK_UNAVAILABLE when the bytes are missing or no document
 */
export function insist(found: Named | Gap, cid: TrendCid): Named {
  if (!isGap(found)) return found
  const { gap, broken, cause } = found
  if (broken) throw new ArchiveError('BROKEN_LINEAGE', gap, { cid: String(cid), rule: gap })
  if (isArchiveError(cause, 'BLOCK_UNAVAILABLE')) throw cause
  const hint = 'add a source that has it, e.g. a gateway'
  throw new ArchiveError(
    'BLOCK_UNAVAILABLE',
    gap,
    { cid: String(cid), sources: [], reasons: [gap], failures: [], transient: false },
    { cause, hint }
  )
}
