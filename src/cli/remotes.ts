import type { Bucket, BucketOptions } from '../block/bucket.ts'
import type { Remote } from '../block/remote.ts'
import type { Environment } from './output.ts'

/** Where documents are kept besides here, as the archive's file says it. A secret has no place in it. */
export type RemoteConfig = ServiceConfig | BucketConfig

/** A service that speaks the Pinning Service API. */
export interface ServiceConfig {
  readonly type: 'pinning-service'
  readonly url: string
  /** The environment variable that holds the access token. */
  readonly tokenFrom: string
  /** A gateway that serves what the service keeps, so that its word can be checked. */
  readonly gateway?: string | undefined
}

/** A bucket of a service that speaks the API of S3. */
export interface BucketConfig {
  readonly type: 's3'
  readonly bucket: string
  readonly endpoint: string
  readonly region?: string | undefined
  readonly prefix?: string | undefined
  readonly style?: 'path' | 'host' | undefined
  /** What stands before ACCESS_KEY_ID, SECRET_ACCESS_KEY and SESSION_TOKEN in the environment. @default 'AWS_' */
  readonly credentialsFrom?: string | undefined
  /** Whether `publish` waits for it, as it does for the archive itself. @default false */
  readonly sink?: boolean | undefined
}

export type Remotes = Readonly<Record<string, RemoteConfig>>

const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/
const VARIABLE = /^[A-Z][A-Z0-9_]{0,63}$/

interface Field {
  readonly required?: boolean
  readonly fits: (value: unknown) => boolean
  readonly rule: string
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const text: Field = { fits: isText, rule: 'must be text' }
// A value that does not fit is never repeated: it may be the secret itself.
const variable: Field = {
  fits: (value) => typeof value === 'string' && VARIABLE.test(value),
  rule: 'must name an environment variable in capitals, e.g. PINATA_JWT; the secret itself has no place here'
}
const url: Field = {
  fits: (value) => isText(value) && isSecure(String(value)),
  rule: 'must be an https URL without a password'
}

/** Plain http will do on this machine only, as a secret goes there. */
function isSecure(value: string): boolean {
  const parsed = URL.parse(value)
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false
  return (
    parsed.protocol === 'https:' ||
    (parsed.protocol === 'http:' && /^(?:localhost|\[::1\]|127\.[\d.]+)$/.test(parsed.hostname))
  )
}

const FIELDS: Readonly<Record<RemoteConfig['type'], Readonly<Record<string, Field>>>> = {
  'pinning-service': {
    url: { ...url, required: true },
    tokenFrom: { ...variable, required: true },
    gateway: url
  },
  s3: {
    endpoint: { ...url, required: true },
    bucket: { ...text, required: true },
    region: text,
    prefix: text,
    style: { fits: (value) => value === 'path' || value === 'host', rule: 'must be path or host' },
    credentialsFrom: variable,
    sink: { fits: (value) => typeof value === 'boolean', rule: 'must be true or false' }
  }
}

/** A name of a remote, if it is one. */
export const remoteName = (text: string): string | undefined => (NAME.test(text) ? text : undefined)

/** The rule that the remotes of an archive's file break, if they do. */
export function brokenRemotes(value: unknown): string | undefined {
  if (!isObject(value)) return 'remotes must be an object of remotes by name'
  for (const [name, remote] of Object.entries(value)) {
    const rule = NAME.test(name) ? brokenRemote(remote) : 'a name is 1 to 31 of a-z, 0-9 and -'
    if (rule !== undefined) return `remotes.${NAME.test(name) ? name : '(name)'}: ${rule}`
  }
  return undefined
}

/** The rule that one remote breaks, if it does. */
export function brokenRemote(remote: unknown): string | undefined {
  if (!isObject(remote)) return 'must be an object'
  const { type, ...rest } = remote
  const fields = type === 'pinning-service' || type === 's3' ? FIELDS[type] : undefined
  if (fields === undefined) return 'type must be pinning-service or s3'
  const unknown = Object.keys(rest).find((name) => fields[name] === undefined)
  if (unknown !== undefined) {
    const told = /^\w{1,20}$/.test(unknown) ? unknown : 'one of its fields'
    return `${told} is no field of a ${type}: it has ${Object.keys(fields).join(', ')}`
  }
  for (const [name, { required = false, fits, rule }] of Object.entries(fields)) {
    const value = rest[name]
    if (value === undefined ? required : !fits(value)) return `${name} ${value === undefined ? 'is missing' : rule}`
  }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The environment variables that hold the secrets of a remote. */
export function secretsOf(remote: RemoteConfig): readonly string[] {
  if (remote.type === 'pinning-service') return [remote.tokenFrom]
  return Object.values(credentialNames(remote))
}

const credentialNames = ({ credentialsFrom = 'AWS_' }: BucketConfig) => {
  const before = credentialsFrom.replace(/_?$/, '_')
  return {
    accessKeyId: `${before}ACCESS_KEY_ID`,
    secretAccessKey: `${before}SECRET_ACCESS_KEY`,
    sessionToken: `${before}SESSION_TOKEN`
  }
}

/** Opens a remote. Nothing is asked of it yet. @throws INVALID_OPTION, which says which remote */
export async function openRemote(name: string, remote: RemoteConfig, env: Environment): Promise<Remote> {
  if (remote.type === 's3') return await openBucket(name, remote, env)
  const { pinningService } = await import('../block/pinning-service.ts')
  const { gateway } = await import('../block/gateway.ts')
  return pinningService(remote.url, {
    name,
    token: env[remote.tokenFrom],
    tokenName: remote.tokenFrom,
    source: remote.gateway === undefined ? undefined : gateway(remote.gateway)
  })
}

/** Opens a bucket. Nothing is asked of it yet. @throws INVALID_OPTION */
export async function openBucket(name: string, remote: BucketConfig, env: Environment): Promise<Bucket> {
  const { bucketBlocks } = await import('../block/bucket.ts')
  const names = credentialNames(remote)
  const { endpoint, bucket, region, prefix, style } = remote
  const credentials: BucketOptions['credentials'] = {
    accessKeyId: env[names.accessKeyId],
    secretAccessKey: env[names.secretAccessKey],
    sessionToken: env[names.sessionToken] || undefined,
    names
  }
  return bucketBlocks({ name, endpoint, bucket, region, prefix, style, credentials })
}
