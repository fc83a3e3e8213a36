import type { TrendCid } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Registry, RegistryRecord } from '../registry/registry.ts'
import type { Fallen, Note, Voucher } from './evidence.ts'
import type { Library } from './library.ts'

/** Where a search takes place: one block, one publisher, and what has been read already. */
export interface Scene {
  readonly registry: Registry
  readonly library: Library
  readonly at: ChainBlock
  readonly options: Abortable
  readonly publisher: Address
  /** What is recorded under each edition that was met. */
  readonly editions: Map<string, Promise<Keyed>>
}

/** What a search adds to the findings. */
export interface Found {
  readonly vouchers?: readonly Voucher[]
  readonly fallen?: readonly Fallen[]
  readonly notes?: readonly Note[]
  readonly gaps?: readonly string[]
}

/** What is recorded under an edition's key. Without a record it was `burnt` where its key or its leaf is retracted. */
export interface Keyed {
  readonly vouchers: readonly Voucher[]
  readonly fallen: readonly Fallen[]
  readonly isBurnt: boolean
}

/** Whether there is a record among what was found, and not a ref's word alone. */
export const vouches = ({ vouchers = [] }: Found): boolean => vouchers.some(({ record }) => record !== undefined)

/** Two findings as one. */
export const merge = (a: Found, b: Found): Found => ({
  vouchers: [...(a.vouchers ?? []), ...(b.vouchers ?? [])],
  fallen: [...(a.fallen ?? []), ...(b.fallen ?? [])],
  notes: [...(a.notes ?? []), ...(b.notes ?? [])],
  gaps: [...(a.gaps ?? []), ...(b.gaps ?? [])]
})

/** A record as what vouches for the document, or as what no longer does. */
export async function weigh(scene: Scene, how: Voucher['how'], root: TrendCid, record: RegistryRecord): Promise<Found> {
  if (record.publishedAt === 0) return {}
  if (await isDisowned(scene, record)) return { fallen: [{ how, root, record, by: 'disowning' }] }
  return record.retractedAt === 0
    ? { vouchers: [{ how, root, record }] }
    : { fallen: [{ how, root, record, by: 'retraction' }] }
}

/**
 * Whether the publisher has disowned the editor that recorded this. The contract's `verify` shows such a record as
 * retracted in the second it was published; the raw record shows nothing.
 */
export async function isDisowned(
  { registry, publisher, at, options }: Scene,
  record: RegistryRecord
): Promise<boolean> {
  const { publishedAt, retractedAt, editor } = record
  if (publishedAt === 0 || editor === publisher) return false
  if (retractedAt !== 0 && retractedAt !== publishedAt) return false
  return (await registry.editorUntil(publisher, editor, at, options)) < BigInt(publishedAt)
}

/** Publisher, slug and type never change along a lineage. */
export const sameLineage = (a: TrendDocument, b: TrendDocument): boolean =>
  a.publisher === b.publisher && a.slug === b.slug && a.type === b.type
