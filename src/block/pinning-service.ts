import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { TrendCid } from './cid.ts'
import { type Answer, checkSecret, type ExchangeOptions, exchange, pause, remoteFailed } from './exchange.ts'
import { type AskOptions, checkRemoteUrl, type Remote, type RemotePin, type RemoteStatus } from './remote.ts'
import type { BlockSource } from './source.ts'

export interface PinningServiceOptions extends ExchangeOptions {
  /** What the service is called in errors and receipts. @default the host of its URL */
  readonly name?: string | undefined
  /** The access token, which is sent to the service's own host and nowhere else. */
  readonly token: string | undefined
  /** The environment variable that holds the token, to say where it is missing. @default 'the token' */
  readonly tokenName?: string | undefined
  /** A gateway that serves what this service keeps, and nothing else, so that its word can be checked. */
  readonly source?: BlockSource | undefined
}

/** The verbs of the Pinning Service API. */
export interface PinningService extends Remote {
  /** Every pin, the newest first; of some documents only, at most ten, where they are named. */
  list: (query?: ListQuery, options?: Abortable) => AsyncIterable<RemotePin>
  /** Puts a request in the place of another, which is forgotten. */
  replace: (requestId: string, cid: TrendCid, options?: AskOptions) => Promise<RemotePin>
}

export interface ListQuery {
  readonly cids?: readonly TrendCid[] | undefined
  /** @default all of them */
  readonly statuses?: readonly RemoteStatus[] | undefined
}

/** From the one that says most to the one that says least. */
const STATUSES: readonly RemoteStatus[] = ['pinned', 'pinning', 'queued', 'failed']
/** Pins a page. The API allows 1,000; an answer of so many would be larger than it needs to be. */
const PAGE = 100
/** A million pins. Whoever lists more would list for ever. */
const MAX_PAGES = 10_000
const MAX_ANSWER = 1_048_576
const MAX_ID = 512
/** What the API allows. */
const MAX_ORIGINS = 20
const MAX_NAME = 255

/**
 * A service that speaks the Pinning Service API 1.0 (https://ipfs.github.io/pinning-services-api-spec/): Pinata,
 * Filebase, 4EVERLAND, IPFS Cluster, filecoin-pin and others.
 *
 * Posting is not idempotent there, so every post is preceded by a look at what is there already – also after a failure
 * that leaves open whether it was heard.
 * @throws INVALID_OPTION when the URL is malformed, not https, or carries a password
 */
export function pinningService(url: string | URL, options: PinningServiceOptions): PinningService {
  const base = checkRemoteUrl(url, 'pinning service')
  const { name = base.host, token, tokenName = 'the token', attempts = 4, backoff = 500, source } = options

  const call = async (method: string, path: string, body: unknown, { signal }: Abortable): Promise<Answer> => {
    const authorization = `Bearer ${checkSecret(token, tokenName)}`
    const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const limits = { ...options, remote: name, maxBytes: MAX_ANSWER, isRepeatable: method !== 'POST', signal }
    return await exchange(() => new Request(under(base, path), init), limits)
  }

  async function* list({ cids = [], statuses = STATUSES }: ListQuery = {}, aborting: Abortable = {}) {
    let before: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({ status: statuses.join(), limit: String(PAGE) })
      if (cids.length > 0) query.set('cid', cids.join())
      if (before !== undefined) query.set('before', before)
      const { status, bytes } = await call('GET', `pins?${query}`, undefined, aborting)
      if (status === 404) throw remoteFailed(name, 'refused', 'there is no Pinning Service API at its URL', status)
      const { count, pins } = readPage(bytes, name)
      yield* pins
      if (pins.length === 0 || count <= pins.length) return
      before = earlier(pins, before, name)
    }
    throw malformed(name, 'its list of pins does not end')
  }

  const find = async (cid: TrendCid, aborting: Abortable): Promise<RemotePin | undefined> => {
    const found: RemotePin[] = []
    for await (const pin of list({ cids: [cid] }, aborting)) {
      if (pin.cid === String(cid)) found.push(pin)
      // More requests for one document than fit a page say nothing new.
      if (found.length === PAGE) break
    }
    return found.toSorted((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status))[0]
  }

  const post = async (path: string, cid: TrendCid, asking: AskOptions): Promise<RemotePin | undefined> => {
    const { status, bytes } = await call('POST', path, requestOf(cid, asking), asking)
    return status === 404 ? undefined : readPin(parse(bytes, name), name)
  }

  const insist = (pin: RemotePin | undefined): RemotePin => {
    if (pin !== undefined) return pin
    throw remoteFailed(name, 'refused', 'there is no Pinning Service API at its URL', 404)
  }

  /**
   * A request that failed is put anew in its own place, so that none of them are left behind. A service that has one
   * request a document, as IPFS Cluster has, need not see a sense in that.
   */
  const postOver = async (failed: RemotePin | undefined, cid: TrendCid, asking: AskOptions): Promise<RemotePin> => {
    const replacing = failed && post(idPath(failed.requestId), cid, asking).catch(unlessRefused)
    return (await replacing) ?? insist(await post('pins', cid, asking))
  }

  return {
    name,
    isFetching: true,
    source,
    list,
    async ask({ cid }, asking = {}) {
      for (let attempt = 1; ; attempt++) {
        const found = await find(cid, asking)
        if (found !== undefined && found.status !== 'failed') return found
        try {
          return await postOver(found, cid, asking)
        } catch (error) {
          if (attempt >= attempts || !isOpen(error)) throw error
          await pause(backoff * 2 ** (attempt - 1), asking.signal)
        }
      }
    },
    async status({ requestId }, aborting = {}) {
      const { status, bytes } = await call('GET', idPath(requestId), undefined, aborting)
      return status === 404 ? undefined : readPin(parse(bytes, name), name)
    },
    async replace(requestId, cid, asking = {}) {
      return insist(await post(idPath(requestId), cid, asking))
    },
    async withdraw({ requestId, isLast }, aborting = {}) {
      // A service does not know on whose behalf it keeps something.
      if (isLast) await call('DELETE', idPath(requestId), undefined, aborting)
    }
  }
}

function unlessRefused(error: unknown): undefined {
  if (!isArchiveError(error, 'REMOTE_FAILED') || error.details.reason !== 'refused') throw error
}

/** Whether a post may have been heard although it failed. */
const isOpen = (error: unknown): boolean =>
  isArchiveError(error, 'REMOTE_FAILED') && (error.details.reason === 'fault' || error.details.reason === 'unreachable')

function under(base: URL, path: string): URL {
  const url = new URL(base)
  const [pathname = '', query = ''] = path.split('?')
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${pathname}`
  url.search = query
  url.hash = ''
  return url
}

const idPath = (requestId: string): string => `pins/${encodeURIComponent(requestId)}`

const requestOf = (cid: TrendCid, { name, origins = [] }: AskOptions) => ({
  cid: String(cid),
  ...(name !== undefined && { name: name.slice(0, MAX_NAME) }),
  ...(origins.length > 0 && { origins: origins.slice(0, MAX_ORIGINS) }),
  meta: { app: 'trend-archive' }
})

function parse(bytes: Uint8Array, remote: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // The cause would quote the answer.
    throw malformed(remote, 'its answer is no JSON')
  }
}

function readPage(bytes: Uint8Array, remote: string): { readonly count: number; readonly pins: readonly RemotePin[] } {
  const { count, results } = Object(parse(bytes, remote)) as { readonly count?: unknown; readonly results?: unknown }
  if (!Number.isSafeInteger(count) || !Array.isArray(results)) throw malformed(remote, 'its answer is no list of pins')
  return { count: count as number, pins: results.map((one) => readPin(one, remote)) }
}

interface PinStatus {
  readonly requestid?: unknown
  readonly status?: unknown
  readonly created?: unknown
  readonly pin?: { readonly cid?: unknown } | null
}

/** What is needed of a `PinStatus`, held to its shape. The rest of it is not looked at. */
function readPin(value: unknown, remote: string): RemotePin {
  const { requestid, status, created, pin } = Object(value) as PinStatus
  const cid = pin?.cid
  // The two names would lead elsewhere when they are made part of a path.
  const isId =
    typeof requestid === 'string' && /^(?!\.{1,2}$)[\x21-\x7e]+$/.test(requestid) && requestid.length <= MAX_ID
  const isPin = isId && typeof cid === 'string' && STATUSES.includes(status as RemoteStatus)
  if (!isPin || typeof created !== 'string' || created.length > MAX_ID || Number.isNaN(Date.parse(created))) {
    throw malformed(remote, 'its answer is no status of a pin')
  }
  return { cid, requestId: requestid, status: status as RemoteStatus, created }
}

/** Where the next page begins. Pages that do not go back in time would never end. */
function earlier(pins: readonly RemotePin[], before: string | undefined, remote: string): string {
  // As the service spells it: its clock may be finer than ours.
  const oldest = pins.map(({ created }) => created).reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b))
  const goesOn = before === undefined || Date.parse(oldest) <= Date.parse(before)
  if (!goesOn || oldest === before) throw malformed(remote, 'its pages of pins do not go on')
  return oldest
}

const malformed = (remote: string, rule: string) => remoteFailed(remote, 'malformed answer', rule)
