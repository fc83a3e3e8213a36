import type { Bytes32 } from '../block/cid.ts'
import type { Address, Chain } from '../document/publisher.ts'
import type { Abortable, Progress } from '../options.ts'

/** How sure it is that a block stays: `final` and `safe` as its chain means them, else `unsafe`. */
export type Finality = 'final' | 'safe' | 'unsafe'

export type BlockTag = 'latest' | 'safe' | 'finalized'

/** How sure a block is that was asked for under a tag. */
export const FINALITY: Readonly<Record<BlockTag, Finality>> = { latest: 'unsafe', safe: 'safe', finalized: 'final' }

/** A block of the chain; all reads of one verdict name the same one. */
export interface ChainBlock {
  readonly number: bigint
  readonly hash: Bytes32
  /** Seconds since the epoch. */
  readonly timestamp: number
  readonly finality: Finality
}

/** What the chain says a publisher said of one document. Times are block times in seconds; 0 is never. */
export interface RegistryRecord {
  readonly publishedAt: number
  /** Also set where the document's leaf was retracted, and equal to `publishedAt` where its editor was disowned. */
  readonly retractedAt: number
  /** The account that recorded it: the publisher, or an editor of theirs. The zero address when nothing is recorded. */
  readonly editor: Address
}

/** A document that the chain is asked about: its digest, and the ref that names its lineage, {@link NONE} for no ref. */
export interface Question {
  readonly digest: Bytes32
  readonly ref: Bytes32
}

/** What the chain says of one {@link Question}. */
export interface Survey {
  /** As {@link Registry.record} with an empty proof. */
  readonly record: RegistryRecord
  /** As {@link Registry.head} of the ref. */
  readonly head: Bytes32 | undefined
  /** As {@link Registry.notice} of the digest. */
  readonly notice: Bytes32 | undefined
}

/**
 * How answers are come by: one node's word · the same word of several nodes · proofs against a block hash that came from
 * elsewhere than the proofs · proofs against headers that a light client follows.
 */
export type TrustMode = 'rpc' | 'quorum' | 'state proof' | 'light client'

/** The zero word: no ref, no parent, no tree. */
export const NONE: Bytes32 = `0x${'0'.repeat(64)}`

/**
 * The reading side of the registry, at digests: a reader over RPC lets the contract hash, so it needs no keccak.
 *
 * An answer is what the chain says at the block `at`, which MUST be read by its hash. A chain that did not answer, a
 * node of another chain, an address without code and a block that is gone throw REGISTRY_UNAVAILABLE; none of them is
 * ever "not registered".
 */
export interface Registry {
  readonly chain: Chain
  readonly address: Address
  /** Whom its answers trust, as a verdict prints it: `rpc:<host>`. */
  readonly trust: string
  /** @default 'rpc' */
  readonly mode?: TrustMode | undefined
  /** How many readers of the chain have to agree on an answer. @default 1 */
  readonly readers?: number | undefined
  /** Whether it reads one block that the caller named, which is the newest under every tag. @default false */
  readonly given?: boolean | undefined
  /** The newest block under a tag, or the canonical block of a height. */
  block: (at: BlockTag | bigint, options?: Abortable) => Promise<ChainBlock>
  /**
   * Whether a block is still of the canonical chain, where that takes less than to ask for the {@link Registry.block} of
   * its height.
   */
  isCanonical?: ((at: ChainBlock, options?: Abortable) => Promise<boolean>) | undefined
  /**
   * The record of `digest` under `publisher`, as the contract's `verify` folds it. An empty `proof` is a document
   * recorded alone; `[tree]` is an edition itself; the path from a leaf to the record's key, one listed in an edition.
   */
  record: (
    publisher: Address,
    digest: Bytes32,
    proof: readonly Bytes32[],
    at: ChainBlock,
    options?: Abortable
  ) => Promise<RegistryRecord>
  /**
   * What is stored under a record's key, as it is: neither the retraction of a leaf nor a disowned editor is minded.
   * For a document alone the key is its leaf, for an edition the node above its leaf and its tree.
   */
  keyed: (publisher: Address, key: Bytes32, at: ChainBlock, options?: Abortable) => Promise<RegistryRecord>
  /** The digest a ref names, or `undefined` where it names none. */
  head: (publisher: Address, ref: Bytes32, at: ChainBlock, options?: Abortable) => Promise<Bytes32 | undefined>
  /** The digest of the notice about a document: what the ref leaf(`digest`) names. */
  notice: (publisher: Address, digest: Bytes32, at: ChainBlock, options?: Abortable) => Promise<Bytes32 | undefined>
  /**
   * The record, the head and the notice of many documents of one publisher, in the order of the questions: one request
   * where the adapter can.
   */
  survey: (
    publisher: Address,
    questions: readonly Question[],
    at: ChainBlock,
    options?: Abortable
  ) => Promise<readonly Survey[]>
  /** The last second in which `editor` may publish for `publisher`; 0n when it is not an editor. */
  editorUntil: (publisher: Address, editor: Address, at: ChainBlock, options?: Abortable) => Promise<bigint>
}

/** What a publisher or one of its editors signs, so that anyone may send it: the arguments of `publish`, and a limit. */
export interface PublishMessage {
  readonly publisher: Address
  /** Who signs: the publisher, or an editor of theirs. It becomes the editor of the record. */
  readonly editor: Address
  readonly ref: Bytes32
  readonly digest: Bytes32
  readonly parent: Bytes32
  readonly tree: Bytes32
  /** The last second in which it may be sent. */
  readonly deadline: bigint
}

/** 0x and hex: 65 bytes of a key, or whatever a contract wallet takes. */
export type Signature = `0x${string}`

/** One verb of the registry with its arguments. `ref`, `parent` and `tree` may be {@link NONE}. */
export type RegistryCall =
  | {
      readonly verb: 'publish'
      readonly publisher: Address
      readonly ref: Bytes32
      readonly digest: Bytes32
      readonly parent: Bytes32
      readonly tree: Bytes32
    }
  | {
      readonly verb: 'point'
      readonly publisher: Address
      readonly ref: Bytes32
      readonly digest: Bytes32
      readonly parent: Bytes32
    }
  | { readonly verb: 'retract'; readonly node: Bytes32 }
  /** As `publish` by the message's editor, whoever sends it. */
  | ({ readonly verb: 'publishFor'; readonly signature: Signature } & PublishMessage)
  /** `until` is the last second in which the editor may publish for the account that sends. */
  | { readonly verb: 'setEditor'; readonly editor: Address; readonly until: bigint }

/** What came of a transaction, in a block that was canonical when it was looked at. Amounts are in wei. */
export interface Receipt {
  readonly transaction: Bytes32
  readonly block: { readonly number: bigint; readonly hash: Bytes32 }
  readonly gasUsed: bigint
  /** What a unit of gas cost, and what all of it did; absent where the node does not say. */
  readonly gasPrice?: bigint | undefined
  readonly fee?: bigint | undefined
  /** The part of `fee` that a rollup took for its data on layer 1, where it says so. */
  readonly l1Fee?: bigint | undefined
}

/** What a transaction would cost now, in wei; what a rollup takes for its data comes on top. */
export interface Cost {
  readonly gas: bigint
  /** For a unit of gas, at most. */
  readonly maxFeePerGas: bigint
  /** What it would be in the next block. */
  readonly fee: bigint
  /** What it can be at most: all of the gas that the transaction may use, at the highest price. */
  readonly maxFee: bigint
}

/** What happens to a transaction on its way. */
export type SendEvent =
  /** It waits for earlier ones of the account, which are not mined yet. */
  | { readonly type: 'queued'; readonly behind: number }
  | { readonly type: 'sent'; readonly transaction: Bytes32 }
  /** It was not mined in time, so it was sent again for more. Either may be mined, never both. */
  | {
      readonly type: 'replaced'
      readonly replaced: Bytes32
      readonly transaction: Bytes32
      readonly maxFeePerGas: bigint
    }

export interface SendOptions extends Abortable, Progress<SendEvent> {}

export interface SettleOptions extends SendOptions {
  /** Whether what was seen mined before may be under way again, as blocks have left the chain. */
  readonly isReorged?: boolean | undefined
}

/**
 * The writing side. Several calls go as one transaction: all of them take effect or none.
 *
 * `send` resolves once the transaction is mined and succeeded. A call that the contract refuses throws
 * REGISTRY_REJECTED with the name and the arguments of its custom error, and changes nothing. Whatever ends the wait for
 * a transaction that was sent throws TRANSACTION_PENDING, which names it.
 */
export interface RegistryWriter {
  /** Who sends: the `msg.sender` of the calls. */
  readonly account: Address
  send: (calls: readonly RegistryCall[], options?: SendOptions) => Promise<Receipt>
  estimate: (calls: readonly RegistryCall[], options?: Abortable) => Promise<Cost>
  /**
   * Waits for what the account sent before, in another process, so that what is read then holds when something is sent.
   * @throws TRANSACTION_PENDING when that is stuck
   */
  settle: (options?: SettleOptions) => Promise<void>
  /** What came of a transaction that took effect; `undefined` where no block of the chain as it is now holds it. */
  receipt: (transaction: Bytes32, options?: Abortable) => Promise<Receipt | undefined>
}
