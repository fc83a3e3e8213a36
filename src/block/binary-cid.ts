import { CID } from 'multiformats/cid'
import { fromDigest } from './cid.ts'

/** How many bytes a CID takes, or why there is none. */
export type Measured = { readonly size: number } | { readonly rule: string }

const SHA2_256 = 0x12
const IDENTITY = 0x00
const SHA2_256_SIZE = 32
/** That of sha2-512 and blake2b-512; what is longer is no digest. */
const LONGEST_DIGEST = 64
/** Four varints and the longest digest. */
export const LONGEST_CID: number = 4 * 9 + LONGEST_DIGEST

/** CIDv1, json, sha2-256, 32 bytes: what nearly every CID here starts with. */
const PROFILE = [0x01, 0x80, 0x04, 0x12, 0x20] as const
const PROFILE_SIZE: number = PROFILE.length + SHA2_256_SIZE
const MEASURED_PROFILE = { size: PROFILE_SIZE }

/**
 * Looks over the CID at the start of some bytes (https://github.com/multiformats/cid#how-does-it-work) without making
 * one, which weighs 2 kB. It may be of any codec and hash function, but one that vouches for its bytes: no identity, and
 * no digest that was cut.
 */
export function measureCid(bytes: Uint8Array): Measured {
  if (isProfile(bytes)) return MEASURED_PROFILE
  try {
    const { version, multihashCode, digestSize, size } = CID.inspectBytes(bytes.subarray(0, LONGEST_CID))
    if (multihashCode === IDENTITY) return { rule: 'an identity CID vouches for nothing' }
    const isCut = multihashCode === SHA2_256 ? digestSize !== SHA2_256_SIZE : version === 0 || digestSize === 0
    if (isCut) return { rule: 'a CID has a digest of another size than its hash function makes' }
    if (digestSize > LONGEST_DIGEST) return { rule: `a CID has a digest of more than ${LONGEST_DIGEST} bytes` }
    return size > bytes.byteLength ? { rule: 'there is less than a CID' } : { size }
  } catch {
    // multiformats says in words what is wrong, and they differ between its versions.
    return { rule: 'there is no CID' }
  }
}

/** The CID that bytes are which were looked over. */
export const toCid = (bytes: Uint8Array): CID =>
  isProfile(bytes) ? fromDigest(bytes.slice(PROFILE.length)) : CID.decode(bytes.slice())

function isProfile(bytes: Uint8Array): boolean {
  if (bytes.byteLength < PROFILE_SIZE) return false
  for (let i = 0; i < PROFILE.length; i++) if (bytes[i] !== PROFILE[i]) return false
  return true
}
