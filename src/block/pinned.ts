import type { Abortable } from '../options.ts'
import type { TrendCid } from './cid.ts'

/** What a sink keeps, and how to stop keeping it. */
export interface Pinned {
  /** Every document that is pinned, in no promised order. */
  pinned: (options?: PinnedOptions) => AsyncIterable<TrendCid>
  /**
   * Stops keeping them all, and what was kept on their behalf and is kept for nothing else; or none when it rejects.
   * Bytes that nothing keeps may go at any time after. An unpinned one is no error.
   */
  unpin: (cids: readonly TrendCid[], options?: Abortable) => Promise<void>
}

export interface PinnedOptions extends Abortable {
  /** Whether to leave out what is kept on behalf of editions alone. @default false */
  readonly own?: boolean | undefined
}
