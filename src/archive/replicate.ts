import type { TrendCid } from '../block/cid.ts'
import { pause } from '../block/exchange.ts'
import { inParallel } from '../block/parallel.ts'
import type { PinReceipt, Receipts } from '../block/receipts.ts'
import type { Remote, RemotePin } from '../block/remote.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { isFresh, lacking } from './copies.ts'

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

/** Who holds what when it ended. */
export interface Replication {
  readonly copies: number
  /** One a document and remote, as far as the remote was asked. */
  readonly receipts: readonly PinReceipt[]
  /** Why a remote was given up, or does not hold a document. */
  readonly faults: readonly Fault[]
  /** The CIDs of documents that fewer remotes hold than there must. */
  readonly lacking: readonly string[]
}

export interface Fault {
  readonly remote: string
  readonly cid?: string | undefined
  readonly fault: string
}

/** Requests that are under way at once with one remote. */
const PARALLEL = 8
const LONGEST_INTERVAL = 30_000
/** A gateway may be behind its own pins, but not for ever. */
const MAX_CHECKS = 5
const A_DAY = 86_400_000

/**
 * Has remotes keep documents: asks, waits until they say that they do, then fetches the bytes from each of them again and
 * compares the digest. Only what passed counts as a copy. It ends as soon as there are enough copies of all.
 *
 * Every step is kept as a receipt before the next one is taken, so that an interrupted run is continued and nothing is
 * asked for twice. What a remote does wrong is in the result; it does not keep the others from their work.
 * @throws INVALID_OPTION when more copies are wanted than there are remotes
 * @throws BLOCK_UNAVAILABLE when there are no bytes to give
 */
export async function replicate(
  ports: ReplicatePorts,
  documents: readonly Kept[],
  options: ReplicateOptions = {}
): Promise<Replication> {
  const { remotes, receipts } = ports
  const { copies = remotes.length, now = Date.now, patience = 300_000, onProgress } = options
  if (!(copies >= 1 && copies <= remotes.length)) throw impossible(copies, remotes.length)
  const cids = documents.map(({ cid }) => String(cid))
  const wanted = new Set(cids)
  const names = new Set(remotes.map(({ name }) => name))
  const own = (): readonly PinReceipt[] =>
    receipts.all().filter(({ remote, cid }) => names.has(remote) && wanted.has(cid))
  const total = documents.length * remotes.length
  const faults: Fault[] = []
  let done = 0
  const run: Run = {
    ...ports,
    options,
    now,
    deadline: now() + patience,
    isEnough: () => lacking(cids, own(), copies).length === 0,
    tell: onProgress ?? (() => undefined),
    end: () => onProgress?.({ type: 'advanced', unit: 'documents', done: ++done, total }),
    fault(fault) {
      faults.push(fault)
      onProgress?.({ type: 'fault', ...fault })
    }
  }
  await Promise.all(
    remotes.map(
      async (remote) => await orFault(run, { remote: remote.name }, () => replicateTo(run, remote, documents))
    )
  )
  options.signal?.throwIfAborted()
  const held = own()
  return { copies, receipts: held, faults, lacking: lacking(cids, held, copies) }
}

interface Run extends ReplicatePorts {
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
interface Open {
  readonly kept: Kept
  readonly receipt: PinReceipt
  /** Whether the remote said just now how it stands. */
  readonly isAsked: boolean
  readonly checks: number
}

async function replicateTo(run: Run, remote: Remote, documents: readonly Kept[]): Promise<void> {
  const { now, options } = run
  let open: Open[] = []
  await inParallel(documents, PARALLEL, async (kept) => {
    const one = await orFault(run, { remote: remote.name, cid: String(kept.cid) }, () => ask(run, remote, kept))
    if (one === undefined) run.end()
    else open.push(one)
  })
  for (let interval = options.interval ?? 1_000; ; interval = Math.min(2 * interval, LONGEST_INTERVAL)) {
    const still: Open[] = []
    await inParallel(open, PARALLEL, async (one) => {
      const next = await look(run, remote, one)
      if (next === undefined) run.end()
      else still.push(next)
    })
    open = still
    if (open.length === 0 || now() + interval > run.deadline || run.isEnough()) return
    await pause(interval, options.signal)
  }
}

/**
 * Does its work, or says why not. A remote that cannot be used at all is given up; one document that it refuses is not
 * the end of the others.
 */
async function orFault<Done>(
  run: Run,
  about: Omit<Fault, 'fault'>,
  work: () => Promise<Done>
): Promise<Done | undefined> {
  try {
    return await work()
  } catch (error) {
    run.options.signal?.throwIfAborted()
    if (!isRemote(error)) throw error
    const isOfOne = isArchiveError(error, 'REMOTE_FAILED') && error.details.reason === 'refused'
    if (about.cid !== undefined && !isOfOne) throw error
    run.fault({ ...about, fault: error.message })
    return undefined
  }
}

const isRemote = (error: unknown): error is ArchiveError =>
  isArchiveError(error, 'REMOTE_FAILED') || isArchiveError(error, 'NO_ACCOUNT') || isArchiveError(error, 'PIN_FAILED')

/** Asks a remote to keep a document, unless it was asked; nothing is open where it is known to hold it. */
async function ask(run: Run, remote: Remote, kept: Kept): Promise<Open | undefined> {
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
  receipts.put(receipt)
  run.tell({ type: 'asked', remote: remote.name, cid: String(cid), status: pin.status })
  return { kept, receipt, isAsked: true, checks: 0 }
}

/** Looks once how a request stands, and where it is said to be kept, whether that is so. */
async function look(run: Run, remote: Remote, open: Open): Promise<Open | undefined> {
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
    receipts.put(receipt)
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
    receipts.put({ ...told, fault: UNCHECKED })
    run.fault({ remote: remote.name, cid: receipt.cid, fault: UNCHECKED })
    return undefined
  }
  try {
    await fetchBlock([source], kept.cid, options)
    receipts.put({ ...told, checkedAt: instant(now()), by: source.name })
    run.tell({ type: 'held', remote: remote.name, cid: receipt.cid, by: source.name })
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    const fault = `it says that it is kept, and ${error.details.reasons.join('; ')}`
    const faulty = { ...told, fault }
    receipts.put(faulty)
    const isLie =
      error.cause instanceof AggregateError && error.cause.errors.some((one) => isArchiveError(one, 'BLOCK_MISMATCH'))
    const checks = open.checks + 1
    if (!isLie && checks < MAX_CHECKS) return { ...open, receipt: faulty, isAsked: false, checks }
    run.fault({ remote: remote.name, cid: receipt.cid, fault })
    return undefined
  }
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

function impossible(copies: number, remotes: number): ArchiveError<'INVALID_OPTION'> {
  const rule = `there are ${remotes} remotes to hold ${copies} copies`
  return new ArchiveError(
    'INVALID_OPTION',
    rule,
    { option: 'copies', rule },
    { hint: 'ask for fewer, or name more remotes' }
  )
}
