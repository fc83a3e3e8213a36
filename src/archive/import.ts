import type { CID } from 'multiformats/cid'
import { type Block, checkBlock } from '../block/block.ts'
import type { Chunks } from '../block/byte-stream.ts'
import { isOurs, readCar } from '../block/car.ts'
import { parseCid, type TrendCid } from '../block/cid.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { documentIn } from './members.ts'
import { checkSinks } from './publish.ts'
import { type Roll, rollOf } from './roll.ts'

/** Where imported documents are kept. */
export interface ImportPorts {
  readonly sinks: readonly BlockSink[]
  /** What is asked whether it has a document already. */
  readonly here?: BlockSource | undefined
}

export interface ImportOptions extends Abortable, Progress<Advance> {
  /** Whether a block of a kind that the archive does not keep ends the import. @default false: it is left out */
  readonly strict?: boolean | undefined
  /** How many bytes there are to read, where that is known. */
  readonly size?: number | undefined
}

/** What became of a CAR. */
export interface Imported {
  /** What the file says it is about. */
  readonly roots: readonly CID[]
  /** How many documents were pinned that were not here before, and that were. */
  readonly added: number
  readonly known: number
  /** How many blocks were left out, being of kinds that the archive does not keep. */
  readonly foreign: number
  /** How many of those that were pinned are JSON of another format than trend documents. */
  readonly others: number
  /** Roots, and documents that edition roots list, which are neither in the file nor here. */
  readonly missing: readonly string[]
}

/** What is pinned at a time: one transaction and one sync of the disk for each of those it is kept for. */
const BATCH = 512
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
  const roll = rollOf(car.roots.filter(isOurs))
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
  return { roots: car.roots, ...counts, missing: await pinRest(ports, roll, signal) }
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
  for (const block of new Map(batch.map((block) => [String(block.cid), block])).values()) {
    const { isOwn, editions } = roll.meet(block)
    if (isOwn) groups.add(undefined, block)
    for (const edition of editions) groups.add(edition, block)
    if ((await findHere(ports, block.cid, signal)) === undefined) counts.added++
    else counts.known++
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
  for (const cid of roll.unmet()) {
    const block = await findHere(ports, cid, signal)
    if (block === undefined) missing.push(String(cid))
    else await pinBatch(ports, roll, [block], { added: 0, known: 0, others: 0 }, signal)
  }
  let groups = groupsFor()
  for (const { cid, editions, isMet } of roll.unheld()) {
    const block = await findHere(ports, parseCid(cid), signal)
    if (block === undefined && !isMet) missing.push(cid)
    if (block !== undefined) for (const edition of editions) groups.add(edition, block)
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
  const ofEditions = new Map<string, { readonly root: TrendCid; readonly blocks: Block[] }>()
  let size = 0
  return {
    size: () => size,
    add(root: TrendCid | undefined, block: Block): void {
      size++
      if (root === undefined) {
        own.push(block)
        return
      }
      const group = ofEditions.get(String(root)) ?? { root, blocks: [] }
      ofEditions.set(String(root), group)
      group.blocks.push(block)
    },
    /** An edition comes before what is kept on its behalf. */
    async pin({ sinks }: ImportPorts, signal: AbortSignal | undefined): Promise<void> {
      for (const { root, blocks } of [{ root: undefined, blocks: own }, ...ofEditions.values()]) {
        if (blocks.length > 0) await Promise.all(sinks.map((sink) => sink.pin(blocks, { signal, root })))
      }
    }
  }
}

/** The block as it is here; a damaged one is not. */
async function findHere(
  { here }: ImportPorts,
  cid: TrendCid,
  signal: AbortSignal | undefined
): Promise<Block | undefined> {
  try {
    return here && (await checkBlock(cid, await here.get(cid, { signal })))
  } catch (cause) {
    signal?.throwIfAborted()
    // What a source does not have it refuses in words of its own; that it cannot be read at all it says by a code.
    if (isArchiveError(cause)) throw cause
    return undefined
  }
}

function refused(cid: CID, rule: string): ArchiveError<'UNSUPPORTED_CID'> {
  const hint = 'without strict it is left out'
  return new ArchiveError('UNSUPPORTED_CID', `${cid}: ${rule}`, { cid: String(cid), rule }, { hint })
}
