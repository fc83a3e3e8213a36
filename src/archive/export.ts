import { type Block, checkBlock } from '../block/block.ts'
import { writeCar } from '../block/car.ts'
import { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { Pinned } from '../block/pinned.ts'
import { type BlockSource, fetchBlock } from '../block/source.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { insist, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import { loadAhead } from './ahead.ts'
import { membersIn } from './members.ts'
import type { Name } from './name.ts'
import type { ReadPorts } from './ports.ts'
import { follow } from './resolve.ts'

/** Where the bytes of an export come from. */
export interface ExportPorts {
  /** What is asked first and alone, so that nobody else is asked for what is here. */
  readonly here?: BlockSource | undefined
  /** Who is asked for the rest. */
  readonly sources: readonly BlockSource[]
}

export interface ExportOptions extends Abortable, Progress<Advance> {
  /** Whether an edition brings the documents it lists. @default true */
  readonly members?: boolean | undefined
  /** Documents that come along without being what the file is about. */
  readonly also?: Iterable<TrendCid> | undefined
}

/** Progress is told once in so many documents. */
const TOLD = 256

/**
 * Documents as a CAR: the roots in the order given, then what the editions among them list, in their order, each
 * document once. The same roots give the same bytes, wherever the documents come from. Every byte was hashed before it
 * leaves; no more than a few documents are held at a time.
 * @throws BLOCK_UNAVAILABLE – after the bytes before it, so that what came until then is no whole file
 */
export async function* exportCar(
  ports: ExportPorts,
  roots: Iterable<TrendCid>,
  options: ExportOptions = {}
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  // Texts, for a CID weighs 2 kB, and there may be a hundred thousand.
  const once = new Set<string>()
  for (const cid of roots) once.add(String(cid))
  yield* writeCar(cidsIn(once), blocksOf(ports, once, options))
}

function* cidsIn(texts: Iterable<string>): Generator<TrendCid, void, undefined> {
  for (const text of texts) yield parseCid(text)
}

async function* blocksOf(
  ports: ExportPorts,
  roots: ReadonlySet<string>,
  { members = true, also = [], signal, onProgress }: ExportOptions
): AsyncGenerator<Block, void, undefined> {
  const listed = new Set<string>()
  const list = (cid: string): void => {
    if (!roots.has(cid)) listed.add(cid)
  }
  let done = 0
  const tell = (): void => {
    if (++done % TOLD === 0)
      onProgress?.({ type: 'advanced', unit: 'documents', done, total: roots.size + listed.size })
  }
  const load = async (cid: TrendCid, loading: Abortable): Promise<Block> => await find(ports, cid, loading)
  for await (const block of loadAhead(cidsIn(roots), load, { signal })) {
    if (members) for (const member of membersIn(block)) list(member)
    yield block
    tell()
  }
  for (const cid of also) list(String(cid))
  for await (const block of loadAhead(cidsIn(listed), load, { signal })) {
    yield block
    tell()
  }
  onProgress?.({ type: 'advanced', unit: 'documents', done, total: done })
}

async function find({ here, sources }: ExportPorts, cid: TrendCid, options: Abortable): Promise<Block> {
  if (here === undefined) return await fetchBlock(sources, cid, options)
  // Where it has nothing, or something else, its reason is told beside those of the others.
  const block = await here.get(cid, options).then(
    async (bytes) => await checkBlock(cid, bytes),
    () => undefined
  )
  return block ?? (await fetchBlock([here, ...sources], cid, options))
}

/** The documents that names mean, in their order; with `history` each with all the versions before it, newest first. */
export async function cidsOf(
  ports: ReadPorts,
  names: readonly Name[],
  { history = false, ...options }: Abortable & { readonly history?: boolean | undefined } = {}
): Promise<readonly TrendCid[]> {
  const cids: TrendCid[] = []
  for (const name of names) {
    const cid = name.by === 'cid' ? name.cid : (await follow(ports, name, options)).cid
    cids.push(...(history ? await lineageOf(ports, cid, options) : [cid]))
  }
  return cids
}

/** A version and those before it. @throws BLOCK_UNAVAILABLE, BROKEN_LINEAGE */
async function lineageOf({ sources }: ReadPorts, cid: TrendCid, options: Abortable): Promise<readonly TrendCid[]> {
  const library = libraryOf(sources, options)
  const cids: TrendCid[] = []
  let here: Named | undefined = insist(await library(cid), cid)
  while (here !== undefined) {
    cids.push(here.cid)
    const below = await previousOf(library, here)
    here = below && insist(below, here.cid)
  }
  return cids
}

/** CIDs that are made as they are asked for. */
export interface CidList extends Iterable<TrendCid> {
  readonly count: number
}

/**
 * Everything that is pinned, by digest, so that the order does not depend on how the sink keeps it: what is kept in its
 * own right, to be the roots, and all there is, to come along.
 */
export async function allPinned(
  pinned: Pinned,
  options: Abortable = {}
): Promise<{ readonly roots: CidList; readonly also: CidList }> {
  return {
    roots: await sorted(pinned.pinned({ ...options, own: true })),
    also: await sorted(pinned.pinned(options))
  }
}

async function sorted(cids: AsyncIterable<TrendCid>): Promise<CidList> {
  const digests: Bytes32[] = []
  for await (const cid of cids) digests.push(toBytes32(cid))
  digests.sort()
  return {
    count: digests.length,
    *[Symbol.iterator]() {
      for (const digest of digests) yield fromBytes32(digest)
    }
  }
}
