import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import { ADDRESS } from './bytecode.ts'
import { provenHeader, unprovable } from './proven-header.ts'
import type { ChainBlock, Registry } from './registry.ts'
import type { StateReader } from './state.ts'

/** Who says which block is judged: a registry that is read in another way, or {@link givenBlock}. */
export type BlockChooser = Pick<Registry, 'block' | 'trust' | 'mode' | 'readers' | 'given'>

export interface GivenBlockOptions {
  /** The hash of the block, from somebody you trust for it. */
  readonly hash: Bytes32
  /** Where the header may be had. */
  readonly state: StateReader
  /** The registry that is read, for errors to name. @default its address everywhere */
  readonly address?: Address | undefined
}

/**
 * One block that you vouch for: that it is of the chain, and stays. It is the newest under every tag.
 * @throws INVALID_OPTION when the hash is not 32 bytes
 */
export function givenBlock({ hash, state, address = ADDRESS }: GivenBlockOptions): BlockChooser {
  if (!/^0x[0-9a-f]{64}$/i.test(hash)) {
    const rule = "a block's hash is 0x and 64 hex digits"
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'hash', rule })
  }
  const place = { state, address }
  let block: ChainBlock | undefined

  return {
    trust: 'block hash given by you',
    mode: 'state proof',
    given: true,
    async block(at, options = {}) {
      options.signal?.throwIfAborted()
      if (block === undefined) {
        const { number, timestamp, ...header } = await provenHeader(place, hash.toLowerCase() as Bytes32, options)
        block = { number, timestamp, hash: header.hash, finality: 'final' }
      }
      if (typeof at !== 'bigint' || at === block.number) return block
      throw unprovable(place, 'unknown block', `the block that was given is block ${block.number}, not ${at}`)
    }
  }
}
