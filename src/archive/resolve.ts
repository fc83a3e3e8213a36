import { fromBytes32, type TrendCid } from '../block/cid.ts'
import { fetchBlock } from '../block/source.ts'
import type { TrendDocument } from '../document/document.ts'
import { readDocument } from '../document/parse.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { tagOf } from '../registry/deployments.ts'
import { refOf } from '../registry/ref.ts'
import type { BlockTag, ChainBlock, Registry } from '../registry/registry.ts'
import { insist, libraryOf, walkTo } from '../verdict/library.ts'
import type { Name } from './name.ts'
import type { ReadPorts } from './ports.ts'

type Ref = Extract<Name, { by: 'ref' }>

export interface ResolveOptions extends Abortable {
  /** The block that says what a ref names. @default what the address book asks of the network */
  readonly tag?: BlockTag | undefined
}

export interface Resolution {
  readonly cid: TrendCid
  readonly document: TrendDocument
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Who led to the CID: nobody where the name was the CID itself. */
  readonly trusted: string | undefined
}

/**
 * From a name to a document whose bytes hash to its CID. Says nothing of who stands by it: that is `verify`.
 * @throws NOT_FOUND, BLOCK_UNAVAILABLE, INVALID_DOCUMENT, NOT_CANONICAL, REGISTRY_UNAVAILABLE, BROKEN_LINEAGE
 */
export async function resolve(ports: ReadPorts, name: Name, options: ResolveOptions = {}): Promise<Resolution> {
  const { cid, trusted } =
    name.by === 'cid' ? { cid: name.cid, trusted: undefined } : await follow(ports, name, options)
  const { bytes } = await fetchBlock(ports.sources, cid, options)
  const document = readDocument(bytes)
  if (name.by === 'ref') checkNamed(name, document, cid)
  return { cid, document, bytes, trusted }
}

/**
 * A ref can be pointed at anything; only the publisher's own document of that slug is what its name means.
 * @throws BROKEN_LINEAGE when it is another
 */
export function checkNamed({ publisher, slug }: Ref, document: TrendDocument, cid: TrendCid): void {
  if (document.publisher === publisher && document.slug === slug) return
  const rule = `the ref ${publisher}/${slug} names the document ${document.slug} of ${document.publisher}`
  throw new ArchiveError('BROKEN_LINEAGE', rule, { cid: String(cid), rule })
}

/**
 * The CID a publisher's slug names, at its present or an earlier version, and who said so.
 * @throws NOT_FOUND, BLOCK_UNAVAILABLE, BROKEN_LINEAGE, REGISTRY_UNAVAILABLE
 */
export async function follow(
  ports: ReadPorts,
  name: Ref,
  options: ResolveOptions
): Promise<{ readonly cid: TrendCid; readonly trusted: string }> {
  const { registry, head } = await headOf(ports, name, options)
  const cid = name.version === undefined ? head : await versionOf(ports, head, name, options)
  return { cid, trusted: registry.trust }
}

/** What a slug names now, and the block that says so. @throws NOT_FOUND, REGISTRY_UNAVAILABLE */
export async function headOf(
  ports: ReadPorts,
  name: Ref,
  options: ResolveOptions
): Promise<{ readonly registry: Registry; readonly at: ChainBlock; readonly head: TrendCid }> {
  const registry = registryFor(ports, name.publisher)
  const at = await registry.block(options.tag ?? tagOf(registry.chain), options)
  const head = await registry.head(parsePublisher(name.publisher).address, refOf(name.slug), at, options)
  if (head === undefined) throw notFound(name)
  return { registry, at, head: fromBytes32(head) }
}

/** An earlier version, found by walking back from the one that is named. */
async function versionOf(ports: ReadPorts, head: TrendCid, name: Ref, options: Abortable): Promise<TrendCid> {
  const { version = 1 } = name
  const library = libraryOf(ports.sources, options)
  const top = insist(await library(head), head)
  const met = insist(await walkTo(library, top, version), head)
  if (met.document.version !== version)
    throw notFound(name, `is no version that is named: the newest is ${top.document.version}`)
  return met.cid
}

/** The pinned registry of a publisher's chain. @throws NOT_FOUND where none is pinned */
export function registryFor({ registries }: ReadPorts, publisher: string): Registry {
  const { chain } = parsePublisher(publisher)
  const registry = registries.find((one) => one.chain === chain)
  if (registry !== undefined) return registry
  const hint = 'name its network, e.g. --network and --rpc-url'
  throw new ArchiveError('NOT_FOUND', `no registry is known for ${chain}`, { name: publisher }, { hint })
}

function notFound({ publisher, slug, version }: Ref, why = 'names nothing'): ArchiveError<'NOT_FOUND'> {
  const name = `${publisher}/${slug}${version === undefined ? '' : `@${version}`}`
  return new ArchiveError('NOT_FOUND', `${name} ${why}`, { name })
}
