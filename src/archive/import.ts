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
import { type Roll, rollOf } from './roll.ts'

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
 * What is pinned at a time: one transaction and one sync of the disk for each of those it is kept for. Twice as many are
 * no quicker, and outlive two rounds of V8's collector for young objects, which then takes 100 MB more for them.
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
  let batch: Block[] = []
  let bytes = 0
  let done = 0
  const flush = async (): Promise<void> => {
    const blocks = batch
    batch = []
    bytes = 0
    if (blocks.length > 0) await pinBatch(ports, roll, blocks, counts, signal)
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
      batch.push(found.block)
      bytes += found.block.bytes.byteLength
      if (batch.length === BATCH || bytes >= BATCH_BYTES) await flush()
    }
  } catch (cause) {
    // What was read before the fault is as it should be, and a second run need not do it again.
    if (signal?.aborted !== true) await flush()
    throw cause
  }
  await flush()
  return { roots: car.roots.count, ...counts, missing: await pinRest(ports, roll, signal) }
}

type Counts = { -readonly [Count in 'added' | 'known' | 'others']: number }

async function pinBatch(
  ports: ImportPorts,
  roll: Roll,
  batch: readonly Block[],
  counts: Counts,
  signal: AbortSignal | undefined
): Promise<void> {
  const groups = groupsFor()
  for (const block of batch) {
    const { isOwn, editions } = roll.meet(block)
    if (isOwn) groups.keep(block)
    for (const edition of editions) groups.keepFor(edition, block)
    const bytes = await bytesHere(ports, block.cid, signal)
    if (bytes !== undefined && equals(bytes, block.bytes)) {
      counts.known++
      continue
    }
    counts.added++
    if (documentIn(block) === undefined) counts.others++
  }
  await groups.pin(ports, signal)
}

/**
 * What was not in the file, or came before an edition that lists it, may be here: then it is kept on the edition's behalf
 * too. Answers with what is not here either.
 */
async function pinRest(ports: ImportPorts, roll: Roll, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const missing: string[] = []
  for (const key of roll.unmet()) {
    const block = await blockHere(ports, key, signal)
    if (block === undefined) missing.push(String(fromKey(key)))
    else await pinBatch(ports, roll, [block], { added: 0, known: 0, others: 0 }, signal)
  }
  let groups = groupsFor()
  for (const { key, editions } of roll.unheld()) {
    const block = await blockHere(ports, key, signal)
    if (block === undefined) missing.push(String(fromKey(key)))
    else for (const edition of editions) groups.keepFor(edition, block)
    if (groups.size() < BATCH) continue
    await groups.pin(ports, signal)
    groups = groupsFor()
  }
  await groups.pin(ports, signal)
  return missing
}

/** Blocks by what they are kept for. */
function groupsFor() {
  const own: Block[] = []
  const ofEditions = new Map<Key, Block[]>()
  let size = 0
  return {
    size: () => size,
    keep(block: Block): void {
      size++
      own.push(block)
    },
    keepFor(edition: Key, block: Block): void {
      size++
      const group = ofEditions.get(edition) ?? []
      ofEditions.set(edition, group)
      group.push(block)
    },
    /** An edition comes before what is kept on its behalf. */
    async pin({ sinks }: ImportPorts, signal: AbortSignal | undefined): Promise<void> {
      if (own.length > 0) await Promise.all(sinks.map((sink) => sink.pin(own, { signal })))
      for (const [edition, blocks] of ofEditions) {
        const root = fromKey(edition)
        await Promise.all(sinks.map((sink) => sink.pin(blocks, { signal, root })))
      }
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
