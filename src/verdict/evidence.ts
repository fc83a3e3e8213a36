import type { TrendCid } from '../block/cid.ts'
import type { Notice, TrendDocument } from '../document/document.ts'
import type { Address, Chain } from '../document/publisher.ts'
import type { ArchiveError } from '../errors.ts'
import type { BlockTag, ChainBlock, Finality, RegistryRecord, TrustMode } from '../registry/registry.ts'
import type { Beside } from './beside.ts'
import type { Outcome } from './check.ts'
import type { Recalled } from './memory.ts'

/** Everything a verdict weighs, and nothing else: the same evidence under the same policy gives the same verdict. */
export interface Evidence {
  readonly cid: TrendCid
  readonly bytes: BytesFound
  readonly reading: Reading | undefined
  readonly chain: ChainEvidence | undefined
  /** What came of each statement that was brought along; none by default. */
  readonly signatures?: readonly SignatureFound[] | undefined
  /** The clock of the machine that gathered, in seconds. */
  readonly now: number
  /** What was seen beside the document: it decides nothing. */
  readonly beside?: Beside | undefined
}

/** Whether a statement is of the document's publisher, and whose word that is. */
export interface SignatureFound {
  readonly outcome: Outcome
  /** What spoke for the account: its key, recovered here · its code, asked at the judged block · code it would have. */
  readonly by?: 'key' | 'ERC-1271' | 'ERC-6492' | undefined
  readonly detail: string
  /** `nobody`, or whoever said what the account's code says. */
  readonly trusted: string
}

/** The bytes under the CID: had and hashed, other bytes from the caller, or none from anybody. */
export type BytesFound =
  | { readonly found: 'matching' }
  | { readonly found: 'other' }
  | { readonly found: 'none'; readonly why: string }

/** What the bytes say: a document, or why they are none – another spelling, or a rule of the format broken. */
export type Reading =
  | { readonly document: TrendDocument }
  | { readonly flawed: 'canonical' | 'schema'; readonly flaw: ArchiveError }

/** What was found on the document's home chain, or why nothing could be. */
export type ChainEvidence =
  | {
      readonly silent: string
      readonly chain: Chain
      /** Readers of the chain answered, and not the same. */
      readonly disagreement?: Disagreement | undefined
    }
  | {
      readonly chain: Chain
      readonly registry: Address
      readonly trust: string
      /** How the chain was read, and how many readers of it agreed. @default 'rpc' and 1 */
      readonly mode?: TrustMode | undefined
      readonly readers?: number | undefined
      /** What the address book asks of the network's blocks. @default 'unsafe' */
      readonly usual?: Finality | undefined
      /** Whether the caller named the block, so that its age says nothing. @default false */
      readonly given?: boolean | undefined
      /** Whether the address book calls it a test network; `undefined` when it does not know the network. */
      readonly test: boolean | undefined
      /** The block everything was read at. */
      readonly block: ChainBlock
      /** The kind of block that was asked for, where the node does not tell which it is: `block` is the newest then. */
      readonly untagged?: BlockTag | undefined
      /** Whether that block was still canonical when everything had been read. */
      readonly canonical: boolean
      /** A block accepted earlier for this publisher that is higher than this one. */
      readonly seenHigher: bigint | undefined
      /** The version that is named at the judged block, where it was read and matters. */
      readonly named?: number | undefined
      /** What this reading says against earlier ones. */
      readonly recalled?: Recalled | undefined
      readonly judged: Findings
      /** The same at the newest block, where that is another one. It may only downgrade. */
      readonly latest: Findings | undefined
      /** How far back the lineage was followed. */
      readonly lineage: LineageFound
    }

/** One question to which readers of a chain gave different answers; who said what. */
export interface Disagreement {
  readonly question: string
  readonly answers: readonly { readonly reader: string; readonly answer: string }[]
}

/** The evidence of a chain that answered. */
export type Answered = Extract<ChainEvidence, { readonly block: ChainBlock }>

/** What one block of the chain says of the document, with the lineages and editions that vouch for it. */
export interface Findings {
  /** When the publisher retracted the document's own leaf, in seconds; 0 when it did not. */
  readonly leafRetractedAt: number
  /** Standing recordings that vouch for the document, the first found first. */
  readonly vouchers: readonly Voucher[]
  /** Recordings found that no longer stand. */
  readonly fallen: readonly Fallen[]
  /** What names the publisher's present version: the ref, else the edition. */
  readonly namer: Namer
  readonly notice: NoticeFound | undefined
  readonly notes: readonly Note[]
  /** What could not be followed; while there is a gap, absence proves nothing. */
  readonly gaps: readonly string[]
}

/** A recording, and how it reaches the document. */
export interface Voucher {
  /** Recorded alone or as an edition · a later version leads to it · an edition lists it · a path given by the caller. */
  readonly how: 'record' | 'lineage' | 'edition' | 'proof'
  /** What is recorded: the document itself, a later version, or an edition. */
  readonly root: TrendCid
  /** Absent where the root is only named by a ref. */
  readonly record: RegistryRecord | undefined
}

/** A recording that no longer stands: its publisher retracted it, or has disowned the editor that made it. */
export interface Fallen extends Voucher {
  readonly record: RegistryRecord
  readonly by: 'retraction' | 'disowning'
}

/** What the chain names as the publisher's notice about the document. Informative: it decides nothing. */
export interface NoticeFound {
  readonly cid: TrendCid
  /** Absent where nobody has the bytes, or they are no notice of this publisher about this document. */
  readonly document: Notice | undefined
}

export type Namer =
  | { readonly by: 'ref'; readonly cid: TrendCid }
  | {
      readonly by: 'edition'
      readonly cid: TrendCid
      /** Which version the edition says it is. */
      readonly version?: number | undefined
    }
  | { readonly by: 'nobody' }
  | { readonly by: 'unknown'; readonly why: string }

/** Something a reader should know that decides nothing by itself. */
export type Note =
  | 'FORK' // the ref's lineage holds another document under this version number
  | 'AHEAD' // the ref names an ancestor of the document, which is not recorded itself
  | 'ROLLED_BACK' // the ref names an ancestor of the document, which is recorded: the publisher moved back
  | 'FOREIGN_HEAD' // the ref names something of another publisher, slug or type
  | 'DISOWNED' // an editor recorded it whom the publisher has disowned
  | 'WENT_BACK' // an earlier verdict saw a higher version named than is named now
  | 'FINALITY_VIOLATED' // a block that an earlier verdict accepted as final is no longer of this chain

/** `walked`: every version down to 1 was seen. */
export type LineageFound =
  | { readonly found: 'walked'; readonly versions: number }
  | { readonly found: 'broken'; readonly rule: string }
  | { readonly found: 'gap'; readonly why: string }
