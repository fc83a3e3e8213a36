import type { Block } from '../block/block.ts'
import { writeCar } from '../block/car.ts'
import { isNamedBy, type TrendCid } from '../block/cid.ts'
import { type CidList, sortedCids } from '../block/digest-list.ts'
import { fromKey, type Key, keyOf } from '../block/key.ts'
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
  const once = new Set<Key>()
  for (const cid of roots) once.add(keyOf(cid))
  yield* writeCar(cidsOfKeys(once), blocksOf(ports, once, options))
}

function* cidsOfKeys(keys: Iterable<Key>): Generator<TrendCid, void, undefined> {
  for (const key of keys) yield fromKey(key)
}

async function* blocksOf(
  ports: ExportPorts,
  roots: ReadonlySet<Key>,
  { members = true, also = [], signal, onProgress }: ExportOptions
): AsyncGenerator<Block, void, undefined> {
  const listed = new Set<Key>()
  const list = (key: Key): void => {
    if (!roots.has(key)) listed.add(key)
  }
  let done = 0
  const tell = (): void => {
    if (++done % TOLD === 0)
      onProgress?.({ type: 'advanced', unit: 'documents', done, total: roots.size + listed.size })
  }
  const load = async (cid: TrendCid, loading: Abortable): Promise<Block> => await find(ports, cid, loading)
  for await (const block of loadAhead(cidsOfKeys(roots), load, { signal })) {
    if (members) for (const member of membersIn(block)) list(member)
    yield block
    tell()
  }
  for (const cid of also) list(keyOf(cid))
  for await (const block of loadAhead(cidsOfKeys(listed), load, { signal })) {
    yield block
    tell()
  }
  onProgress?.({ type: 'advanced', unit: 'documents', done, total: done })
}

async function find({ here, sources }: ExportPorts, cid: TrendCid, options: Abortable): Promise<Block> {
  if (here === undefined) return await fetchBlock(sources, cid, options)
  // Where it has nothing, or something else, its reason is told beside those of the others.
  const block = await here.get(cid, options).then(
    async (bytes) => ((await isNamedBy(cid, bytes)) ? { cid, bytes } : undefined),
    () => undefined
  )
  return block ?? (await fetchBlock([here, ...sources], cid, options))
}

/**
 * Documents and what the editions among them list, in the order of an export: to name all of it as roots, for tools that
 * pin roots alone.
 * @throws BLOCK_UNAVAILABLE
 */
export async function withMembers(
  ports: ExportPorts,
  roots: readonly TrendCid[],
  options: Abortable = {}
): Promise<readonly TrendCid[]> {
  const members = new Set<Key>()
  const load = async (cid: TrendCid, loading: Abortable): Promise<Block> => await find(ports, cid, loading)
  for await (const block of loadAhead(roots, load, options)) for (const key of membersIn(block)) members.add(key)
  return [...roots, ...cidsOfKeys(members)]
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

/**
 * Everything that is pinned, by digest, so that the order does not depend on how the sink keeps it: what is kept in its
 * own right, to be the roots, and all there is, to come along.
 */
export async function allPinned(
  pinned: Pinned,
  options: Abortable = {}
): Promise<{ readonly roots: CidList; readonly also: CidList }> {
  return {
    roots: await sortedCids(pinned.pinned({ ...options, own: true })),
    also: await sortedCids(pinned.pinned(options))
  }
}
