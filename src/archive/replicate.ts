import { pause } from '../block/exchange.ts'
import { inParallel } from '../block/parallel.ts'
import type { PinReceipt } from '../block/receipts.ts'
import type { Remote } from '../block/remote.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import { lacking } from './copies.ts'
import {
  ask,
  type Fault,
  type Kept,
  look,
  type Open,
  type ReplicateOptions,
  type ReplicatePorts,
  type Run
} from './copy.ts'

export type { Fault, Kept, ReplicateEvent, ReplicateOptions, ReplicatePorts } from './copy.ts'

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

/** Requests that are under way at once with one remote. */
const PARALLEL = 8
const LONGEST_INTERVAL = 30_000

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
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const run: Run = {
    ...ports,
    options: { ...options, signal },
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
  await allOrStopped(stop, remotes, async (remote) => {
    await orFault(run, { remote: remote.name }, () => replicateTo(run, remote, documents))
  })
  const held = own()
  return { copies, receipts: held, faults, lacking: lacking(cids, held, copies) }
}

/** Works with all at once. What one of them cannot go on after ends the others too, and they have ended when it throws. */
async function allOrStopped(
  stop: AbortController,
  remotes: readonly Remote[],
  work: (remote: Remote) => Promise<void>
): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    remotes.map(async (remote) => {
      await work(remote).catch((error: unknown) => {
        failures.push(error)
        stop.abort()
      })
    })
  )
  if (failures.length > 0) throw failures[0]
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

function impossible(copies: number, remotes: number): ArchiveError<'INVALID_OPTION'> {
  const rule = `there are ${remotes} remotes to hold ${copies} copies`
  return new ArchiveError(
    'INVALID_OPTION',
    rule,
    { option: 'copies', rule },
    { hint: 'ask for fewer, or name more remotes' }
  )
}
