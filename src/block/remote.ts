import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { Block } from './block.ts'
import type { TrendCid } from './cid.ts'
import type { BlockSource } from './source.ts'

/** How far a request to keep a document is; of these only `pinned` claims that it is kept. */
export type RemoteStatus = 'queued' | 'pinning' | 'pinned' | 'failed'

/** What a remote says of one request. A claim, until the bytes were fetched from it again. */
export interface RemotePin {
  readonly cid: string
  /** The remote's own name for the request. */
  readonly requestId: string
  readonly status: RemoteStatus
  /** Since when, in the remote's own words. */
  readonly created: string
}

/**
 * Somebody else's machine that is asked to keep documents: a pinning service, or a bucket.
 *
 * A remote is never trusted: it MAY lie, stall or forget. `source` is where its bytes are fetched again, to see.
 * Every call stops when `signal` aborts, ends on its own, and fails with NO_ACCOUNT or REMOTE_FAILED.
 */
export interface Remote {
  readonly name: string
  /** Whether it fetches by itself what it is to keep, so that somebody must be serving it until then. */
  readonly isFetching: boolean
  /** Where the bytes it keeps can be read; none where its word cannot be checked. */
  readonly source: BlockSource | undefined
  /** Asks it to keep a document. What it keeps or was asked for already is not asked for twice. */
  ask: (block: Block, options?: AskOptions) => Promise<RemotePin>
  /** How a request stands; `undefined` where the remote knows it no more. */
  status: (pin: PinId, options?: Abortable) => Promise<RemotePin | undefined>
  /** Takes back that a document is kept on somebody's behalf. A request that the remote knows no more is no error. */
  withdraw: (keeping: Keeping, options?: Abortable) => Promise<void>
}

/** On whose behalf a document is kept, and whether on nobody else's. */
export interface Keeping extends PinId {
  /** The edition's CID, or the document's own. */
  readonly keeper: TrendCid
  readonly isLast: boolean
}

/** A request, and what it is about. */
export interface PinId {
  readonly cid: TrendCid
  readonly requestId: string
}

export interface AskOptions extends Abortable {
  /** What a person would call the document. */
  readonly name?: string | undefined
  /** Multiaddrs of nodes that serve it. */
  readonly origins?: readonly string[] | undefined
  /** The edition on whose behalf it is kept; without one it is kept in its own right. */
  readonly root?: TrendCid | undefined
}

/**
 * The URL of a remote. It must be https, as a secret goes there; plain http will do on this machine only.
 * @throws INVALID_OPTION, which does not repeat the URL
 */
export function checkRemoteUrl(url: string | URL, option: string): URL {
  const base = URL.parse(url)
  if (base === null) throw invalid(option, 'not a URL')
  if (base.username !== '' || base.password !== '') throw invalid(option, 'a URL must not carry a user or password')
  if (base.protocol === 'https:' || (base.protocol === 'http:' && isLoopback(base.hostname))) return base
  throw invalid(option, 'the URL must be https')
}

/** URL parsing has already turned every spelling of an IPv4 address into this one. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

const invalid = (option: string, rule: string): ArchiveError<'INVALID_OPTION'> =>
  new ArchiveError('INVALID_OPTION', `${option}: ${rule}`, { option, rule })
