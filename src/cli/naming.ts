import { list } from '../archive/list.ts'
import { type Name, parseName } from '../archive/name.ts'
import type { WritePorts } from '../archive/ports.ts'
import { resolve } from '../archive/resolve.ts'
import { type Chain, type Publisher, tryPublisher } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { SendOptions } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { typedAddress } from './address.ts'
import { type Context, type Option, text } from './command.ts'
import { nearest } from './nearest.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** A bare slug, or an address and a slug: what is missing is the account's, on the network. */
const LACKS_PUBLISHER = /^(?:0x[0-9a-f]{40}\/)?[a-z0-9][a-z0-9-]{0,30}(?:@[1-9][0-9]*)?$/i

/**
 * Reads a name. One that lacks its publisher is that publisher's, or else the account's.
 * @throws INVALID_NAME, UNSUPPORTED_CID
 */
export async function nameOf(text: string, session: Session, publisher?: Publisher): Promise<Name> {
  const slash = text.lastIndexOf('/')
  const owner = text.slice(0, Math.max(0, slash))
  if (isEnsName(owner)) return parseName(`${await session.named(owner)}${text.slice(slash)}`)
  if (!LACKS_PUBLISHER.test(text)) return parseName(text)
  if (publisher !== undefined) return parseName(text, { publisher })
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
  options: SendOptions,
  publisher?: Publisher
): Promise<Named> {
  await ports.registry.settle(options)
  const { signal } = options
  const reading = { sources: ports.sources, registries: [ports.registry] }
  return await resolve(reading, await nameOf(text, session, publisher), { signal, tag: 'latest' })
}

/** `--publisher`, for an account that acts as somebody's editor. */
export const publisherOption: Option<string | undefined> = text(
  '--publisher <account>',
  'whose documents they are, where you are their editor: an account, an address on the network, or a name as alice.eth'
)

/** What no account, no slug and no CID is: a name with a dot in it. What is typed otherwise is refused where it is asked. */
const isEnsName = (text: string): boolean => /^[^:/]*\.[^:/]*$/.test(text)

/**
 * Whoever was typed: a CAIP-10 account, a did:pkh of one, an address on the network, or a name of the Ethereum Name
 * Service, which is told what it means.
 * @throws UsageError when it is nobody, and as {@link Session.named}
 */
export async function publisherOf(
  typed: string,
  { session, settings }: Pick<Context, 'session' | 'settings'>
): Promise<Publisher> {
  if (isEnsName(typed)) return await session.named(typed)
  return typedPublisher(typed, settings.network.chain)
}

/** The same of whoever was typed without a name: what a name means rests on somebody's word. @throws UsageError */
export function typedPublisher(typed: string, chain: Chain): Publisher {
  const lower = typed.toLowerCase()
  const publisher = tryPublisher(
    lower.startsWith('0x') ? `${chain}:${lower}` : lower.startsWith('did:') ? typed : lower
  )
  if (publisher === undefined) throw new UsageError(`'${typed}' is no publisher`, WHAT_IT_IS)
  typedAddress(typed.slice(typed.lastIndexOf(':') + 1))
  return publisher
}

const WHAT_IT_IS =
  'a publisher is a CAIP-10 account, e.g. eip155:1:0xab16…, its did:pkh, an address on the network, or a name such as alice.eth'

/** A publisher of the network, if one was typed. @throws UsageError */
export async function publisherIn(
  typed: string | undefined,
  context: Pick<Context, 'session' | 'settings'>
): Promise<Publisher | undefined> {
  if (typed === undefined) return undefined
  return ofNetwork(await publisherOf(typed, context), context.settings.network.chain)
}

/** @throws UsageError when the account is of another chain */
export function ofNetwork(full: Publisher, chain: Chain): Publisher {
  if (full.startsWith(`${chain}:`)) return full
  const home = full.slice(0, full.lastIndexOf(':'))
  throw new UsageError(`${full} publishes on ${home}, and the network is ${chain}`, `name it: --network ${home}`)
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
