import type { Abortable, Advance, Progress } from '../options.ts'
import type { Block } from './block.ts'
import type { TrendCid } from './cid.ts'

/**
 * Somewhere blocks are kept.
 *
 * When `pin` resolves, every block of the call is durable: it survives garbage collection, a crash and a power cut.
 * When it rejects, none of them need be. Pinning a block again is no error and mends a damaged copy.
 */
export interface BlockSink {
  readonly name: string
  /** Whether the bytes are kept on another machine than this one, so that losing this one does not lose them. */
  readonly isElsewhere?: boolean | undefined
  pin: (blocks: readonly Block[], options?: PinOptions) => Promise<void>
}

export interface PinOptions extends Abortable, Progress<Advance> {
  /**
   * The edition on whose behalf the blocks are kept: they stay as long as it is pinned, or anything else keeps them.
   * Without one each block is kept in its own right.
   */
  readonly root?: TrendCid | undefined
}
