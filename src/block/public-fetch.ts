import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, fetch as undiciFetch } from 'undici'
import { ArchiveError } from '../errors.ts'
import { isLoopback, isPublic } from './public-address.ts'

export interface PublicFetchOptions {
  /** Which addresses may be connected to. @default those of the public internet */
  readonly isAllowed?: ((address: string) => boolean) | undefined
  /** How names become addresses. @default the system's way */
  readonly lookup?: LookupFunction | undefined
}

export interface PublicFetch {
  readonly fetch: typeof globalThis.fetch
  /** Ends every connection and every request that is under way. */
  close: () => Promise<void>
}

/** Milliseconds for a connection, all that comes before the first byte of a request. */
const CONNECT_TIMEOUT = 5_000

/**
 * A `fetch` that connects to the public internet only, so that nobody who names a host can reach what is inside. A host is
 * looked up once a connection, and what was checked is what is connected to: a name that is answered differently the next
 * time gains nothing. A URL that names this machine itself, as `127.0.0.1` or `localhost`, is asked for by who wrote it.
 *
 * The fetch rejects with NOT_DELIVERED, reason `refused address`.
 */
export function publicFetch({ isAllowed = isPublic, lookup = systemLookup }: PublicFetchOptions = {}): PublicFetch {
  const mayConnect = (host: string, address: string): boolean =>
    isAllowed(address) || (namesThisMachine(host) && isLoopback(address))

  const checkedLookup: LookupFunction = (host, options, callback) => {
    lookup(host, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family)
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address)
      // One address inside among others outside is reason enough: which of them is dialled is not ours to say.
      if (addresses.every((address) => mayConnect(host, address))) return callback(null, found, family)
      callback(new RefusedAddress(), found, family)
    })
  }

  const connector = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: checkedLookup })
  const agent = new Agent({
    connect: (options, callback) => {
      const host = bare(options.hostname)
      // Of an address nothing is looked up.
      if (isIP(host) !== 0 && !mayConnect(host, host)) callback(new RefusedAddress(), null)
      else connector(options, callback)
    }
  })

  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    try {
      // One standard, two declarations of it: the runtime's and the package's.
      return (await undiciFetch(input as URL, { ...(init as object), dispatcher: agent })) as unknown as Response
    } catch (error) {
      throw error instanceof Error && error.cause instanceof RefusedAddress ? refused(input, error) : error
    }
  }
  return { fetch, close: async () => await agent.destroy() }
}

class RefusedAddress extends Error {}

function refused(input: string | URL | Request, cause: Error): ArchiveError<'NOT_DELIVERED'> {
  const { host } = new URL(input instanceof Request ? input.url : input)
  const words = 'its address is not on the public internet'
  const details = { source: host, reason: 'refused address' } as const
  return new ArchiveError('NOT_DELIVERED', `${host}: ${words}`, details, { cause })
}

const namesThisMachine = (host: string): boolean => host === 'localhost' || isLoopback(host)

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')
