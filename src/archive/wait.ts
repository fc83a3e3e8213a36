import { ArchiveError, type UnsettledReason } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import type { ChainBlock, SendEvent } from '../registry/registry.ts'

/** How sure something is to be before a verb ends: in a block, or in one that is safe or final as its chain means it. */
export type Wait = 'included' | 'safe' | 'final'

/** What is waited for once something is in a block. */
export type Sure = Exclude<Wait, 'included'>

export interface WaitOptions extends Abortable, Progress<SendEvent | WaitEvent> {
  /** @default 'included' */
  readonly wait?: Wait | undefined
  /** Milliseconds after which no more is waited for that. @default 900_000 until safe, 2_700_000 until final */
  readonly waitTimeout?: number | undefined
}

export type WaitEvent =
  | WaitAdvance
  /** The block that held it left the chain: it is looked for, and done again where it is gone. */
  | { readonly type: 'dropped'; readonly block: Place | undefined }
  | { readonly type: 'settled'; readonly settled: Settled }

/** How many blocks have become safe or final, of those that have to. */
export interface WaitAdvance extends Advance {
  readonly unit: 'blocks'
  readonly work: 'waiting'
  readonly until: Sure
  readonly total: number
}

/** A block by its height and its hash. */
export type Place = Pick<ChainBlock, 'number' | 'hash'>

/** That something is as sure as it was waited for. */
export interface Settled {
  readonly finality: Sure
  /** The newest block of that finality then: the one that holds it, or one above. */
  readonly at: Place
}

/** Whether more than inclusion is waited for. */
export const waits = ({ wait = 'included' }: Pick<WaitOptions, 'wait'>): boolean => wait !== 'included'

/** The error for what a reorganisation took back and cannot be done again as it was. */
export function gone(wanted: Sure, rule: string): ArchiveError<'NOT_SETTLED'> {
  const message = `it is not ${wanted}, and not on the chain any more: ${rule}`
  return unsettled(
    wanted,
    'gone',
    message,
    {},
    'what was pinned stays; look at what is published and do the rest again'
  )
}

/** What is known of where something is. */
export interface Where {
  readonly block?: Place | undefined
  readonly transaction?: string | undefined
  readonly cause?: unknown
}

export function unsettled(
  wanted: Sure,
  reason: UnsettledReason,
  message: string,
  { block, transaction, cause }: Where,
  hint: string
): ArchiveError<'NOT_SETTLED'> {
  const place = block && { number: String(block.number), hash: block.hash }
  const options = { hint, ...(cause !== undefined && { cause }) }
  return new ArchiveError('NOT_SETTLED', message, { wanted, reason, block: place, transaction }, options)
}
