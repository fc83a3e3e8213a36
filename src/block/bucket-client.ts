import { AwsClient } from 'aws4fetch'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { type Answer, checkSecret, type ExchangeOptions, exchange, remoteFailed } from './exchange.ts'
import { checkRemoteUrl } from './remote.ts'

export interface BucketClientOptions extends ExchangeOptions {
  /** What the bucket is called in errors and receipts. @default its host and path */
  readonly name?: string | undefined
  /** Where the service is, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string | URL
  readonly bucket: string
  /** @default 'us-east-1'; R2 calls its own 'auto' */
  readonly region?: string | undefined
  /** A folder in the bucket. @default none */
  readonly prefix?: string | undefined
  /** Whether the bucket is named in the path or as part of the host. @default 'path' */
  readonly style?: 'path' | 'host' | undefined
  readonly credentials: BucketCredentials
}

export interface BucketCredentials {
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  readonly sessionToken?: string | undefined
  /** The environment variables that they came from, to say which one is missing. @default AWS's own */
  readonly names?: Readonly<Record<'accessKeyId' | 'secretAccessKey' | 'sessionToken', string>> | undefined
}

const NAMES: NonNullable<BucketCredentials['names']> = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN'
}

/** Objects of a bucket, by keys below its prefix. Every call fails with NO_ACCOUNT or REMOTE_FAILED. */
export interface BucketClient {
  readonly name: string
  get: (key: string, maxBytes: number, aborting: Abortable) => Promise<Uint8Array<ArrayBuffer> | undefined>
  put: (key: string, bytes: Uint8Array<ArrayBuffer>, type: string, aborting: Abortable) => Promise<void>
  remove: (key: string, aborting: Abortable) => Promise<void>
  /** The keys that start with a prefix, in their order. */
  keys: (prefix: string, aborting: Abortable) => AsyncIterable<string>
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** What needs no escape in a URL, a signature or XML, and leads nowhere else. */
const PREFIX = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/
/** A page lists a thousand keys of at most a kilobyte, with as much again around them. */
const MAX_LIST = 4_194_304
/** An answer to a write or a removal says nothing that is needed. */
const MAX_WORDS = 65_536

/** Signs requests for S3 (AWS Signature Version 4) and sends them. @throws INVALID_OPTION */
export function openBucketClient(options: BucketClientOptions): BucketClient {
  const base = bucketUrl(options)
  const { name = `${base.host}${base.pathname}`, credentials, region = 'us-east-1' } = options
  const folder = folderOf(options.prefix)
  let client: AwsClient | undefined

  const call = async (method: string, key: string, maxBytes: number, aborting: Abortable, sent: Sent = {}) => {
    const url = new URL(base)
    url.pathname = `${base.pathname.replace(/\/$/, '')}/${key}`
    url.search = sent.query ?? ''
    client ??= signerOf(credentials, region)
    const signer = client
    const { body, headers } = sent
    const sign = async () => await signer.sign(url, { method, headers: headers ?? {}, ...(body && { body }) })
    const limits = { remote: name, maxBytes, isRepeatable: true, signal: aborting.signal }
    return await exchange(sign, { ...options, ...limits })
  }

  const insist = (answer: Answer): Uint8Array => {
    if (answer.status !== 404) return answer.bytes
    throw remoteFailed(name, 'refused', 'there is no such bucket', answer.status)
  }

  return {
    name,
    async get(key, maxBytes, aborting) {
      const { status, bytes } = await call('GET', folder + key, maxBytes, aborting)
      return status === 404 ? undefined : bytes
    },
    async put(key, body, type, aborting) {
      // The digest is part of what is signed, and the service compares it with what arrived.
      const headers = { 'content-type': type, 'x-amz-content-sha256': await sha256Hex(body) }
      insist(await call('PUT', folder + key, MAX_WORDS, aborting, { body, headers }))
    },
    async remove(key, aborting) {
      await call('DELETE', folder + key, MAX_WORDS, aborting)
    },
    async *keys(prefix, aborting) {
      let token: string | undefined
      do {
        const query = new URLSearchParams({ 'list-type': '2', prefix: folder + prefix })
        if (token !== undefined) query.set('continuation-token', token)
        // A signature has a space as %20.
        const search = String(query).replaceAll('+', '%20')
        const page = readPage(insist(await call('GET', '', MAX_LIST, aborting, { query: search })), name)
        yield* page.keys.filter((key) => key.startsWith(folder + prefix)).map((key) => key.slice(folder.length))
        const goesOn = page.next === undefined || (page.next !== token && page.keys.length > 0)
        if (!goesOn) throw remoteFailed(name, 'malformed answer', 'its list does not go on')
        token = page.next
      } while (token !== undefined)
    }
  }
}

interface Sent {
  readonly query?: string
  readonly body?: Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

function bucketUrl({ endpoint, bucket, style = 'path' }: BucketClientOptions): URL {
  if (!BUCKET.test(bucket)) throw invalid('bucket', 'a bucket is 3 to 63 of a-z, 0-9, . and -')
  const url = checkRemoteUrl(endpoint, 'endpoint')
  url.search = ''
  url.hash = ''
  if (style === 'host') url.hostname = `${bucket}.${url.hostname}`
  else url.pathname = `${url.pathname.replace(/\/+$/, '')}/${bucket}`
  return url
}

function folderOf(prefix = ''): string {
  const folder = prefix.replace(/\/+$/, '')
  if (folder === '') return ''
  if (!PREFIX.test(folder) || folder.includes('//')) {
    throw invalid('prefix', 'a prefix is letters, digits, - and _, with / or . between them')
  }
  return `${folder}/`
}

const invalid = (option: string, rule: string): ArchiveError<'INVALID_OPTION'> =>
  new ArchiveError('INVALID_OPTION', `${option}: ${rule}`, { option, rule })

/** The client's own retries are off: the exchange has them, and knows whom to heed. */
function signerOf(credentials: BucketCredentials, region: string): AwsClient {
  const { accessKeyId, secretAccessKey, sessionToken, names = NAMES } = credentials
  return new AwsClient({
    accessKeyId: checkSecret(accessKeyId, names.accessKeyId),
    secretAccessKey: checkSecret(secretAccessKey, names.secretAccessKey),
    ...(sessionToken !== undefined && { sessionToken: checkSecret(sessionToken, names.sessionToken) }),
    service: 's3',
    region,
    retries: 0
  })
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A page of ListObjectsV2. Keys of ours hold nothing that XML would escape; a token may. */
function readPage(bytes: Uint8Array, remote: string): { readonly keys: readonly string[]; readonly next?: string } {
  const xml = new TextDecoder().decode(bytes)
  const truncated = /<IsTruncated>(true|false)<\/IsTruncated>/.exec(xml)?.[1]
  if (truncated === undefined) throw remoteFailed(remote, 'malformed answer', 'its answer is no list of objects')
  const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!)
  if (truncated === 'false') return { keys }
  const next = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(xml)?.[1]
  if (next === undefined) throw remoteFailed(remote, 'malformed answer', 'its list does not say how it goes on')
  return { keys, next: unescaped(next) }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!)
