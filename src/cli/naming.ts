import { list } from '../archive/list.ts'
import { type Name, parseName } from '../archive/name.ts'
import type { WritePorts } from '../archive/ports.ts'
import { resolve } from '../archive/resolve.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { SendOptions } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { nearest } from './nearest.ts'
import type { Session } from './session.ts'

/** A bare slug, or an address and a slug: what is missing is the account's, on the network. */
const LACKS_PUBLISHER = /^(?:0x[0-9a-f]{40}\/)?[a-z0-9][a-z0-9-]{0,30}(?:@[1-9][0-9]*)?$/i

/** Reads a name. Only one that lacks its publisher asks for the account. @throws INVALID_NAME, UNSUPPORTED_CID */
export async function nameOf(text: string, session: Session): Promise<Name> {
  if (!LACKS_PUBLISHER.test(text)) return parseName(text)
  try {
    return parseName(text, { publisher: await session.publisher() })
  } catch (error) {
    // Without an account the name is what is wrong: it must say its publisher.
    if (isArchiveError(error, 'NO_ACCOUNT')) return parseName(text)
    throw error
  }
}

/** What a name means now, to whoever is about to change it: when nothing of theirs is under way. */
export async function namedNow(
  text: string,
  ports: WritePorts,
  session: Session,
  options: SendOptions
): Promise<Named> {
  await ports.registry.settle(options)
  const { signal } = options
  const reading = { sources: ports.sources, registries: [ports.registry] }
  return await resolve(reading, await nameOf(text, session), { signal, tag: 'latest' })
}

const SEE = 'see what is pinned here with: trend-archive list'

/** Where a name of nothing was thrown, the same with a hint: the pinned document whose name is like it, if there is one. */
export async function withNearest(error: unknown, session: Session, signal: AbortSignal): Promise<unknown> {
  if (!isArchiveError(error, 'NOT_FOUND') || error.hint !== undefined) return error
  const name = refIn(error.details.name)
  if (name === undefined) return error
  const guess = await pinnedLike(name, session, signal)
  const hint = guess === undefined ? SEE : `did you mean ${guess}? ${SEE}`
  return new ArchiveError('NOT_FOUND', error.message, error.details, { cause: error, hint })
}

type Ref = Extract<Name, { by: 'ref' }>

/** What was not found may also be a file. */
function refIn(text: string): Ref | undefined {
  try {
    const name = parseName(text)
    return name.by === 'ref' ? name : undefined
  } catch {
    return undefined
  }
}

/** A slug of the publisher's is named alone, another publisher's in full. */
async function pinnedLike(
  { publisher, slug }: Ref,
  session: Session,
  signal: AbortSignal
): Promise<string | undefined> {
  try {
    const documents = (await list({ pinned: await session.pins(), sources: await session.sources() }, { signal })).map(
      ({ document }) => document
    )
    const own = documents.filter((one) => one.publisher === publisher && one.slug !== slug)
    const others = documents.filter((one) => one.publisher !== publisher)
    const ownSlug = nearest(
      slug,
      own.map((one) => one.slug)
    )
    if (ownSlug !== undefined) return ownSlug
    const otherSlug = nearest(
      slug,
      others.map((one) => one.slug)
    )
    const other = others.find((one) => one.slug === otherSlug)
    return other && `${other.publisher}/${other.slug}`
  } catch {
    // A guess that cannot be made must not hide what was wrong: there may be no archive at all.
    return undefined
  }
}
