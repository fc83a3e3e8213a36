import type { CID } from 'multiformats/cid'
import { type Block, checkBlock } from '../block/block.ts'
import type { Chunks } from '../block/byte-stream.ts'
import { equals } from '../block/bytes.ts'
import { readCar } from '../block/car.ts'
import { isTrendCid, type TrendCid } from '../block/cid.ts'
import { fromKey, type Key, keyOf } from '../block/key.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { documentIn } from './members.ts'
import { checkSinks } from './pin-all.ts'
import { type Purpose, type Roll, rollOf } from './roll.ts'

/** Where imported documents are kept. */
export interface ImportPorts {
  readonly sinks: readonly BlockSink[]
  /** What is asked whether it has a document already: most often a sink that is a source too. */
  readonly here: BlockSource
}

export interface ImportOptions extends Abortable, Progress<Advance> {
  /** Whether a block of a kind that the archive does not keep ends the import. @default false: it is left out */
  readonly strict?: boolean | undefined
  /** How many bytes there are to read, where that is known. */
  readonly size?: number | undefined
}

/** What became of a CAR. */
export interface Imported {
  /** How many documents the file says it is about. */
  readonly roots: number
  /** How many documents were pinned that were not here before, and that were. */
  readonly added: number
  readonly known: number
  /** How many blocks were left out, being of kinds that the archive does not keep. */
  readonly foreign: number
  /** How many of those that are new are JSON of another format than trend documents. */
  readonly others: number
  /** Roots, and documents that edition roots list, which are neither in the file nor here. */
  readonly missing: readonly string[]
}

/**
 * What is pinned at a time: one transaction and one sync of the disk for each of those it is kept for. More are hardly
 * quicker, and outlive a round of V8's collector for young objects, which then takes 100 MB more for them.
 */
const BATCH = 128
const BATCH_BYTES = 4 * 1024 * 1024

/**
 * Pins what is in a CAR as it is read. What an edition among the roots lists is kept on its behalf, once the edition
 * itself was verified and pinned; every other document is kept in its own right.
 *
 * Each batch is durable before the next one is read. An import that ended early keeps what it had pinned, and run again
 * it comes to the same end as one that was not: pinning again changes nothing, and mends a damaged copy.
 * @throws INVALID_CAR, after what came before the fault was pinned
 * @throws UNSUPPORTED_CID when it is strict and a block is of a kind that is not kept
 * @throws PIN_FAILED, INVALID_OPTION
 */
export async function importCar(ports: ImportPorts, chunks: Chunks, options: ImportOptions = {}): Promise<Imported> {
  checkSinks(ports)
  const { strict = false, signal, onProgress, size } = options
  const car = await readCar(chunks, { signal })
  const roll = rollOf(keysAmong(car.roots))
  const counts = { added: 0, known: 0, foreign: 0, others: 0 }
  const batch = batchFor(ports, signal)
  let done = 0
  const flush = async (): Promise<void> => {
    await batch.pin()
    onProgress?.({ type: 'advanced', unit: 'bytes', done, total: size })
  }
  try {
    for await (const found of car.blocks) {
      done = found.end
      if ('foreign' in found) {
        if (strict) throw refused(found.foreign, found.rule)
        counts.foreign++
        continue
      }
      const { block } = found
      batch.add(block, roll.meet(block))
      const held = await bytesHere(ports, block.cid, signal)
      const isKnown = held !== undefined && equals(held, block.bytes)
      counts[isKnown ? 'known' : 'added']++
      if (!isKnown && documentIn(block) === undefined) counts.others++
      if (batch.isFull()) await flush()
    }
  } catch (cause) {
    // What was read before the fault is as it should be, and a second run need not do it again.
    if (signal?.aborted !== true) await flush()
    throw cause
  }
  await flush()
  return { roots: car.roots.count, ...counts, missing: await pinRest(ports, roll, signal) }
}

/**
 * What was not in the file, or came before an edition that lists it, may be here: then it is kept on the edition's behalf
 * too. Answers with what is not here either.
 */
async function pinRest(ports: ImportPorts, roll: Roll, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const missing: string[] = []
  const batch = batchFor(ports, signal)
  const hold = async (key: Key, purposeOf: (block: Block) => Purpose): Promise<void> => {
    const block = await blockHere(ports, key, signal)
    if (block === undefined) missing.push(String(fromKey(key)))
    else batch.add(block, purposeOf(block))
    if (batch.isFull()) await batch.pin()
  }
  for (const key of roll.unmet()) await hold(key, roll.meet)
  for (const { key, editions } of roll.unheld()) await hold(key, () => ({ isOwn: false, editions }))
  await batch.pin()
  return missing
}

/** A block that waits to be pinned. Its CID is made again then: a CID is half as large as a document. */
interface Waiting {
  readonly key: Key
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Blocks that are pinned together, by what they are kept for. */
function batchFor({ sinks }: ImportPorts, signal: AbortSignal | undefined) {
  let own: Waiting[] = []
  let ofEditions = new Map<Key, Waiting[]>()
  let count = 0
  let size = 0
  const pin = async (waiting: readonly Waiting[], root?: TrendCid): Promise<void> => {
    const blocks = waiting.map(({ key, bytes }) => ({ cid: fromKey(key), bytes }))
    await Promise.all(sinks.map((sink) => sink.pin(blocks, { signal, root })))
  }
  return {
    isFull: () => count >= BATCH || size >= BATCH_BYTES,
    add({ cid, bytes }: Block, { isOwn, editions }: Purpose): void {
      const waiting = { key: keyOf(cid), bytes }
      if (isOwn) own.push(waiting)
      for (const edition of editions) {
        const group = ofEditions.get(edition) ?? []
        ofEditions.set(edition, group)
        group.push(waiting)
      }
      // A document that a thousand editions list is pinned a thousand times.
      count += Math.max(1, editions.length)
      size += bytes.byteLength
    },
    /** An edition comes before what is kept on its behalf. What fails is not tried again. */
    async pin(): Promise<void> {
      const [alone, groups] = [own, ofEditions]
      own = []
      ofEditions = new Map()
      count = 0
      size = 0
      if (alone.length > 0) await pin(alone)
      for (const [edition, waiting] of groups) await pin(waiting, fromKey(edition))
    }
  }
}

/** The block as it is here; a damaged one is not. */
async function blockHere(ports: ImportPorts, key: Key, signal: AbortSignal | undefined): Promise<Block | undefined> {
  const cid = fromKey(key)
  const bytes = await bytesHere(ports, cid, signal)
  return bytes && (await checkBlock(cid, bytes))
}

async function bytesHere(
  { here }: ImportPorts,
  cid: TrendCid,
  signal: AbortSignal | undefined
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await here.get(cid, { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    if (isArchiveError(cause, 'NOT_DELIVERED') && cause.details.reason === 'does not have it') return undefined
    throw cause
  }
}

function refused(cid: CID, rule: string): ArchiveError<'UNSUPPORTED_CID'> {
  const hint = 'without strict it is left out'
  return new ArchiveError('UNSUPPORTED_CID', `${cid}: ${rule}`, { cid: String(cid), rule }, { hint })
}

/** The others are of kinds that are not kept, and waited for by nobody. */
function* keysAmong(roots: Iterable<CID>): Generator<Key, void, undefined> {
  for (const cid of roots) if (isTrendCid(cid)) yield keyOf(cid)
}
