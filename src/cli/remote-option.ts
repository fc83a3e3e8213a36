import { brokenRemote, type RemoteConfig, remoteName } from './remotes.ts'
import { UsageError } from './usage.ts'

/** A remote as it is typed; one that is typed without anything behind its name is forgotten. */
export interface TypedRemote {
  readonly name: string
  readonly remote: RemoteConfig | undefined
}

export const REMOTE_FLAGS = '--remote <name=url,…>'
const SPELLING =
  'a service: pinata=https://api.pinata.cloud/psa,token=PINATA_JWT,gateway=https://…; ' +
  'a bucket: backup=s3://bucket/folder,endpoint=https://…,region=…'

/** How the fields are called on the command line. */
const FIELDS: Readonly<Record<string, string>> = {
  token: 'tokenFrom',
  gateway: 'gateway',
  endpoint: 'endpoint',
  region: 'region',
  style: 'style',
  credentials: 'credentialsFrom',
  sink: 'sink'
}

/**
 * Reads `name=url,field=value,…`: a pinning service by its https URL, a bucket as `s3://bucket/folder`.
 * @throws UsageError, which repeats no value: one of them may be a secret in the wrong place
 */
export function parseRemote(text: string): TypedRemote {
  const at = text.indexOf('=')
  const name = remoteName(text.slice(0, Math.max(at, 0)))
  if (name === undefined) throw refused('it begins with a name of a-z, 0-9 and -, and =')
  const [url = '', ...pairs] = text.slice(at + 1).split(',')
  if (url === '' && pairs.length === 0) return { name, remote: undefined }
  const fields = Object.fromEntries(pairs.map((pair) => fieldIn(pair, name)))
  const remote = { ...placeOf(url), ...fields }
  const rule = brokenRemote(remote)
  if (rule !== undefined) throw refused(`${name}: ${rule}`)
  return { name, remote: remote as unknown as RemoteConfig }
}

function fieldIn(pair: string, name: string): readonly [string, unknown] {
  const at = pair.indexOf('=')
  const field = FIELDS[pair.slice(0, Math.max(at, 0))]
  if (field === undefined) throw refused(`${name}: its fields are ${Object.keys(FIELDS).join(', ')}`)
  const value = pair.slice(at + 1)
  return [field, field === 'sink' && /^(?:true|false)$/.test(value) ? value === 'true' : value]
}

function placeOf(url: string): Readonly<Record<string, unknown>> {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 's3:') return { type: 'pinning-service', url }
  const prefix = parsed.pathname.replace(/^\/+|\/+$/g, '')
  return { type: 's3', bucket: parsed.host, ...(prefix !== '' && { prefix }) }
}

const refused = (rule: string): UsageError => new UsageError(`option '${REMOTE_FLAGS}': ${rule}`, SPELLING)
