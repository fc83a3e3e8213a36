import { eitherOf } from '../block/abort.ts'
import { readAtMost, TooLarge } from '../block/read.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { Request } from './request.ts'

export interface HttpRequestOptions {
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds until a node that says nothing counts as down. @default 10_000 */
  readonly timeout?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A larger answer is not read to its end. @default 8_388_608 */
  readonly maxBytes?: number | undefined
}

/** How much of a node's own words an error repeats. */
const QUOTE = 200
/** Longer than a hash: what was sent to the node, perhaps a signed transaction. */
const LONG_HEX = /(?:0x)?[0-9a-f]{65,}/gi

/**
 * JSON-RPC over `fetch`. The URL may carry credentials, as many nodes ask for them in its path; so nothing but its host
 * is ever told.
 * @throws INVALID_OPTION when `url` is not a URL with http or https
 */
export function httpRequest(
  url: string | URL,
  { fetch = globalThis.fetch, timeout = 10_000, headers = {}, maxBytes = 8_388_608 }: HttpRequestOptions = {}
): Request {
  const { endpoint, host, authorization } = parseEndpoint(url)
  let lastId = 0

  const post = async (body: string, signal: AbortSignal): Promise<Response> =>
    await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
      body,
      // Not 'error': workerd has no such thing.
      redirect: 'manual',
      signal
    })

  const request = async (
    { method, params }: { readonly method: string; readonly params: readonly unknown[] },
    { signal }: Abortable = {}
  ): Promise<unknown> => {
    signal?.throwIfAborted()
    const id = ++lastId
    const deadline = AbortSignal.timeout(timeout)
    const either = eitherOf(signal, deadline)
    let text: string
    let status: number
    let isElsewhere: boolean
    try {
      const response = await post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), either)
      status = response.status
      isElsewhere = pointsElsewhere(response)
      text = response.body === null ? '' : new TextDecoder().decode(await readAtMost(response.body, maxBytes))
    } catch (error) {
      signal?.throwIfAborted()
      if (deadline.aborted) throw new Error(`${host} did not answer within ${timeout} ms`)
      if (error instanceof TooLarge) throw new Error(`${host} answered with more than ${maxBytes} bytes`)
      // What fetch says may quote the URL; the system's own code for what went wrong does not.
      throw new Error(`${host} cannot be reached${systemCodeOf(error)}`)
    }
    if (isElsewhere) throw new Error(`${host} points elsewhere, which is not followed`)
    return resultOf(text, { id, host, status })
  }
  return Object.assign(request, { trust: `rpc:${host}`, isSteady: true })
}

interface Exchange {
  readonly id: number
  readonly host: string
  readonly status: number
}

/** A page is not told the status of a redirect. */
const pointsElsewhere = ({ type, redirected, status }: Response): boolean =>
  type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)

function resultOf(text: string, { id, host, status }: Exchange): unknown {
  const answer = tryParse(text)
  const isObject = typeof answer === 'object' && answer !== null
  if (isObject && 'error' in answer && typeof answer.error === 'object' && answer.error !== null) {
    const { code, message, data } = answer.error as Readonly<Record<string, unknown>>
    const words = String(message).replaceAll(LONG_HEX, '(hex)').slice(0, QUOTE)
    throw Object.assign(new Error(`${host} answered: ${words}`), { code, data })
  }
  if (status < 200 || status > 299) throw new Error(`${host} answered with status ${status}`)
  if (!isObject || !('result' in answer) || !('id' in answer) || answer.id !== id) {
    throw new Error(`${host} answered with something that is not JSON-RPC`)
  }
  return answer.result
}

interface Endpoint {
  readonly endpoint: string
  readonly host: string
  readonly authorization: Readonly<Record<string, string>>
}

/** fetch refuses a URL with a user in it, so the user goes where it belongs. */
function parseEndpoint(url: string | URL): Endpoint {
  const endpoint = URL.canParse(url) ? new URL(url) : undefined
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol)) {
    const rule = 'the URL of a node begins with https:// or http://'
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'url', rule })
  }
  const { host, username, password } = endpoint
  endpoint.username = ''
  endpoint.password = ''
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    endpoint: endpoint.href,
    host,
    authorization: user === ':' ? {} : { authorization: `Basic ${base64(user)}` }
  }
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

function systemCodeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? ` (${code})` : ''
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
