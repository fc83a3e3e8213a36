import { type TrendCid, toBytes32 } from '../block/cid.ts'
import { isListed, keyOfEdition } from './editions.ts'
import { fromDescendant } from './head.ts'
import { isGap, type Named } from './library.ts'
import { type Found, merge, type Scene, sameLineage, weigh } from './search.ts'

/** What the caller already knows of where a document is recorded. Hints are checked, never believed. */
export interface Hints {
  /** Editions that list it and are no longer what their ref names. */
  readonly editions?: readonly TrendCid[] | undefined
  /** Later versions of it. */
  readonly descendants?: readonly TrendCid[] | undefined
  /** The path from its leaf to a record's key. */
  readonly proof?: readonly `0x${string}`[] | undefined
}

const WORD = /^0x[0-9a-f]{64}$/i

/** Hints that lead nowhere say nothing: only a standing record that they lead to counts. */
export async function throughHints(scene: Scene, subject: Named, hints: Hints): Promise<Found> {
  const { registry, publisher, at, options, library } = scene
  let sum: Found = {}
  for (const cid of hints.editions ?? []) {
    const edition = await library(cid)
    sum = merge(sum, isGap(edition) ? { gaps: [edition.gap] } : await throughHintedEdition(scene, subject, edition))
  }
  for (const cid of hints.descendants ?? []) {
    const later = await library(cid)
    if (isGap(later)) sum = merge(sum, { gaps: [later.gap] })
    else if (sameLineage(later.document, subject.document)) {
      sum = merge(sum, (await fromDescendant(scene, subject, later)) ?? {})
    }
  }
  if (hints.proof?.every((node) => WORD.test(node))) {
    const record = await registry.record(publisher, toBytes32(subject.cid), hints.proof, at, options)
    sum = merge(sum, await weigh(scene, 'proof', subject.cid, record))
  }
  return { ...sum, vouchers: (sum.vouchers ?? []).filter(({ record }) => record !== undefined) }
}

async function throughHintedEdition(scene: Scene, subject: Named, edition: Named): Promise<Found> {
  const listed = await isListed(scene, subject, edition)
  return listed === true ? await keyOfEdition(scene, edition) : {}
}
