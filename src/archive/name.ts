import { parseCid, type TrendCid } from '../block/cid.ts'
import { isPublisher, type Publisher, tryPublisher } from '../document/publisher.ts'
import { SLUG } from '../document/slug.ts'
import { ArchiveError } from '../errors.ts'

/** How a person names a document: by its content, or by who publishes it under which slug, at which version. */
export type Name =
  | { readonly by: 'cid'; readonly cid: TrendCid }
  | {
      readonly by: 'ref'
      readonly publisher: Publisher
      readonly slug: string
      /** Absent for whatever the publisher names now. */
      readonly version: number | undefined
    }

const VERSION = /^[1-9][0-9]{0,8}$/

/**
 * Reads a name: a CID, `ipfs://<CID>`, `<publisher>/<slug>` or `<publisher>/<slug>@<version>`; a publisher is a CAIP-10
 * account or a `did:pkh` of one. With a default publisher, `<slug>` and `<slug>@<version>` are names too, and `<0x address>/<slug>` is one on its chain.
 * @throws INVALID_NAME, or UNSUPPORTED_CID for a CID outside the profile
 */
export function parseName(text: string, defaults: { readonly publisher?: Publisher | undefined } = {}): Name {
  if (text.startsWith('ipfs://')) return { by: 'cid', cid: parseCid(text.slice('ipfs://'.length).replace(/\/$/, '')) }
  const [path = '', version, ...rest] = text.split('@')
  const slash = path.lastIndexOf('/')
  const slug = path.slice(slash + 1)
  const publisher = slash === -1 ? defaults.publisher : publisherIn(path.slice(0, slash), defaults.publisher)
  if (slash === -1 && version === undefined && looksLikeCid(path)) return { by: 'cid', cid: parseCid(path) }
  if (rest.length > 0 || (version !== undefined && !VERSION.test(version)))
    throw invalid(text, 'a version is 1, 2, 3 …')
  if (!SLUG.test(slug)) throw invalid(text, 'a slug is 1 to 31 of a-z, 0-9 and -, and does not start with -')
  if (publisher === undefined) throw invalid(text, 'a slug needs its publisher: <publisher>/<slug>')
  return { by: 'ref', publisher, slug, version: version === undefined ? undefined : Number(version) }
}

/** A slug has at most 31 characters and a CID of any kind has more. */
const looksLikeCid = (text: string): boolean => /^[A-Za-z0-9]{32,}$/.test(text)

function publisherIn(text: string, fallback: Publisher | undefined): Publisher | undefined {
  const lower = text.toLowerCase()
  // A DID is taken as it is spelled; its method and namespace are lower case.
  const named = isPublisher(lower) ? lower : tryPublisher(text)
  if (named !== undefined) return named
  const chain = fallback?.slice(0, fallback.lastIndexOf(':'))
  const full = `${chain}:${lower}`
  if (chain !== undefined && isPublisher(full)) return full
  throw invalid(text, 'a publisher is a CAIP-10 account, e.g. eip155:1:0xab16…')
}

function invalid(name: string, rule: string): ArchiveError<'INVALID_NAME'> {
  const hint = 'names: a CID, ipfs://CID, publisher/slug, publisher/slug@version'
  return new ArchiveError('INVALID_NAME', `${name}: ${rule}`, { name, rule }, { hint })
}
