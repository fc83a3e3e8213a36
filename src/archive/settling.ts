import { type ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import type { BlockTag, ChainBlock, Receipt, Registry, RegistryWriter } from '../registry/registry.ts'
import { sleep } from '../registry/transaction.ts'
import { type Settled, type Sure, unsettled, type WaitOptions, type Where } from './wait.ts'

const TAGS: Readonly<Record<Sure, BlockTag>> = { safe: 'safe', final: 'finalized' }
/** Twice what Ethereum takes, and what rollups say of themselves. */
const TIMEOUTS: Readonly<Record<Sure, number>> = { safe: 900_000, final: 2_700_000 }
/** Milliseconds without a new block after which a dev chain is not waited for any more: it makes them when it is told. */
const STALLED = 5_000
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 4_000
/** How often a height must be missing before its block is gone: a node behind a balancer may lag. */
const LOOKS = 3
/** Until something is as sure as asked; `undefined` where it is gone. */
export interface Watch {
  /** @param isRecordedAt what has to hold besides where they are settled, as they may come to less in another block */
  readonly receipts: (sent: readonly Receipt[], isRecordedAt?: StateCheck) => Promise<Found | undefined>
  readonly state: (isDoneAt: StateCheck) => Promise<Found | undefined>
}

/** Whether something holds in the state of a block. */
type StateCheck = (at: ChainBlock) => Promise<boolean>

/** The transactions, in the blocks that hold them now. */
export interface Found {
  readonly receipts: readonly Receipt[]
  readonly settled: Settled
}

/** What one look at the chain says. */
type Fate = 'settled' | 'waiting' | 'missing' | 'gone'

interface Subject {
  /** The height that has to be reached, or more. */
  readonly height: bigint | undefined
  readonly receipt?: Receipt | undefined
  /** `tagged` was asked for before anything that this asks. */
  readonly look: (tagged: ChainBlock, latest: ChainBlock) => Promise<Fate>
}

/**
 * A watch over one wait, whose time runs from now.
 * @throws NOT_SETTLED where the node does not tell which block is as sure: nothing is sent then
 */
export async function watchUntil(
  registry: Registry & RegistryWriter,
  wanted: Sure,
  options: WaitOptions
): Promise<Watch> {
  await checkTag(registry, wanted, options)
  return watching(registry, wanted, options)
}

function watching(registry: Registry & RegistryWriter, wanted: Sure, options: WaitOptions): Watch {
  const { signal, onProgress, waitTimeout: timeout = TIMEOUTS[wanted] } = options
  const deadline = Date.now() + timeout
  const stall = tagOf(registry.chain) === 'latest' ? STALLED : Number.POSITIVE_INFINITY
  let first: bigint | undefined
  let told = ''

  const tell = (tagged: bigint, height: bigint): void => {
    first ??= tagged
    const total = Number(height - first)
    const done = Math.min(Math.max(Number(tagged - first), 0), total)
    if (total <= 0 || told === `${done}/${total}`) return
    told = `${done}/${total}`
    onProgress?.({ type: 'advanced', unit: 'blocks', work: 'waiting', until: wanted, done, total })
  }

  const until = async ({ height, receipt, look }: Subject): Promise<Settled | undefined> => {
    let seen = ''
    let changed = Date.now()
    let target = height
    let fate: Fate = 'missing'
    let missing = 0
    let cause: unknown
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      signal?.throwIfAborted()
      try {
        const [latest, tagged] = await Promise.all([
          registry.block('latest', { signal }),
          registry.block(TAGS[wanted], { signal })
        ])
        const heads = `${latest.hash} ${tagged.hash}`
        if (heads !== seen) [changed, pause] = [Date.now(), FIRST_PAUSE]
        if (heads !== seen || fate !== 'waiting') fate = await look(tagged, latest)
        ;[seen, cause] = [heads, undefined]
        target ??= latest.number
        if (fate === 'settled') {
          tell(target, target)
          return { finality: wanted, at: { number: tagged.number, hash: tagged.hash } }
        }
        missing = fate === 'missing' ? missing + 1 : 0
        if (fate === 'gone' || missing === LOOKS) return undefined
        tell(tagged.number, target)
      } catch (error) {
        signal?.throwIfAborted()
        if (!isPassing(error)) throw error
        cause = error
      }
      const place = receipt === undefined ? {} : { block: receipt.block, transaction: receipt.transaction }
      if (Date.now() - changed >= stall) throw stalled(wanted, place)
      const left = deadline - Date.now()
      if (left <= 0) throw late(wanted, timeout, place, cause)
      await sleep(Math.min(pause, left), signal)
    }
  }

  /** Where a transaction is when its block is settled; `undefined` where no block holds it. */
  const follow = async (receipt: Receipt): Promise<{ receipt: Receipt; settled: Settled } | undefined> => {
    for (let here = receipt; ; ) {
      const { block } = here
      const settled = await until({
        height: block.number,
        receipt: here,
        async look(tagged) {
          const canonical = await hashAt(registry, block.number, { signal })
          if (canonical === undefined) return 'missing'
          if (canonical !== block.hash) return 'gone'
          return tagged.number >= block.number ? 'settled' : 'waiting'
        }
      })
      if (settled !== undefined) return { receipt: here, settled }
      onProgress?.({ type: 'dropped', block })
      await registry.settle({ ...options, isReorged: true })
      const found = await registry.receipt(here.transaction, { signal })
      if (found === undefined) return undefined
      here = found
    }
  }

  const state: Watch['state'] = async (isDoneAt) => {
    let undone: string | undefined
    const settled = await until({
      height: undefined,
      async look(tagged, latest) {
        if (undone !== tagged.hash && (await isDoneAt(tagged).catch(falseBeforeRegistry))) return 'settled'
        undone = tagged.hash
        return (await isDoneAt(latest)) ? 'waiting' : 'gone'
      }
    })
    if (settled !== undefined) return { receipts: [], settled }
    onProgress?.({ type: 'dropped', block: undefined })
    return undefined
  }

  return {
    state,
    async receipts(sent, isRecordedAt) {
      let receipts = sent
      // While the last of them was waited for, one before may have left the chain: what is safe may.
      for (let isSame = false; ; ) {
        const followed: { readonly receipt: Receipt; readonly settled: Settled }[] = []
        for (const receipt of receipts) {
          const found = await follow(receipt)
          if (found === undefined) return undefined
          followed.push(found)
        }
        isSame = followed.every(({ receipt }, i) => receipt.block.hash === receipts[i]?.block.hash)
        receipts = followed.map(({ receipt }) => receipt)
        if (!isSame && sent.length > 1) continue
        if (isRecordedAt !== undefined && (await state(isRecordedAt)) === undefined) return undefined
        return { receipts, settled: followed.at(-1)!.settled }
      }
    }
  }
}

/** @throws NOT_SETTLED where the node does not tell which block is as sure: nothing is sent then */
async function checkTag(registry: Registry, wanted: Sure, options: Abortable): Promise<void> {
  const [newest, tagged] = await Promise.allSettled([
    registry.block('latest', options),
    registry.block(TAGS[wanted], options)
  ])
  options.signal?.throwIfAborted()
  if (newest.status === 'rejected') throw newest.reason
  if (tagged.status === 'fulfilled') return
  if (!isPassing(tagged.reason)) throw tagged.reason
  const message = `${registry.trust} does not tell which block is ${wanted}; nothing was sent`
  const hint =
    'ask another node, or wait for inclusion only and look again later; a count of blocks would be no finality'
  throw unsettled(wanted, 'no tag', message, { cause: tagged.reason }, hint)
}

/** The hash of the canonical block of a height; `undefined` where there is none. */
async function hashAt(registry: Registry, number: bigint, options: Abortable): Promise<string | undefined> {
  try {
    return (await registry.block(number, options)).hash
  } catch (error) {
    if (isArchiveError(error, 'REGISTRY_UNAVAILABLE') && error.details.reason === 'unknown block') return undefined
    throw error
  }
}

/** What another look may mend: a node that is not heard, or a block that went while it was read. */
const isPassing = (error: unknown): boolean =>
  isArchiveError(error, 'REGISTRY_UNAVAILABLE') &&
  (error.details.reason === 'no answer' || error.details.reason === 'unknown block')

/** Where the registry was not there yet, nothing was done. */
function falseBeforeRegistry(error: unknown): boolean {
  if (isArchiveError(error, 'REGISTRY_UNAVAILABLE') && error.details.reason === 'no code') return false
  throw error
}

const AGAIN = 'the same again goes on waiting, and sends nothing twice'

const inWords = ({ block }: Where): string =>
  block === undefined ? 'it is recorded' : `it is in block ${block.number}`

function late(wanted: Sure, timeout: number, where: Where, cause: unknown): ArchiveError<'NOT_SETTLED'> {
  const message = `${inWords(where)}, and not ${wanted} after ${Math.round(timeout / 1000)} s`
  return unsettled(wanted, 'timed out', message, { ...where, cause }, AGAIN)
}

function stalled(wanted: Sure, where: Where): ArchiveError<'NOT_SETTLED'> {
  const message = `${inWords(where)}, and will not be ${wanted} by itself: this dev chain makes blocks only when told`
  return unsettled(
    wanted,
    'no new blocks',
    message,
    where,
    `${AGAIN}; on a dev chain nothing is at stake: leave it out`
  )
}
