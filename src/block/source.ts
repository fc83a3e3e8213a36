import type { Abortable } from '../options.ts'
import { eitherOf, orAborted } from './abort.ts'
import { type Block, checkBlock } from './block.ts'
import { checkCanHash, type TrendCid } from './cid.ts'
import { failureOf, mismatch, unavailable } from './failure.ts'
import { after, hedged } from './hedge.ts'
import { preferred } from './repute.ts'

/**
 * Somewhere bytes may be had: a Helia node, a gateway, a CAR file.
 *
 * A source is never trusted. It MAY lie, stall or answer late; whoever calls it hashes what it returns. It MUST stop
 * work when `signal` aborts, and MUST reject when it does not have the block: with NOT_DELIVERED, or with
 * SOURCE_UNREACHABLE where it cannot tell whether it has it.
 */
export interface BlockSource {
  readonly name: string
  /** Whether it answers from this machine, without asking anybody: such a source is asked before all others. */
  readonly local?: boolean | undefined
  get: (cid: TrendCid, options?: Abortable) => Promise<Uint8Array<ArrayBuffer>>
}

export interface FetchOptions extends Abortable {
  /** Milliseconds until the call ends, whatever the sources do. @default 30_000 */
  readonly deadline?: number | undefined
  /** Milliseconds that a source has for itself before the next one is asked as well. @default 250 */
  readonly patience?: number | undefined
}

/** How often one call asks a source that wants to be asked later. */
const ROUNDS = 3
/** Milliseconds that are waited longer than was asked for: a timer may fire early. */
const GRACE = 20

/** When each source failed last, for as long as it has not delivered since. */
const failures = new WeakMap<BlockSource, number>()

/**
 * Asks one source after another, local ones first, and takes the first honest answer. The next one is asked when one
 * fails, or has not answered within `patience`; one that failed or was overtaken is asked last for a while. Where all have
 * failed, those that said when to come back are asked again then.
 * @throws BLOCK_UNAVAILABLE when no source delivers before the deadline; its details hold one reason a source
 * @throws UNSUPPORTED_RUNTIME where there is no `crypto.subtle`, before anybody is asked
 */
export async function fetchBlock(
  sources: readonly BlockSource[],
  cid: TrendCid,
  { signal, deadline = 30_000, patience = 250 }: FetchOptions = {}
): Promise<Block> {
  signal?.throwIfAborted()
  checkCanHash()
  const own = new AbortController()
  const race: Race = {
    cid,
    patience,
    ends: performance.now() + deadline,
    signal: eitherOf(signal, own.signal),
    thrown: new Map()
  }
  after(deadline, () => own.abort(), own.signal)
  try {
    return await orAborted(race.signal, run(sources, race))
  } catch {
    signal?.throwIfAborted()
    throw unavailable(cid, sources, race.thrown, deadline)
  } finally {
    own.abort()
  }
}

interface Race {
  readonly cid: TrendCid
  readonly patience: number
  /** By the clock of `performance`. */
  readonly ends: number
  /** Aborts when the race is over, however it ended. */
  readonly signal: AbortSignal
  /** What each source threw, the last time it was asked. */
  readonly thrown: Map<BlockSource, unknown>
}

async function run(sources: readonly BlockSource[], race: Race): Promise<Block> {
  const { ends, signal, thrown } = race
  const pauseOf = (source: BlockSource): number =>
    (failureOf(source, thrown.get(source)).retryAfter ?? Infinity) * 1_000 + GRACE
  if (sources.length === 0) throw new Error('nobody to ask')
  let asked = preferred(sources, (source) => failures.get(source), performance.now())
  for (let round = 1; ; round++) {
    try {
      return await hedged(asked, async (source) => await ask(source, race), { ...race, onOverdue: noteFailure })
    } catch (error) {
      const left = ends - performance.now()
      asked = asked.filter((source) => pauseOf(source) < left)
      if (asked.length === 0 || round === ROUNDS) throw error
      const pause = Math.min(...asked.map(pauseOf))
      await new Promise<void>((resolve) => after(pause, resolve, signal))
    }
  }
}

/** What comes after the race is over says nothing of a source, which was told to stop. */
async function ask(source: BlockSource, { cid, signal, thrown }: Race): Promise<Block> {
  try {
    const block = await deliver(source, cid, signal)
    if (!signal.aborted) failures.delete(source)
    return block
  } catch (error) {
    if (!signal.aborted) {
      thrown.set(source, error)
      if (failureOf(source, error).reason !== 'does not have it') noteFailure(source)
    }
    throw error
  }
}

function noteFailure(source: BlockSource): void {
  failures.set(source, performance.now())
}

async function deliver(source: BlockSource, cid: TrendCid, signal: AbortSignal): Promise<Block> {
  const block = await checkBlock(cid, await source.get(cid, { signal }))
  if (block === undefined) throw mismatch(source, cid)
  return block
}
