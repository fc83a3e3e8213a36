import type { Bytes32 } from '../block/cid.ts'
import { BadProof } from './bad-proof.ts'
import { keccak256, toBytes32 } from './keccak.ts'
import { decodeRlp, type Rlp } from './rlp.ts'

/** What a block header says, as far as it is of use here. */
export interface Header {
  /** keccak-256 of the bytes it was read from. */
  readonly hash: Bytes32
  readonly number: bigint
  /** Seconds since the epoch. */
  readonly timestamp: number
  readonly stateRoot: Bytes32
}

/**
 * How long the first fields are: parent, ommers, beneficiary, three roots and the bloom filter (Yellow Paper, 4.4). What
 * comes later differs from chain to chain.
 */
const SIZES: readonly number[] = [32, 32, 20, 32, 32, 32, 256]
const [STATE_ROOT, NUMBER, TIMESTAMP] = [3, 8, 11]
/** Up to the nonce. Every fork since adds fields at the end, and so may the next. */
const LEAST_FIELDS = 15

/** Reads a header; fields that it does not know, behind those of the first Ethereum, are left alone. @throws BadProof */
export function readHeader(bytes: Uint8Array): Header {
  const fields = decodeRlp(bytes)
  if (fields instanceof Uint8Array || fields.length < LEAST_FIELDS) throw new BadProof('a header has 15 fields or more')
  const isSound = SIZES.every((size, i) => sizeOf(fields[i]) === size)
  if (!isSound) throw new BadProof('the first fields of a header are not as long as they should be')
  const timestamp = Number(integerOf(fields[TIMESTAMP]!))
  if (!Number.isSafeInteger(timestamp)) throw new BadProof('the time of a header is out of bounds')
  return {
    hash: toBytes32(keccak256(bytes)),
    number: integerOf(fields[NUMBER]!),
    timestamp,
    stateRoot: toBytes32(fields[STATE_ROOT] as Uint8Array)
  }
}

const sizeOf = (field: Rlp | undefined): number | undefined => (field instanceof Uint8Array ? field.length : undefined)

/** An integer of 64 bits at most, without zeros before it. */
function integerOf(field: Rlp): bigint {
  if (!(field instanceof Uint8Array) || field.length > 8 || field[0] === 0) {
    throw new BadProof('a number of a header is not in its shortest form, or too large')
  }
  return field.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}
