import { base32upper } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import * as Digest from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { ArchiveError } from '../errors.ts'
import { equals } from './bytes.ts'

/** CIDv1, codec `json` (0x0200), multihash sha2-256. The one shape the archive speaks. */
export type TrendCid = CID<unknown, typeof json.code, typeof sha256.code, 1>

/** 32 bytes in lower-case hex: how the registry stores a digest. */
export type Bytes32 = `0x${string}`

const DIGEST_SIZE = 32

/** In Node one call into OpenSSL. It is asked for at run time, because no bundle for a page may import it. */
const nodeHash = globalThis.process?.getBuiltinModule?.('node:crypto')?.hash

/** The CID of canonical bytes. @throws UNSUPPORTED_RUNTIME where there is no `crypto.subtle` */
export const cidOf = async (bytes: Uint8Array): Promise<TrendCid> =>
  CID.createV1(json.code, await multihashOf(bytes)) as TrendCid

/** Whether bytes are those that a CID with a sha2-256 digest names. Makes no CID of them, which weighs half a document. */
export const isNamedBy = async ({ multihash }: CID, bytes: Uint8Array): Promise<boolean> =>
  equals((await multihashOf(bytes)).digest, multihash.digest)

async function multihashOf(bytes: Uint8Array) {
  if (nodeHash !== undefined) return Digest.create(sha256.code, new Uint8Array(nodeHash('sha256', bytes, 'buffer')))
  try {
    return await sha256.digest(bytes)
  } catch (cause) {
    // Node hashes by itself; a browser asks crypto.subtle, which pages from insecure origins do not get.
    if (globalThis.crypto?.subtle !== undefined) throw cause
    const hint = 'browsers offer it on https pages and on localhost only'
    throw new ArchiveError('UNSUPPORTED_RUNTIME', 'no crypto.subtle here', { needs: 'crypto.subtle' }, { cause, hint })
  }
}

/** CIDv1, codec json, sha2-256, 32 bytes: what stands before the digest. */
const HEAD = [0x01, 0x80, 0x04, 0x12, 0x20]

/** The CID that names a sha2-256 digest of 32 bytes. @throws UNSUPPORTED_CID when it has another size */
export function fromDigest(digest: Uint8Array): TrendCid {
  if (digest.byteLength !== DIGEST_SIZE) throw unsupported('(digest)', 'the digest must be 32 bytes')
  // One buffer for all three, which is most of what a CID costs.
  const bytes = new Uint8Array(HEAD.length + DIGEST_SIZE)
  bytes.set(HEAD)
  bytes.set(digest, HEAD.length)
  const multihash = new Digest.Digest(sha256.code, DIGEST_SIZE, bytes.subarray(HEAD.length), bytes.subarray(3))
  return new CID(1, json.code, multihash, bytes) as TrendCid
}

/**
 * Reads a CID in any multibase and holds it to the profile.
 * @throws UNSUPPORTED_CID when it is no CID, or one that the registry could not name
 */
export function parseCid(text: string): TrendCid {
  let cid: CID
  try {
    // Upper-case base32 is what names that ignore case may carry; the other bases are known to `parse` itself.
    cid = text.startsWith(base32upper.prefix) ? CID.parse(text, base32upper) : CID.parse(text)
  } catch (cause) {
    throw unsupported(text, 'not a CID', cause)
  }
  return checkCid(cid)
}

/** Holds a CID made elsewhere to the profile. @throws UNSUPPORTED_CID */
export function checkCid(cid: CID): TrendCid {
  const rule = brokenRule(cid)
  if (rule !== undefined) throw unsupported(String(cid), rule)
  return cid as TrendCid
}

/** Whether a CID made elsewhere is one that the registry could name. */
export const isTrendCid = (cid: CID): cid is TrendCid => brokenRule(cid) === undefined

/** The whole CID fits in 32 bytes, because its five-byte prefix `01 8004 12 20` is fixed by the profile. */
export function toBytes32(cid: TrendCid): Bytes32 {
  return `0x${Array.from(cid.multihash.digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** The CID a digest on chain names. @throws UNSUPPORTED_CID when `hex` is not 32 bytes */
export function fromBytes32(hex: Bytes32): TrendCid {
  if (!/^0x[0-9a-f]{64}$/i.test(hex)) throw unsupported(hex, 'a digest is 0x and 64 hex digits')
  const byteAt = (i: number): number => Number.parseInt(hex.slice(2 + i * 2, 4 + i * 2), 16)
  return fromDigest(Uint8Array.from({ length: DIGEST_SIZE }, (_, i) => byteAt(i)))
}

function brokenRule(cid: CID): string | undefined {
  if (cid.version !== 1) return 'must be CIDv1'
  if (cid.code !== json.code) return 'the codec must be json (0x0200)'
  if (cid.multihash.code !== sha256.code) return 'the digest must be sha2-256'
  // An identity or truncated digest would collide in a bytes32 slot.
  if (cid.multihash.digest.byteLength !== DIGEST_SIZE) return 'the digest must be 32 bytes'
  return undefined
}

function unsupported(cid: string, rule: string, cause?: unknown): ArchiveError<'UNSUPPORTED_CID'> {
  const hint = 'a trend CID is CIDv1, codec json (0x0200), sha2-256: it starts bagaaiera'
  return new ArchiveError('UNSUPPORTED_CID', `${cid}: ${rule}`, { cid, rule }, { cause, hint })
}
