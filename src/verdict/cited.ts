import { eitherOf, orAborted } from '../block/abort.ts'
import { fromBytes32, parseCid, type TrendCid } from '../block/cid.ts'
import type { BlockSource, FetchOptions } from '../block/source.ts'
import { citationsIn } from '../document/citations.ts'
import { instantOf } from '../document/instant.ts'
import { parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import type { Registry } from '../registry/registry.ts'
import type { Cited, CitedFound, Glance } from './beside.ts'
import { type Chains, chainsOf, glance } from './glance.ts'
import { isGap, type Library, libraryOf, type Named, walkTo } from './library.ts'

/** How many citations of a document are looked at. */
export const MAX_CITED = 32

/** Milliseconds for all of it, and of those how long the bytes may take. */
const LIMIT = { all: 5_000, bytes: 3_000 }

export interface CitedPorts {
  readonly sources: readonly BlockSource[]
  readonly registries: readonly Registry[]
}

/**
 * Looks at what a document cites: one level, at most {@link MAX_CITED}, all at once, and no longer than 5 s. Each is asked
 * of its own publisher's registry. What a document says of itself is no citation. Throws only when the caller aborts.
 */
export async function lookAtCited(
  ports: CitedPorts,
  { cid: own, document }: Named,
  options: Abortable = {}
): Promise<CitedFound> {
  const citations = citationsIn(document)
  const looked = citations.slice(0, MAX_CITED)
  const glances = await lookAt(
    ports,
    looked.map(({ target }) => target),
    options
  )
  const cited = looked.map((citation, i): Cited => ({ ...citation, glance: glances[i]! }))
  return {
    cited: cited.filter(({ glance: { cid } }) => cid?.equals(own) !== true),
    left: citations.length - looked.length
  }
}

/** Looks at documents by CID or name, in their order, within 5 s. Throws only when the caller aborts. */
export async function lookAt(
  { sources, registries }: CitedPorts,
  targets: readonly string[],
  { signal }: Abortable = {}
): Promise<readonly Glance[]> {
  if (targets.length === 0) return []
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), LIMIT.all)
  const options: FetchOptions = { signal: eitherOf(signal, limit.signal), deadline: LIMIT.bytes }
  const orLate = async <Result>(work: () => Promise<Result>, late: (why: string) => Result): Promise<Result> => {
    try {
      return await orAborted(options.signal, work())
    } catch (error) {
      signal?.throwIfAborted()
      if (limit.signal.aborted) return late('nobody answered in time')
      if (isArchiveError(error)) return late(error.message)
      throw error
    }
  }
  try {
    const library = libraryOf(sources, options)
    const chains = chainsOf(registries, options)
    const found = await Promise.all(
      targets.map(async (target) => await orLate(() => find(library, chains, target, options), toUnseen))
    )
    const documents = found.filter((one): one is Named => !('standing' in one))
    const glances = await orLate(
      () => glance({ library, chains }, documents, options),
      (why) => documents.map((named): Glance => ({ ...named, standing: 'unknown', why }))
    )
    const seen = new Map(documents.map((named, i) => [named, glances[i]!]))
    return found.map((one) => ('standing' in one ? one : seen.get(one)!))
  } finally {
    clearTimeout(timer)
  }
}

const toUnseen = (why: string, cid?: TrendCid): Glance => ({ cid, document: undefined, standing: 'unknown', why })

/** The document that a citation means. */
async function find(library: Library, chains: Chains, target: string, options: Abortable): Promise<Named | Glance> {
  const slash = target.lastIndexOf('/')
  if (slash === -1) {
    const cid = parseCid(target)
    const found = await library(cid)
    return isGap(found) ? toUnseen(found.gap, cid) : found
  }
  const [publisher, [slug = '', version]] = [target.slice(0, slash), target.slice(slash + 1).split('@')]
  const { chain, address } = parsePublisher(publisher)
  const there = await chains(publisher)
  if (there === undefined) return toUnseen(`no registry is known for ${chain}`)
  const head = await there.registry.head(address, refOf(slug), there.at, options)
  if (head === undefined) return toUnseen(`${publisher}/${slug} names nothing`)
  const top = await library(fromBytes32(head))
  if (isGap(top)) return toUnseen(top.gap)
  if (top.document.publisher !== publisher || top.document.slug !== slug) {
    return toUnseen(`${publisher}/${slug} names a document of another publisher or slug`)
  }
  if (version === undefined) return top
  const met = await walkTo(library, top, Number(version))
  if (isGap(met)) return toUnseen(met.gap)
  return met.document.version === Number(version) ? met : toUnseen(`${target} is no version that is named`)
}

/** What a reader of the citing document should know of those it cites; nothing of those that stand. */
export const citedWarnings = ({ cited, left }: CitedFound): readonly string[] => [
  ...cited.flatMap(({ target, glance: seen }) => {
    const said = describeGlance(seen)
    return said === undefined ? [] : [`cites ${target}, ${said}`]
  }),
  ...(left > 0 ? [`cites ${left} more, which were not looked at`] : [])
]

/** What is the matter with a document; `undefined` where its publisher stands by it, or nothing can be said. */
export function describeGlance(seen: Glance): string | undefined {
  if (seen.standing === 'unknown') {
    return seen.document === undefined ? undefined : `of which nothing is known: ${seen.why}`
  }
  const { standing, retractedAt, newer, notice } = seen
  const why = notice?.document && `: ${notice.document.reason}, ${JSON.stringify(notice.document.note)}`
  if (standing === 'retracted') {
    const successor = notice?.document?.successor
    const instead = successor === undefined ? '' : `; it says to read ${successor} instead`
    const when =
      retractedAt === 0
        ? 'recorded by an editor whom its publisher has disowned'
        : `which its publisher took back on ${instantOf(retractedAt)}`
    return `${when}${why ?? ''}${instead}`
  }
  if (notice?.document?.action === 'concern') return `about which its publisher voiced a concern${why}`
  return standing === 'superseded' ? `superseded by ${newer}` : undefined
}
