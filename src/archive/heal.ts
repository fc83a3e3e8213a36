import { cidOf, type TrendCid } from '../block/cid.ts'
import { lacking } from '../block/failure.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { Store } from '../block/store.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { documentIn } from './members.ts'
import { type Kept, type Missed, membersMissed } from './missed.ts'
import { attempt } from './pass.ts'

/** A document that ought to be here and could not be put back. */
export interface Lost extends Missed {
  /** Why not, a reason a source. */
  readonly reasons: readonly string[]
  /** Whether a source could not be reached, so that a later try may heal it. */
  readonly transient: boolean
}

export interface Healing {
  readonly healed: readonly Missed[]
  readonly lost: readonly Lost[]
}

export interface HealOptions extends Abortable, Progress<Advance> {
  readonly onHealed: (cid: TrendCid) => void
}

export type Mendable = Kept & Pick<Store, 'quarantine' | 'write'>

/** Documents fetched at a time. */
const LANES = 8

/**
 * Fetches what is missed from somewhere else and puts it back. Pins are left as they are: they never went. An edition
 * that is back says what else there should be.
 */
export async function heal(
  store: Mendable,
  sources: readonly BlockSource[],
  missed: readonly Missed[],
  { signal, onProgress, onHealed }: HealOptions
): Promise<Healing> {
  const healed: Missed[] = []
  const lost: Lost[] = []
  if (missed.length === 0) return { healed, lost }
  const queue = [...missed]
  const known = new Set(missed.map(({ cid }) => String(cid)))
  const places = [await salvage(store), ...sources]
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const outcome = await putBack(store, places, one, signal)
      if (outcome instanceof Uint8Array) {
        healed.push(one)
        onHealed(one.cid)
        for (const member of membersOf(store, one.cid, outcome)) {
          if (known.has(String(member.cid))) continue
          known.add(String(member.cid))
          queue.push(member)
        }
      } else lost.push(outcome)
      onProgress?.({ type: 'advanced', unit: 'documents', done: healed.length + lost.length, total: known.size })
    }
  }
  // Lanes end where the queue is empty, and an edition may fill it again.
  while (queue.length > 0) await Promise.all(Array.from({ length: LANES }, lane))
  return { healed, lost }
}

async function putBack(
  store: Mendable,
  sources: readonly BlockSource[],
  missed: Missed,
  signal: AbortSignal | undefined
): Promise<Uint8Array<ArrayBuffer> | Lost> {
  try {
    const block = await fetchBlock(sources, missed.cid, { signal })
    const { fault } = attempt(() => store.write({ blocks: [block] }))
    return fault === undefined ? block.bytes : { ...missed, reasons: [fault], transient: false }
  } catch (error) {
    signal?.throwIfAborted()
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    const { reasons, transient } = error.details
    return { ...missed, reasons, transient }
  }
}

function membersOf(store: Kept, cid: TrendCid, bytes: Uint8Array<ArrayBuffer>): readonly Missed[] {
  const document = documentIn({ bytes })
  return document === undefined ? [] : membersMissed(store, cid, document)
}

/**
 * The quarantine as a source: where damage hit a block's name instead of its bytes, these are still good, under their
 * own name.
 */
async function salvage(store: Pick<Store, 'quarantine'>): Promise<BlockSource> {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { bytes } of attempt(() => store.quarantine()).value ?? []) {
    const own = new Uint8Array(bytes)
    kept.set(String(await cidOf(own)), own)
  }
  const name = 'the quarantine'
  return {
    name,
    async get(cid) {
      const bytes = kept.get(String(cid))
      if (bytes === undefined) throw lacking(name)
      return bytes
    }
  }
}
