import { parseCid, type TrendCid } from '../block/cid.ts'
import type { Entry } from '../document/document.ts'
import type { RegistryRecord } from '../registry/registry.ts'
import { editionsOf, keyOfEdition } from '../verdict/editions.ts'
import type { Fallen, Voucher } from '../verdict/evidence.ts'
import { isGap, type Library, type Named } from '../verdict/library.ts'
import { type Scene, sameLineage } from '../verdict/search.ts'
import { descend } from './descend.ts'
import { inLanes } from './lanes.ts'

/** Another document under the number of a version: its publisher said two things under one name. */
export interface Fork {
  readonly version: number
  readonly cid: TrendCid
  /** Who leads to it: the ref, an edition of the publisher, or the caller. */
  readonly by: 'ref' | 'edition' | 'hint'
  /** The edition that lists it, or the later document that leads to it. */
  readonly root: TrendCid
  /** What the chain says of it alone. */
  readonly record?: RegistryRecord | undefined
}

/** An edition that lists a version of the lineage, and what is recorded of the edition for those it lists. */
export interface Sighting {
  readonly edition: TrendCid
  readonly entry: Entry
  readonly vouchers: readonly Voucher[]
  readonly fallen: readonly Fallen[]
}

export interface Series {
  /** The newest edition of each series first. */
  readonly sightings: readonly Sighting[]
  readonly gaps: readonly string[]
}

/** How many series are looked through: a lineage hardly ever changes its own. */
const MAX_SERIES = 8
/** How many requests for editions are under way at once. */
const AT_ONCE = 16

/** Looks through every series of editions that versions of a lineage name, for the entries of their slug. */
export async function seriesOf(scene: Scene, versions: readonly Named[]): Promise<Series> {
  const bySeries = new Map<string, Named>()
  for (const named of versions) {
    const { document } = named
    if (document.type === 'trend' && document.edition !== undefined) bySeries.set(document.edition, named)
  }
  const sightings: Sighting[] = []
  const gaps = bySeries.size > MAX_SERIES ? [`more than ${MAX_SERIES} series of editions`] : []
  for (const [slug, named] of [...bySeries].slice(0, MAX_SERIES)) {
    const editions: Named[] = []
    for await (const edition of editionsOf(scene, named.document)) {
      if (isGap(edition)) gaps.push(`the editions ${slug}: ${edition.gap}`)
      else editions.push(edition)
    }
    const keys = await inLanes(editions, AT_ONCE, async (edition) => await keyOfEdition(scene, edition))
    let attesting: readonly Voucher[] = []
    for (const [i, { cid, document }] of editions.entries()) {
      const { vouchers, fallen, isBurnt } = keys[i]!
      // A standing edition attests those before it by its hash links; one that was taken back attests nothing.
      attesting = vouchers.length > 0 ? vouchers : fallen.length > 0 || isBurnt ? [] : attesting
      if (document.type !== 'edition' || document.publisher !== named.document.publisher) continue
      const entry = document.entries.find((one) => one.slug === named.document.slug)
      if (entry !== undefined) sightings.push({ edition: cid, entry, vouchers: attesting, fallen })
    }
  }
  return { sightings, gaps }
}

/** Documents that lay claim to a number of the lineage and are not in it, each once. */
export async function forksOf(
  library: Library,
  versions: readonly Named[],
  claims: {
    /** What the ref leads to, where that is another lineage. */
    readonly named: readonly Named[]
    readonly listed: readonly Sighting[]
    readonly hints: readonly TrendCid[]
  }
): Promise<readonly Fork[]> {
  const [first] = versions as readonly [Named, ...Named[]]
  const byVersion = new Map(versions.map(({ cid, document }) => [document.version, cid]))
  const known = new Set(versions.map(({ cid }) => String(cid)))
  const forks = new Map<string, Fork>()
  const claim = (fork: Fork): void => {
    const text = String(fork.cid)
    if (byVersion.has(fork.version) && !known.has(text) && !forks.has(text)) forks.set(text, fork)
  }
  const claimAll = (others: readonly Named[], by: Fork['by']): void => {
    for (const { cid, document } of others) claim({ version: document.version, cid, by, root: others[0]!.cid })
  }
  claimAll(claims.named, 'ref')
  for (const { entry, edition } of claims.listed) {
    claim({ version: entry.version, cid: parseCid(entry.cid), by: 'edition', root: edition })
  }
  for (const hint of claims.hints) {
    const found = await library(hint)
    if (isGap(found) || !sameLineage(found.document, first.document)) continue
    claimAll((await descend(library, found, {})).versions, 'hint')
  }
  return [...forks.values()].toSorted((a, b) => b.version - a.version)
}
