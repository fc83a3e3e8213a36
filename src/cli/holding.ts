import { isHeld } from '../archive/copies.ts'
import type { Holder } from '../archive/holders.ts'
import { list } from '../archive/list.ts'
import type { PinReceipt } from '../block/receipts.ts'
import { type Context, columns } from './command.ts'
import type { Session } from './session.ts'

/** Who is known to keep a document. */
export interface Holding {
  readonly cid: string
  readonly name: string
  readonly held: readonly Holder[]
  /** What is known of it at remotes, whether they hold it or not. */
  readonly receipts: readonly PinReceipt[]
}

/** A document by its CID and what a person would call it. */
export interface Called {
  readonly cid: string
  readonly name: string
}

/** Who keeps these documents; where none are named, all that are pinned here or were asked of a remote. */
export async function holdingsOf({ session, signal }: Context, named?: readonly Called[]): Promise<readonly Holding[]> {
  const receipts = (await session.receipts()).all()
  const here = await pinnedHere(session, signal)
  const known = named ?? [...(await calledHere(session, signal)), ...receipts]
  const wanted = new Map(known.toReversed().map(({ cid, name }) => [cid, name]))
  return [...wanted].toReversed().map(([cid, name]) => {
    const own = receipts.filter((receipt) => receipt.cid === cid)
    const remotes = own.filter(isHeld).map(({ remote }) => ({ sink: remote, isElsewhere: true, checked: true }))
    const local = here.has(cid) ? [{ sink: HERE, isElsewhere: false, checked: here.get(cid) === true }] : []
    return { cid, name, held: [...local, ...remotes], receipts: own }
  })
}

export const HERE = 'this machine'

/** What is pinned here, and whether its bytes are whole: the store hashes what it reads. */
async function pinnedHere(session: Session, signal: AbortSignal): Promise<ReadonlyMap<string, boolean>> {
  const store = await session.store()
  const pinned = new Map<string, boolean>()
  for await (const cid of (await session.pins()).pinned({ signal })) {
    pinned.set(String(cid), store?.get(cid.multihash.digest) !== undefined)
  }
  return pinned
}

async function calledHere(session: Session, signal: AbortSignal): Promise<readonly Called[]> {
  const ports = { pinned: await session.pins(), sources: await session.sources() }
  const documents = await list(ports, { signal })
  return documents.map(({ cid, document }) => ({ cid: String(cid), name: `${document.slug}@${document.version}` }))
}

export const holdingLines = (holdings: readonly Holding[]): readonly string[] =>
  columns(holdings.map(({ name, cid, held, receipts }) => [name, cid, inWords(held, receipts)]))

function inWords(held: readonly Holder[], receipts: readonly PinReceipt[]): string {
  const here = held.filter(({ isElsewhere }) => !isElsewhere)
  const parts = [...here.map(({ checked }) => (checked ? 'here' : 'damaged here')), ...receipts.map(receiptInWords)]
  return parts.length === 0 ? 'nobody known' : parts.join(' · ')
}

function receiptInWords(receipt: PinReceipt): string {
  const { remote, status, fault, checkedAt } = receipt
  if (isHeld(receipt)) return `${remote}, checked ${checkedAt?.slice(0, 10)}`
  return `${remote}: ${fault === undefined ? status : `not held, ${fault}`}`
}
