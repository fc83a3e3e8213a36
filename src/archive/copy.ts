import type { TrendCid } from '../block/cid.ts'
import type { PinReceipt, Receipts } from '../block/receipts.ts'
import type { Remote, RemotePin } from '../block/remote.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { isFresh } from './copies.ts'

/** A document that is to be kept, and on whose behalf. */
export interface Kept {
  readonly cid: TrendCid
  /** What a person would call it. */
  readonly name: string
  /** The edition that lists it, where it is kept for that one's sake. */
  readonly root?: TrendCid | undefined
}

export interface ReplicatePorts {
  /** Where the bytes are had that a remote is given. */
  readonly sources: readonly BlockSource[]
  readonly remotes: readonly Remote[]
  readonly receipts: Receipts
}

export type ReplicateEvent =
  | Advance
  | { readonly type: 'asked'; readonly remote: string; readonly cid: string; readonly status: PinReceipt['status'] }
  | { readonly type: 'held'; readonly remote: string; readonly cid: string; readonly by: string }
  | { readonly type: 'fault'; readonly remote: string; readonly cid?: string | undefined; readonly fault: string }

export interface ReplicateOptions extends Abortable, Progress<ReplicateEvent> {
  /** How many remotes must hold each document. @default all of them */
  readonly copies?: number | undefined
  /** Multiaddrs of nodes that serve the documents, for remotes that fetch them. */
  readonly origins?: readonly string[] | undefined
  /** How long to wait for remotes that are at work, in milliseconds. @default 300_000 */
  readonly patience?: number | undefined
  /** How long to wait before asking for the first time how far they are, in milliseconds. @default 1_000 */
  readonly interval?: number | undefined
  /** How long a check counts, in milliseconds. @default a day */
  readonly freshFor?: number | undefined
  /** Milliseconds since the epoch. @default the machine's clock */
  readonly now?: (() => number) | undefined
}

export interface Fault {
  readonly remote: string
  readonly cid?: string | undefined
  readonly fault: string
}

/** One replication, as each of its copies sees it. */
export interface Run extends ReplicatePorts {
  readonly options: ReplicateOptions
  readonly now: () => number
  readonly deadline: number
  readonly isEnough: () => boolean
  readonly tell: (event: ReplicateEvent) => void
  /** One document is settled at one remote. */
  readonly end: () => void
  readonly fault: (fault: Fault) => void
}

/** A document that a remote was asked to keep and is not known to hold. */
export interface Open {
  readonly kept: Kept
  readonly receipt: PinReceipt
  /** Whether the remote said just now how it stands. */
  readonly isAsked: boolean
  readonly checks: number
}

/** A gateway may be behind its own pins, but not for ever. */
const MAX_CHECKS = 5
const A_DAY = 86_400_000

/** Asks a remote to keep a document, unless it was asked; nothing is open where it is known to hold it. */
export async function ask(run: Run, remote: Remote, kept: Kept): Promise<Open | undefined> {
  const { receipts, options, now, sources } = run
  const { cid, name, root } = kept
  const keeper = String(root ?? cid)
  const known = receipts.get(remote.name, String(cid))
  const isAsked = known !== undefined && known.status !== 'failed' && known.keepers.includes(keeper)
  if (isAsked) {
    return isFresh(known, now(), options.freshFor ?? A_DAY)
      ? undefined
      : { kept, receipt: known, isAsked: false, checks: 0 }
  }
  const { signal, origins } = options
  const pin = await remote.ask(await fetchBlock(sources, cid, { signal }), { name, origins, root, signal })
  if (pin.cid !== String(cid)) throw forged(remote, cid)
  const keepers = [...new Set([...(known?.keepers ?? []), keeper])]
  const base = { remote: remote.name, cid: String(cid), name, keepers, askedAt: known?.askedAt ?? instant(now()) }
  const receipt = toldBy(pin, { ...base, requestId: pin.requestId, status: pin.status }, now())
  note(receipts, receipt)
  run.tell({ type: 'asked', remote: remote.name, cid: String(cid), status: pin.status })
  return { kept, receipt, isAsked: true, checks: 0 }
}

/** Looks once how a request stands, and where it is said to be kept, whether that is so. */
export async function look(run: Run, remote: Remote, open: Open): Promise<Open | undefined> {
  const { receipts, now, options } = run
  const { cid } = open.kept
  let { receipt } = open
  if (!open.isAsked) {
    const pin = await remote.status({ cid, requestId: receipt.requestId }, options)
    if (pin === undefined) {
      // Without its receipt it is asked for anew next time.
      receipts.drop(remote.name, receipt.cid)
      run.fault({ remote: remote.name, cid: receipt.cid, fault: 'it knows the request no more' })
      return undefined
    }
    if (pin.cid !== receipt.cid) throw forged(remote, cid)
    receipt = toldBy(pin, receipt, now())
    note(receipts, receipt)
  }
  if (receipt.status === 'pinned') return await check(run, remote, { ...open, receipt })
  if (receipt.status !== 'failed') return { ...open, receipt, isAsked: false }
  run.fault({ remote: remote.name, cid: receipt.cid, fault: 'it could not get the bytes, or gave up' })
  return undefined
}

/** Fetches the bytes from the remote again. */
async function check(run: Run, remote: Remote, open: Open): Promise<Open | undefined> {
  const { receipts, now, options } = run
  const { receipt, kept } = open
  const { fault: _, ...told } = receipt
  const { source } = remote
  if (source === undefined) {
    note(receipts, { ...told, fault: UNCHECKED })
    run.fault({ remote: remote.name, cid: receipt.cid, fault: UNCHECKED })
    return undefined
  }
  try {
    await fetchBlock([source], kept.cid, options)
    note(receipts, { ...told, checkedAt: instant(now()), by: source.name })
    run.tell({ type: 'held', remote: remote.name, cid: receipt.cid, by: source.name })
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    const fault = `it says that it is kept, and ${error.details.reasons.join('; ')}`
    const faulty = { ...told, fault }
    note(receipts, faulty)
    const isLie =
      error.cause instanceof AggregateError && error.cause.errors.some((one) => isArchiveError(one, 'BLOCK_MISMATCH'))
    const checks = open.checks + 1
    if (!isLie && checks < MAX_CHECKS) return { ...open, receipt: faulty, isAsked: false, checks }
    run.fault({ remote: remote.name, cid: receipt.cid, fault })
    return undefined
  }
}

/** Others may have asked since the receipt was read: on whose behalf they did stays in it. */
function note(receipts: Receipts, receipt: PinReceipt): void {
  const { keepers = [] } = receipts.get(receipt.remote, receipt.cid) ?? {}
  receipts.put({ ...receipt, keepers: [...new Set([...keepers, ...receipt.keepers])] })
}

const UNCHECKED = 'it says that it is kept, and no gateway is named to see for oneself'

function toldBy({ requestId, status }: RemotePin, receipt: PinReceipt, now: number): PinReceipt {
  const pinnedAt = receipt.pinnedAt ?? (status === 'pinned' ? instant(now) : undefined)
  return { ...receipt, requestId, status, pinnedAt }
}

const instant = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`

function forged({ name }: Remote, cid: TrendCid): ArchiveError<'REMOTE_FAILED'> {
  const details = { remote: name, reason: 'malformed answer' } as const
  return new ArchiveError('REMOTE_FAILED', `${name}: it answers about another document than ${cid}`, details)
}
