import type { CID } from 'multiformats/cid'
import { ArchiveError } from '../errors.ts'
import { equals } from './bytes.ts'
import { decodeMultibase, encodeBase32 } from './multibase.ts'
import { decodeVarint, LONGEST_VARINT } from './varint.ts'

/**
 * CIDv1, codec `json` (0x0200), multihash sha2-256 of 32 bytes: the one shape the archive speaks. Ours are made without the
 * package multiformats, which weighs more than a verifier should, and are as good as its own wherever one is taken.
 */
export type TrendCid = CID<unknown, typeof JSON_CODEC, typeof SHA2_256, 1>

/** 32 bytes in lower-case hex: how the registry stores a digest. */
export type Bytes32 = `0x${string}`

/** What tells the kind of a CID, and what it names. */
type Parts = Pick<CID, 'version' | 'code'> & { readonly multihash: Pick<CID['multihash'], 'code' | 'digest'> }

// https://github.com/multiformats/multicodec/blob/master/table.csv
const JSON_CODEC = 0x0200
const SHA2_256 = 0x12
const DIGEST_SIZE = 32

/** CIDv1, codec json, sha2-256, 32 bytes: what stands before the digest. */
const HEAD = [0x01, 0x80, 0x04, 0x12, 0x20]
const SIZE: number = HEAD.length + DIGEST_SIZE
/** Version and codec: what stands before the multihash. */
const MULTIHASH_AT = 3

/** A CID of the profile, with all that multiformats gives one of its own. */
class ProfileCid implements TrendCid {
  readonly version = 1
  readonly code = JSON_CODEC
  readonly multihash: TrendCid['multihash']
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly [Symbol.toStringTag] = 'CID'
  #text: string | undefined

  /** @param bytes all 37, which are kept: one buffer for all parts is most of what a CID costs */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes
    this.multihash = {
      code: SHA2_256,
      size: DIGEST_SIZE,
      digest: bytes.subarray(HEAD.length),
      bytes: bytes.subarray(MULTIHASH_AT)
    }
  }

  /** By this, and by `asCID`, another copy of multiformats knows that it is a CID. */
  get '/'(): Uint8Array<ArrayBuffer> {
    return this.bytes
  }

  get asCID(): this {
    return this
  }

  get byteOffset(): number {
    return this.bytes.byteOffset
  }

  get byteLength(): number {
    return this.bytes.byteLength
  }

  toV0(): never {
    throw unsupported(this.toString(), 'must be CIDv1')
  }

  toV1(): this {
    return this
  }

  link(): this {
    return this
  }

  equals(other: unknown): other is TrendCid {
    const { bytes } = Object(other)
    return bytes instanceof Uint8Array && equals(bytes, this.bytes)
  }

  /** In base32, or as an encoder of multiformats has it. */
  toString(base?: { readonly encode: (bytes: Uint8Array) => string }): string {
    if (base !== undefined) return base.encode(this.bytes)
    this.#text ??= encodeBase32(this.bytes)
    return this.#text
  }

  toJSON(): { readonly '/': string } {
    return { '/': this.toString() }
  }
}

/** In Node one call into OpenSSL. It is asked for at run time, because no bundle for a page may import it. */
const nodeHash = globalThis.process?.getBuiltinModule?.('node:crypto')?.hash

/** The CID of canonical bytes. @throws UNSUPPORTED_RUNTIME where there is no `crypto.subtle` */
export const cidOf = async (bytes: Uint8Array): Promise<TrendCid> => fromDigest(await digestOf(bytes))

/** Whether bytes are those that a CID with a sha2-256 digest names. */
export const isNamedBy = async ({ multihash }: Pick<Parts, 'multihash'>, bytes: Uint8Array): Promise<boolean> =>
  equals(await digestOf(bytes), multihash.digest)

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  if (nodeHash !== undefined) return nodeHash('sha256', bytes, 'buffer')
  const digest = await hashing().digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return new Uint8Array(digest)
}

/** Before anybody is asked for bytes that could not be held to their name. @throws UNSUPPORTED_RUNTIME */
export function checkCanHash(): void {
  if (nodeHash === undefined) hashing()
}

/** What a browser, a worker, Bun and Deno hash with. Pages from insecure origins do not get it. */
function hashing(): SubtleCrypto {
  const { subtle } = globalThis.crypto ?? {}
  if (subtle !== undefined) return subtle
  const hint = 'browsers offer it on https pages and on localhost only'
  throw new ArchiveError('UNSUPPORTED_RUNTIME', 'no crypto.subtle here', { needs: 'crypto.subtle' }, { hint })
}

/** The CID that names a sha2-256 digest of 32 bytes. @throws UNSUPPORTED_CID when it has another size */
export function fromDigest(digest: Uint8Array): TrendCid {
  if (digest.byteLength !== DIGEST_SIZE) throw unsupported('(digest)', 'the digest must be 32 bytes')
  const bytes = new Uint8Array(SIZE)
  bytes.set(HEAD)
  bytes.set(digest, HEAD.length)
  return new ProfileCid(bytes)
}

/**
 * Reads a CID in base32, base36 or base58 and holds it to the profile.
 * @throws UNSUPPORTED_CID when it is no CID, or one that the registry could not name
 */
export function parseCid(text: string): TrendCid {
  const bytes = decodeMultibase(text)
  if (bytes?.byteLength === SIZE && HEAD.every((byte, i) => bytes[i] === byte)) return new ProfileCid(bytes)
  const cid = /^Qm[1-9A-HJ-NP-Za-km-z]{44}$/.test(text) ? VERSION_0 : readCid(bytes)
  if (cid === undefined) throw unsupported(text, 'not a CID')
  const rule = brokenRule(cid)
  if (rule !== undefined) throw unsupported(text, rule)
  return fromDigest(cid.multihash.digest)
}

/** What is spelled Qm… is a CID of another kind, whatever its digest. */
const VERSION_0: Parts = { version: 0, code: 0x70, multihash: { code: SHA2_256, digest: new Uint8Array(DIGEST_SIZE) } }

/** The parts of a binary CID (https://github.com/multiformats/cid#how-does-it-work): four varints and a digest. */
function readCid(bytes: Uint8Array<ArrayBuffer> | undefined): Parts | undefined {
  if (bytes === undefined) return undefined
  const values: number[] = []
  let at = 0
  for (let i = 0; i < 4; i++) {
    const varint = decodeVarint(bytes.subarray(at, at + LONGEST_VARINT))
    if ('rule' in varint) return undefined
    values.push(varint.value)
    at += varint.size
  }
  const [version = 0, code = 0, hash = 0, size = 0] = values
  const digest = bytes.subarray(at)
  return version !== 1 || digest.byteLength !== size ? undefined : { version, code, multihash: { code: hash, digest } }
}

/** Holds a CID made elsewhere to the profile. @throws UNSUPPORTED_CID */
export function checkCid(cid: CID): TrendCid {
  const rule = brokenRule(cid)
  if (rule !== undefined) throw unsupported(String(cid), rule)
  return fromDigest(cid.multihash.digest)
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

function brokenRule({ version, code, multihash }: Parts): string | undefined {
  if (version !== 1) return 'must be CIDv1'
  if (code !== JSON_CODEC) return 'the codec must be json (0x0200)'
  if (multihash.code !== SHA2_256) return 'the digest must be sha2-256'
  // An identity or truncated digest would collide in a bytes32 slot.
  if (multihash.digest.byteLength !== DIGEST_SIZE) return 'the digest must be 32 bytes'
  return undefined
}

function unsupported(cid: string, rule: string): ArchiveError<'UNSUPPORTED_CID'> {
  const hint = 'a trend CID is CIDv1, codec json (0x0200), sha2-256: it starts bagaaiera'
  return new ArchiveError('UNSUPPORTED_CID', `${cid}: ${rule}`, { cid, rule }, { hint })
}
