import { type Block, checkBlock } from '../block/block.ts'
import { writeCar } from '../block/car.ts'
import { parseCid, type TrendCid } from '../block/cid.ts'
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
  roots: readonly TrendCid[],
  options: ExportOptions = {}
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const once = new Map(roots.map((cid) => [String(cid), cid]))
  yield* writeCar([...once.values()], blocksOf(ports, once, options))
}

async function* blocksOf(
  ports: ExportPorts,
  roots: ReadonlyMap<string, TrendCid>,
  { members = true, signal, onProgress }: ExportOptions
): AsyncGenerator<Block, void, undefined> {
  // Texts, for a CID that was read weighs several times as much.
  const listed = new Set<string>()
  let done = 0
  const tell = (): void => {
    if (++done % TOLD === 0)
      onProgress?.({ type: 'advanced', unit: 'documents', done, total: roots.size + listed.size })
  }
  const load = async (cid: TrendCid, loading: Abortable): Promise<Block> => await find(ports, cid, loading)
  for await (const block of loadAhead(roots.values(), load, { signal })) {
    if (members) for (const member of membersIn(block)) if (!roots.has(member)) listed.add(member)
    yield block
    tell()
  }
  const loadText = async (text: string, loading: Abortable): Promise<Block> => await load(parseCid(text), loading)
  for await (const block of loadAhead(listed, loadText, { signal })) {
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

/** Everything that is pinned, by digest, so that the order does not depend on how the sink keeps it. */
export async function allPinned(pinned: Pinned, options: Abortable = {}): Promise<readonly TrendCid[]> {
  const cids: TrendCid[] = []
  for await (const cid of pinned.pinned(options)) cids.push(cid)
  return cids.sort((a, b) => compare(a.multihash.digest, b.multihash.digest))
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at === -1 ? 0 : a[at]! - b[at]!
}
