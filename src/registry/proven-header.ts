import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { BadProof } from './bad-proof.ts'
import { type Header, readHeader } from './header.ts'
import type { BlockTag } from './registry.ts'
import type { StateReader } from './state.ts'

/** Whose state is read, and of which registry. */
export interface Place {
  readonly state: StateReader
  readonly address: Address
}

/** Why nothing can be said of a registry. */
export const unprovable = (
  { state, address }: Place,
  reason: UnavailableReason,
  message: string,
  cause?: unknown
): ArchiveError =>
  new ArchiveError('REGISTRY_UNAVAILABLE', `${state.trust}: ${message}`, { registry: address, reason }, { cause })

/** Reads what somebody delivered. @throws REGISTRY_UNAVAILABLE with the reason `bad proof` where it is not what it should be */
export function proven<Value>(place: Place, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof BadProof)) throw cause
    throw unprovable(place, 'bad proof', `a proof does not hold: ${cause.message}`, cause)
  }
}

/**
 * The header of a block. Asked for by its hash, it is the one with that hash; by a height, one of that height; under a tag,
 * whichever the reader likes.
 * @throws REGISTRY_UNAVAILABLE
 */
export async function provenHeader(place: Place, at: BlockTag | bigint | Bytes32, options: Abortable): Promise<Header> {
  options.signal?.throwIfAborted()
  const bytes = await place.state.header(at, options)
  const header = proven(place, () => readHeader(bytes))
  if (isHash(at) ? header.hash === at : typeof at !== 'bigint' || header.number === at) return header
  throw unprovable(place, 'bad proof', `the header for block ${at} is that of block ${header.number}, ${header.hash}`)
}

const isHash = (at: BlockTag | bigint | Bytes32): at is Bytes32 => typeof at === 'string' && at.startsWith('0x')
