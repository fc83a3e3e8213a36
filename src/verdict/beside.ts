import type { TrendCid } from '../block/cid.ts'
import type { Citation } from '../document/citations.ts'
import type { DeclaredFinding } from '../document/declared.ts'
import type { Notice, TrendDocument } from '../document/document.ts'
import type { ChainBlock } from '../registry/registry.ts'
import type { Standing } from './policy.ts'

/** What stands beside a verdict, for its reader: it changes no check and no status. */
export interface Beside {
  /** Where what the document declares of its change is not what changed. */
  readonly declared: readonly DeclaredFinding[]
  /** The documents it cites, where they were looked at. */
  readonly cited: CitedFound | undefined
  /** What its notice says to read instead, where that was looked at. */
  readonly successor: Glance | undefined
  /** All of this that its reader should know, in words. */
  readonly warnings: readonly string[]
}

export interface CitedFound {
  readonly cited: readonly Cited[]
  /** How many more it cites, which were not looked at. */
  readonly left: number
}

/** A document that another one cites, and how it stands. */
export interface Cited extends Citation {
  readonly glance: Glance
}

/** What can be seen of a document at one look: not who stands by it, but whether they took it back or went on. */
export type Glance = Seen | Unseen

export interface Seen {
  readonly cid: TrendCid
  readonly document: TrendDocument
  readonly standing: Standing
  /** When it was taken back, in seconds; 0 when it was not, or only its editor was disowned. */
  readonly retractedAt: number
  /** What its publisher names instead. */
  readonly newer: TrendCid | undefined
  /** The publisher's word about it. */
  readonly notice: { readonly cid: TrendCid; readonly document: Notice | undefined } | undefined
  readonly block: ChainBlock
  readonly trusted: string
}

/** Nothing can be said, and why. */
export interface Unseen {
  readonly cid: TrendCid | undefined
  readonly document: TrendDocument | undefined
  readonly standing: 'unknown'
  readonly why: string
}
