import { MAX_BYTES } from '../document/size.ts'
import { ArchiveError, isArchiveError, type SourceFailure, type SourceReason } from '../errors.ts'
import { eitherOf, orAborted } from './abort.ts'
import type { TrendCid } from './cid.ts'
import { readAtMost, TooLarge } from './read.ts'
import type { BlockSource } from './source.ts'

export interface GatewayOptions {
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How long one request may take, in milliseconds. @default 5_000 */
  readonly timeout?: number | undefined
  /** How long the gateway may take to begin its answer, in milliseconds. @default the whole `timeout` */
  readonly firstByteTimeout?: number | undefined
  /** Answers of more bytes are refused, counted after decompression. @default 1_048_576 */
  readonly maxBytes?: number | undefined
  /** Whether plain `http:` will do. @default only for a gateway on this machine */
  readonly allowInsecure?: boolean | undefined
}

const RAW_BLOCK = 'application/vnd.ipld.raw'
/** Seconds that a gateway is left alone which has had enough of us and does not say for how long. */
const REST = 1

/**
 * A trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/), by `fetch` alone. Redirects are not
 * followed: a gateway must not choose whom this machine talks to. One that asks to be left alone is not asked before its
 * time. Why it failed is in the rejection, NOT_DELIVERED or SOURCE_UNREACHABLE, and neither that nor the source's name
 * holds more of the URL than its host.
 * @throws INVALID_OPTION when the URL is malformed, not https, or carries a user name or password
 */
export function gateway(url: string | URL, options: GatewayOptions = {}): BlockSource {
  const base = checkUrl(url, options.allowInsecure)
  const { host } = base
  const { fetch = globalThis.fetch, timeout = 5_000, firstByteTimeout = timeout, maxBytes = MAX_BYTES } = options
  let restsUntil = 0

  const get: BlockSource['get'] = async (cid, { signal: caller } = {}) => {
    caller?.throwIfAborted()
    const rest = restsUntil - performance.now()
    if (rest > 0) throw rateLimited(host, Math.ceil(rest / 1_000))
    const clock = new AbortController()
    const limit = (milliseconds: number, words: string): ReturnType<typeof setTimeout> =>
      setTimeout(() => clock.abort(failed(host, 'timed out', `${words} within ${milliseconds} ms`)), milliseconds)
    const total = limit(timeout, 'not finished')
    const first = limit(firstByteTimeout, 'no answer')
    const signal = eitherOf(caller, clock.signal)
    const answer = async (): Promise<Uint8Array<ArrayBuffer>> => {
      const response = await fetch(blockUrl(base, cid), {
        headers: { accept: RAW_BLOCK },
        // Not followed, and unlike with 'error' every runtime tells it from a failed connection.
        redirect: 'manual',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        signal
      })
      return await readAtMost(bodyOf(response, host, maxBytes), maxBytes, () => clearTimeout(first))
    }
    try {
      return await orAborted(signal, answer())
    } catch (error) {
      // Not every `fetch` rejects with the reason of its signal.
      signal.throwIfAborted()
      if (error instanceof TooLarge) throw tooLarge(host, maxBytes)
      const failure = isArchiveError(error) ? error : failed(host, 'unreachable', undefined, {}, error)
      const { status, retryAfter = REST } = failure.details as SourceFailure
      if (status === 429) restsUntil = performance.now() + retryAfter * 1_000
      throw failure
    } finally {
      clearTimeout(total)
      clearTimeout(first)
      // Ends the connection where the body was not read to its end.
      clock.abort()
    }
  }

  return { name: host, get }
}

/** Whether a gateway has the block is not known where it did not answer, or had a fault, or had enough of us. */
const OPEN: readonly SourceReason[] = ['timed out', 'unreachable', 'rate limited']

function failed(
  host: string,
  reason: SourceReason,
  words: string = reason,
  answer: Pick<SourceFailure, 'status' | 'retryAfter'> = {},
  cause?: unknown
): ArchiveError {
  const code = OPEN.includes(reason) || answer.status! >= 500 ? 'SOURCE_UNREACHABLE' : 'NOT_DELIVERED'
  return new ArchiveError(code, `${host}: ${words}`, { source: host, reason, ...answer }, { cause })
}

function checkUrl(url: string | URL, allowInsecure: boolean | undefined): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined
  if (base === undefined) throw invalid('not a URL')
  if (base.username !== '' || base.password !== '') {
    throw invalid('a URL must not carry a user name or password', 'send them in a header, by a `fetch` of your own')
  }
  const secure =
    base.protocol === 'https:' || (base.protocol === 'http:' && (allowInsecure ?? isLoopback(base.hostname)))
  if (!secure) throw invalid('the URL must be https', 'allow plain http with `allowInsecure`')
  return base
}

// The URL stays out of the message: tokens travel in paths and queries as well.
function invalid(rule: string, hint?: string): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', `gateway: ${rule}`, { option: 'gateway', rule }, { hint })
}

/** URL parsing has already turned every spelling of an IPv4 address into this one. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function blockUrl(base: URL, cid: TrendCid): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/ipfs/${cid}`
  url.searchParams.set('format', 'raw')
  url.hash = ''
  return url
}

/** The body of an answer that is worth reading. */
function bodyOf(
  { status, type, redirected, headers, ok, body }: Response,
  host: string,
  maxBytes: number
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)) {
    throw failed(host, 'redirect', 'redirect refused', { status })
  }
  if (status === 429) throw rateLimited(host, secondsOf(headers.get('retry-after')))
  if (status === 404 || status === 410) {
    throw failed(host, 'does not have it', `does not have the block (status ${status})`, { status })
  }
  if (!ok) throw failed(host, 'status', `status ${status}`, { status })
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) {
    throw failed(host, 'not a block', 'a page instead of a block (content type text/html)')
  }
  if (Number(headers.get('content-length')) > maxBytes) throw tooLarge(host, maxBytes)
  if (body === null) throw failed(host, 'not a block', 'an empty answer')
  return body
}

const tooLarge = (host: string, maxBytes: number): ArchiveError =>
  failed(host, 'too large', `too large, more than ${maxBytes} bytes`)

function rateLimited(host: string, retryAfter: number | undefined): ArchiveError {
  if (retryAfter === undefined) return failed(host, 'rate limited', undefined, { status: 429 })
  return failed(host, 'rate limited', `rate limited, retry after ${retryAfter} s`, { status: 429, retryAfter })
}

/** The header is seconds or a date (RFC 9110, 10.2.3); anything else says nothing. */
function secondsOf(header: string | null): number | undefined {
  if (/^\d{1,9}$/.test(header ?? '')) return Number(header)
  const seconds = Math.ceil((Date.parse(header ?? '') - Date.now()) / 1_000)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
