import { CID } from 'multiformats/cid'
import { fromDigest } from './cid.ts'

/** A CID that was read and how many bytes it takes, or why there is none. */
export type BinaryCid = { readonly cid: CID; readonly size: number } | { readonly rule: string }

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

/**
 * Reads the CID at the start of some bytes (https://github.com/multiformats/cid#how-does-it-work), of any codec and hash
 * function, but one that vouches for its bytes: no identity, and no digest that was cut.
 */
export function readBinaryCid(bytes: Uint8Array): BinaryCid {
  if (bytes.byteLength >= PROFILE_SIZE && PROFILE.every((byte, i) => bytes[i] === byte)) {
    return { cid: fromDigest(bytes.slice(PROFILE.length, PROFILE_SIZE)), size: PROFILE_SIZE }
  }
  try {
    const { version, multihashCode, digestSize, size } = CID.inspectBytes(bytes.subarray(0, LONGEST_CID))
    if (multihashCode === IDENTITY) return { rule: 'an identity CID vouches for nothing' }
    const isCut = multihashCode === SHA2_256 ? digestSize !== SHA2_256_SIZE : version === 0 || digestSize === 0
    if (isCut) return { rule: 'a CID has a digest of another size than its hash function makes' }
    if (digestSize > LONGEST_DIGEST) return { rule: `a CID has a digest of more than ${LONGEST_DIGEST} bytes` }
    if (size > bytes.byteLength) return { rule: 'there is less than a CID' }
    return { cid: CID.decode(bytes.slice(0, size)), size }
  } catch {
    // multiformats says in words what is wrong, and they differ between its versions.
    return { rule: 'there is no CID' }
  }
}
