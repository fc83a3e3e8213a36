import { ArchiveError } from '../errors.ts'
import { orAborted } from './abort.ts'
import { MAX_BLOCK_SIZE } from './block.ts'
import { join } from './bytes.ts'
import type { TrendCid } from './cid.ts'
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

/**
 * A trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/), by `fetch` alone. Redirects are not
 * followed: a gateway must not choose whom this machine talks to. Why it failed is in the message of the rejection,
 * and neither that nor the source's name holds more of the URL than its host.
 * @throws INVALID_OPTION when the URL is malformed, not https, or carries a user name or password
 */
export function gateway(url: string | URL, options: GatewayOptions = {}): BlockSource {
  const base = checkUrl(url, options.allowInsecure)
  const { host } = base
  const { fetch = globalThis.fetch, timeout = 5_000, firstByteTimeout = timeout, maxBytes = MAX_BLOCK_SIZE } = options
  return {
    name: host,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const request = startClock(signal)
      const total = request.limit(timeout, `not finished within ${timeout} ms`)
      const first = request.limit(firstByteTimeout, `no answer within ${firstByteTimeout} ms`)
      try {
        const response = await orAborted(
          request.signal,
          fetch(blockUrl(base, cid), {
            headers: { accept: RAW_BLOCK },
            // Not followed, and unlike with 'error' every runtime tells it from a failed connection.
            redirect: 'manual',
            credentials: 'omit',
            referrerPolicy: 'no-referrer',
            signal: request.signal
          })
        )
        const reason = refusal(response, maxBytes)
        if (reason !== undefined) throw isPassing(response) ? new Unanswered(reason) : new Refused(reason)
        return await orAborted(
          request.signal,
          readAtMost(response.body, maxBytes, () => clearTimeout(first))
        )
      } catch (cause) {
        signal?.throwIfAborted()
        const limit = request.stoppedBy()
        if (limit === undefined && cause instanceof Refused) throw new Error(`${host}: ${cause.message}`, { cause })
        const reason = limit ?? (cause instanceof Unanswered ? cause.message : 'unreachable')
        throw new ArchiveError('SOURCE_UNREACHABLE', `${host}: ${reason}`, { source: host }, { cause })
      } finally {
        clearTimeout(total)
        clearTimeout(first)
        // Ends the connection where the body was not read to its end.
        request.stop()
      }
    }
  }
}

/** An answer that will not do, in words. */
class Refused extends Error {}

/** An answer that is none yet, in words. */
class Unanswered extends Error {}

/** Too many requests, and a fault of the server's: neither says whether it has the block. */
const isPassing = ({ status }: Response): boolean => status === 429 || status >= 500

function checkUrl(url: string | URL, allowInsecure: boolean | undefined): URL {
  const base = parseUrl(url)
  if (base === undefined) throw invalid('not a URL')
  if (base.username !== '' || base.password !== '') {
    throw invalid('a URL must not carry a user name or password', 'send them in a header, by a `fetch` of your own')
  }
  const secure =
    base.protocol === 'https:' || (base.protocol === 'http:' && (allowInsecure ?? isLoopback(base.hostname)))
  if (!secure) throw invalid('the URL must be https', 'allow plain http with `allowInsecure`')
  return base
}

function parseUrl(url: string | URL): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
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

/** Why an answer is not worth reading, if it is not. */
function refusal({ status, type, redirected, headers, ok, body }: Response, maxBytes: number): string | undefined {
  if (type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)) return 'redirect refused'
  if (status === 429) return `rate-limited${retryAfter(headers.get('retry-after'))}`
  if (status === 404 || status === 410) return `does not have the block (status ${status})`
  if (!ok) return `status ${status}`
  const mediaType = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get('content-type') ?? '')?.[0].toLowerCase()
  if (mediaType === 'text/html') return `a page instead of a block (content type ${mediaType})`
  const length = Number(headers.get('content-length') ?? 0)
  if (length > maxBytes) return tooLarge(maxBytes)
  return body === null ? 'an empty answer' : undefined
}

/** The header is seconds or a date; anything else is not repeated. */
function retryAfter(header: string | null): string {
  if (header === null) return ''
  if (/^\d{1,9}$/.test(header)) return `, retry after ${header} s`
  const date = Date.parse(header)
  return Number.isNaN(date) ? '' : `, retry after ${new Date(date).toISOString()}`
}

const tooLarge = (maxBytes: number): string => `too large, more than ${maxBytes} bytes`

async function readAtMost(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
  onFirstByte: () => void
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body!.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    onFirstByte()
    if (done) return join(chunks)
    // A decompression bomb is small on the wire, so what counts is what comes out.
    size += value.byteLength
    if (size > maxBytes) throw new Refused(tooLarge(maxBytes))
    chunks.push(value)
  }
}

interface Clock {
  readonly signal: AbortSignal
  /** Stops the request after so many milliseconds, for that reason. */
  limit: (milliseconds: number, reason: string) => ReturnType<typeof setTimeout>
  /** The reason of the limit that was reached, if one was. */
  stoppedBy: () => string | undefined
  stop: () => void
}

function startClock(caller: AbortSignal | undefined): Clock {
  const own = new AbortController()
  let reason: string | undefined
  return {
    signal: caller === undefined ? own.signal : AbortSignal.any([caller, own.signal]),
    limit: (milliseconds, why) =>
      setTimeout(() => {
        reason = why
        own.abort(new Error(why))
      }, milliseconds),
    stoppedBy: () => reason,
    stop: () => own.abort()
  }
}
