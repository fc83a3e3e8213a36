import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Bytes32 } from '../block/cid.ts'

/** keccak-256 as Ethereum means it (the padding of before FIPS 202). */
export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes)

/** The bytes of hex that begins with 0x. @throws an error of the library's when it is not hex */
export const fromHex = (hex: string): Uint8Array => hexToBytes(hex.slice(2))

/** A word of 32 bytes as the rest of the archive spells it. */
export const toBytes32 = (word: Uint8Array): Bytes32 => `0x${bytesToHex(word)}`
