import { parseCid, type TrendCid } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import type { PinReceipt, Receipts } from '../block/receipts.ts'
import type { Remote } from '../block/remote.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import type { Fault } from './replicate.ts'

export interface WithdrawPorts {
  readonly remotes: readonly Remote[]
  readonly receipts: Receipts
}

/** Requests that are under way at once. */
const PARALLEL = 8

/**
 * Takes back from remotes what they keep in the right of these documents: themselves, and what editions among them list.
 * What another edition keeps there as well stays. A receipt goes only when its remote has done its part, so that it can be
 * run again; who has not is told as a fault.
 */
export async function withdraw(
  { remotes, receipts }: WithdrawPorts,
  cids: readonly TrendCid[],
  { signal, onProgress }: Abortable & Progress<Advance> = {}
): Promise<readonly Fault[]> {
  const keepers = new Set(cids.map(String))
  const faults: Fault[] = []
  const affected = receipts.all().filter((receipt) => receipt.keepers.some((keeper) => keepers.has(keeper)))
  let done = 0
  await inParallel(affected, PARALLEL, async (receipt) => {
    const remote = remotes.find(({ name }) => name === receipt.remote)
    try {
      if (remote === undefined) faults.push({ ...about(receipt), fault: 'it is no remote of this archive any more' })
      else await release(remote, receipts, receipt, keepers, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isArchiveError(error, 'REMOTE_FAILED') && !isArchiveError(error, 'NO_ACCOUNT')) throw error
      faults.push({ ...about(receipt), fault: error.message })
    }
    onProgress?.({ type: 'advanced', unit: 'documents', done: ++done, total: affected.length })
  })
  return faults
}

async function release(
  remote: Remote,
  receipts: Receipts,
  receipt: PinReceipt,
  keepers: ReadonlySet<string>,
  signal: AbortSignal | undefined
): Promise<void> {
  const cid = parseCid(receipt.cid)
  const left = receipt.keepers.filter((keeper) => !keepers.has(keeper))
  const leaving = receipt.keepers.filter((keeper) => keepers.has(keeper))
  for (const [i, keeper] of leaving.entries()) {
    const isLast = left.length === 0 && i === leaving.length - 1
    await remote.withdraw({ cid, requestId: receipt.requestId, keeper: parseCid(keeper), isLast }, { signal })
  }
  if (left.length === 0) receipts.drop(receipt.remote, receipt.cid)
  else receipts.put({ ...receipt, keepers: left })
}

const about = ({ remote, cid }: PinReceipt) => ({ remote, cid })
