import { ArchiveError, isArchiveError, type RemoteReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { orAborted } from './abort.ts'
import { join } from './bytes.ts'

/** An answer that was read to its end: one of success, or "not found". */
export interface Answer {
  readonly status: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface ExchangeOptions {
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How long one request may take, in milliseconds. @default 10_000 */
  readonly timeout?: number | undefined
  /** How often a request is made before it is given up. @default 4 */
  readonly attempts?: number | undefined
  /** How long to wait before the second attempt, in milliseconds; twice that before each one after it. @default 500 */
  readonly backoff?: number | undefined
}

export interface Exchange extends ExchangeOptions, Abortable {
  /** What the remote is called in errors. */
  readonly remote: string
  /** Answers of more bytes are refused, counted after decompression. */
  readonly maxBytes: number
  /** Whether making the request twice does no harm. Else only a "come back later" is followed by another attempt. */
  readonly isRepeatable: boolean
}

/** A remote that asks for more patience than this, in milliseconds, is not waited for. */
const LONGEST_WAIT = 30_000

/**
 * One request and its answer, within limits. Redirects are not followed: the request carries a secret, which is for
 * that host alone. Neither the URL nor the answer's words get into an error: both may hold the secret.
 * @param request makes the request anew for each attempt
 * @throws NO_ACCOUNT when the remote refuses the secret
 * @throws REMOTE_FAILED
 */
export async function exchange(request: () => Promise<Request> | Request, options: Exchange): Promise<Answer> {
  const { attempts = 4, backoff = 500, signal } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await attemptOnce(await request(), options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof Passing)) throw error
      const wait = Math.max(error.wait, backoff * 2 ** (attempt - 1))
      const mayRepeat = options.isRepeatable || error.reason === 'busy'
      if (!mayRepeat || attempt >= attempts || wait > LONGEST_WAIT) throw failed(options.remote, error)
      await pause(wait, signal)
    }
  }
}

/** A failure that may pass. */
class Passing extends Error {
  readonly reason: RemoteReason
  readonly status: number | undefined
  /** How long the remote asks to be left alone, in milliseconds. */
  readonly wait: number

  constructor(reason: RemoteReason, message: string, { status, wait = 0 }: PassingOptions = {}) {
    super(message)
    this.reason = reason
    this.status = status
    this.wait = wait
  }
}

interface PassingOptions {
  readonly status?: number
  readonly wait?: number
}

async function attemptOnce(request: Request, options: Exchange): Promise<Answer> {
  const { fetch = globalThis.fetch, timeout = 10_000, remote, maxBytes, signal } = options
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(), timeout)
  const either = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal])
  try {
    const sent = fetch(request, {
      redirect: 'manual',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: either
    })
    const response = await orAborted(either, sent)
    checkStatus(response, remote)
    return { status: response.status, bytes: await orAborted(either, readAtMost(response, remote, maxBytes)) }
  } catch (cause) {
    if (cause instanceof Passing || isArchiveError(cause)) throw cause
    // The cause is not kept: undici's parser puts what the remote said into it, which may be the secret.
    throw new Passing('unreachable', own.signal.aborted ? `no answer within ${timeout} ms` : whyNot(cause))
  } finally {
    clearTimeout(timer)
    // Ends the connection where the answer was not read to its end.
    own.abort()
  }
}

/** Of a failed connection its code only, `ECONNREFUSED` or the like. */
function whyNot(error: unknown): string {
  const { code } = Object(error instanceof Error ? error.cause : undefined) as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? `unreachable (${code})` : 'unreachable'
}

/** Lets success and "not found" pass. */
function checkStatus({ status, ok, type, headers }: Response, remote: string): void {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw remoteFailed(remote, 'redirect', 'it redirects, and a secret is for its own host alone', status || undefined)
  }
  if (ok || status === 404) return
  if (status === 401 || status === 403) {
    const rule = `${remote} refuses the secret it was shown (status ${status})`
    throw new ArchiveError('NO_ACCOUNT', rule, { rule }, { hint: 'check the environment variable that holds it' })
  }
  if (status === 429) throw new Passing('busy', 'too many requests', { status, wait: waitOf(headers) })
  if (status === 408 || status >= 500) throw new Passing('fault', `status ${status}`, { status, wait: waitOf(headers) })
  throw remoteFailed(remote, 'refused', `status ${status}`, status)
}

/** `Retry-After` in milliseconds: seconds, or a date; 0 where there is none that can be read. */
function waitOf(headers: Headers): number {
  const text = headers.get('retry-after') ?? ''
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(wait) ? 0 : Math.max(0, wait)
}

async function readAtMost({ body }: Response, remote: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw remoteFailed(remote, 'too large', `its answer is more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return join(chunks)
}

const failed = (remote: string, { reason, message, status }: Passing): ArchiveError<'REMOTE_FAILED'> =>
  remoteFailed(remote, reason, message, status)

/** What a remote did not do, and why. */
export function remoteFailed(
  remote: string,
  reason: RemoteReason,
  message: string,
  status?: number
): ArchiveError<'REMOTE_FAILED'> {
  return new ArchiveError('REMOTE_FAILED', `${remote}: ${message}`, { remote, reason, status })
}

/** Waits, for as long as nobody gives up. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  try {
    await orAborted(signal, waited)
  } finally {
    clearTimeout(timer)
  }
}

const HEADER_TEXT = /^[\x21-\x7e]+$/

/**
 * A secret that goes into a header.
 * @param name the environment variable it came from
 * @throws NO_ACCOUNT where there is none, or one that no header can carry: `fetch` would quote it
 */
export function checkSecret(secret: string | undefined, name: string): string {
  const text = secret?.trim() ?? ''
  if (HEADER_TEXT.test(text)) return text
  const rule = text === '' ? `${name} is not set` : `${name} holds what no header can carry`
  throw new ArchiveError('NO_ACCOUNT', rule, { rule }, { hint: `set ${name} in the environment` })
}
