/**
 * The whole library without a package that is heavy: documents, CIDs, ports, verbs and verdicts. Stores on disk and
 * Helia are behind `trend-archive/node`, wallets behind `trend-archive/ethers`.
 */

export type { PublishAdvance } from './archive/advance.ts'
export { type Archive, createArchive } from './archive/archive.ts'
export type { Concern, ConcernOptions } from './archive/concern.ts'
export type { End } from './archive/descend.ts'
export type { EditionOptions, EditionPublication } from './archive/edition.ts'
export type { Fork } from './archive/forks.ts'
export { list } from './archive/list.ts'
export { type Name, parseName } from './archive/name.ts'
export type { Addition, PlanOptions, Step, Unchanged } from './archive/plan.ts'
export type { Pointing, PointOptions } from './archive/point.ts'
export type { PlanPorts, ReadPorts, WritePorts } from './archive/ports.ts'
export type { Publication, PublishEvent, PublishOptions } from './archive/publish.ts'
export type { Resolution, ResolveOptions } from './archive/resolve.ts'
export type { Retraction, RetractOptions } from './archive/retract.ts'
export type { Place as BlockPlace, Settled, Wait, WaitAdvance, WaitEvent, WaitOptions } from './archive/wait.ts'
export { type Block, checkBlock, toBlock } from './block/block.ts'
export { checkCid, cidOf } from './block/cid.ts'
export { memoryBlocks } from './block/memory.ts'
export { memoryPending, type Pending, type PendingEntry } from './block/pending.ts'
export type { Pinned } from './block/pinned.ts'
export type { BlockSink } from './block/sink.ts'
export { fetchBlock } from './block/source.ts'
export { decode, encode, type Json } from './document/canonical.ts'
export { type Difference, diff } from './document/diff.ts'
export {
  type AiUse,
  type Assessment,
  type Attachment,
  type Author,
  type Capture,
  type Change,
  type CidText,
  type Claim,
  type Day,
  type Decimal,
  type Disclosure,
  type Draft,
  type EditionDraft,
  type Entry,
  type Evidence,
  type Forecast,
  type Instant,
  type Metric,
  type NoticeDraft,
  type Point,
  type Quote,
  type Relation,
  type Ring,
  type Scope,
  SPEC,
  type Subject as TrendSubject,
  type TrendDraft
} from './document/document.ts'
export { complete, completeEdition, type Placement } from './document/draft.ts'
export { parseJson } from './document/json.ts'
export { issuesOf, parseDocument, parseDraft, readDocument } from './document/parse.ts'
export { didOf, type PublisherDid, parseAddress, toPublisher, tryPublisher } from './document/publisher.ts'
export { SCHEMA_CID } from './document/schema-cid.ts'
export type { Issue } from './errors.ts'
export type { Abortable, Advance, Progress } from './options.ts'
export { agreedAccounts } from './registry/agreed-accounts.ts'
export { type QuorumOptions, quorumRegistry, usualQuorum } from './registry/quorum.ts'
export { refOf } from './registry/ref.ts'
export type {
  Cost,
  PublishMessage,
  Question,
  Receipt,
  RegistryCall,
  RegistryWriter,
  SendEvent,
  SendOptions,
  SettleOptions,
  Signature,
  Survey,
  TrustMode
} from './registry/registry.ts'
export type { StateReader } from './registry/state.ts'
export { editionTree, foldProof, keyOf, leafOf, nodeOf, type Tree } from './registry/tree.ts'
export { plainHasher, type TreeHasher } from './registry/tree-hasher.ts'
export {
  DOCUMENT_TYPES,
  type DocumentMessage,
  type DocumentTypedData,
  documentDigest,
  documentTypedDataOf,
  type Place,
  PUBLISH_TYPES,
  type PublishTypedData,
  publishDigest,
  registryDomain,
  type TypedDataDomain,
  type TypedDataField,
  typedDataOf
} from './registry/typed-data.ts'
export type { Evidence as VerdictEvidence } from './verdict/evidence.ts'
export { judge } from './verdict/judge.ts'
export type { Named } from './verdict/library.ts'
export { parseStatement, sealStatement } from './verdict/statement.ts'
export { gather } from './verdict/verify.ts'
export * from './verify.ts'
