import { parseCid, type TrendCid } from '../block/cid.ts'
import type { Pinned } from '../block/pinned.ts'
import type { Store } from '../block/store.ts'
import type { TrendDocument } from '../document/document.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { documentIn } from './members.ts'
import { attempt, TELL, TURN, turn } from './pass.ts'

/** A document that ought to be here and is not. */
export interface Missed {
  readonly cid: TrendCid
  /** Whether its bytes are here and are others, or are not here at all. */
  readonly found: 'damaged' | 'missing'
  /** The edition that lists it, where it is not pinned itself. */
  readonly edition?: TrendCid | undefined
}

export interface DocumentFigures {
  readonly pinned: number
  /** Of them, those that are editions, and those that are sound and are no documents. */
  readonly editions: number
  readonly others: number
}

export type Kept = Pick<Store, 'get' | 'isQuarantined'>

export interface MissedOptions extends Abortable, Progress<Advance> {
  readonly onPinned: (cid: TrendCid) => void
  readonly onDocument: (document: TrendDocument) => void
}

/** Reads every document that is pinned, and looks whether those that an edition lists are here as well. */
export async function findMissed(
  store: Kept & Pick<Store, 'pins'>,
  { pinned }: Pick<Pinned, 'pinned'>,
  { signal, onProgress, onPinned, onDocument }: MissedOptions
): Promise<{ readonly documents: DocumentFigures; readonly missed: readonly Missed[] }> {
  const missed = new Map<string, Missed>()
  const members = new Map<string, Missed>()
  const documents = { pinned: 0, editions: 0, others: 0 }
  const { value: total } = attempt(() => store.pins.count())
  for await (const cid of pinned({ signal })) {
    if (documents.pinned % TURN === 0) await turn()
    signal?.throwIfAborted()
    documents.pinned++
    if (documents.pinned % TELL === 0) {
      onProgress?.({ type: 'advanced', unit: 'documents', done: documents.pinned, total })
    }
    onPinned(cid)
    const bytes = bytesOf(store, cid)
    const document = bytes && documentIn({ bytes })
    if (document !== undefined) onDocument(document)
    if (bytes === undefined) missed.set(String(cid), { cid, found: stateOf(store, cid) })
    // Bytes that hash to their CID and are no document never were one.
    else if (document === undefined) documents.others++
    else if (document.type === 'edition') {
      documents.editions++
      for (const member of membersMissed(store, cid, document)) members.set(String(member.cid), member)
    }
  }
  return { documents, missed: [...new Map([...members, ...missed]).values()] }
}

/** The documents that an edition lists and that are not here. */
export function membersMissed(store: Kept, edition: TrendCid, document: TrendDocument): readonly Missed[] {
  if (document.type !== 'edition') return []
  return document.entries
    .map((entry) => parseCid(entry.cid))
    .filter((cid) => bytesOf(store, cid) === undefined)
    .map((cid) => ({ cid, found: stateOf(store, cid), edition }))
}

const bytesOf = (store: Kept, cid: TrendCid): Uint8Array<ArrayBuffer> | undefined =>
  attempt(() => store.get(cid.multihash.digest)).value

const stateOf = (store: Kept, { multihash }: TrendCid): Missed['found'] =>
  attempt(() => store.isQuarantined(multihash.digest)).value === true ? 'damaged' : 'missing'
