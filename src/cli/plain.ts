import { CID } from 'multiformats/cid'
import type { Json } from '../document/json.ts'

/** Any value of the library as plain JSON: CIDs as text, bigints as decimal strings, no bytes and no `undefined`. */
export function plain(value: unknown): Json {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value as Json
  const cid = CID.asCID(value)
  if (cid !== null) return String(cid)
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && !ArrayBuffer.isView(member))
      .map(([key, member]) => [key, plain(member)])
  )
}
