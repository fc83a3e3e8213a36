import type { Abortable } from '../options.ts'
import type { Block } from './block.ts'

/**
 * Somewhere blocks are kept.
 *
 * When `pin` resolves, every block of the call is durable: it survives garbage collection, a crash and a power cut.
 * When it rejects, none of them need be. Pinning a block again is no error and mends a damaged copy.
 */
export interface BlockSink {
  readonly name: string
  pin: (blocks: readonly Block[], options?: Abortable) => Promise<void>
}
