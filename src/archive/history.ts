import { fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import { deployments } from '../registry/deployments.ts'
import { refOf } from '../registry/ref.ts'
import type { RegistryRecord } from '../registry/registry.ts'
import { insist, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import type { Name } from './name.ts'
import type { ReadPorts } from './ports.ts'
import { type ResolveOptions, registryFor } from './resolve.ts'

export interface Version {
  readonly cid: TrendCid
  readonly document: TrendDocument
  /** What the chain says of this version alone; a version recorded through an edition has no record of its own. */
  readonly record: RegistryRecord
  /** Whether its ref names it now. */
  readonly named: boolean
}

/**
 * The versions of a lineage, newest first, from what the ref names now. Ends where the bytes end.
 * @throws NOT_FOUND, BLOCK_UNAVAILABLE, BROKEN_LINEAGE, REGISTRY_UNAVAILABLE – after the versions before it
 */
export async function* history(
  ports: ReadPorts,
  { publisher, slug }: Pick<Extract<Name, { by: 'ref' }>, 'publisher' | 'slug'>,
  options: ResolveOptions = {}
): AsyncGenerator<Version, void, undefined> {
  const registry = registryFor(ports, publisher)
  const { address } = parsePublisher(publisher)
  const at = await registry.block(options.tag ?? deployments[registry.chain]?.tag ?? 'finalized', options)
  const head = await registry.head(address, refOf(slug), at, options)
  if (head === undefined) {
    const name = `${publisher}/${slug}`
    throw new ArchiveError('NOT_FOUND', `${name} names nothing`, { name })
  }
  const library = libraryOf(ports.sources, options)
  const top = fromBytes32(head)
  let here: Named | undefined = insist(await library(top), top)
  while (here !== undefined) {
    const { cid, document }: Named = here
    const record = await registry.record(address, toBytes32(cid), [], at, options)
    yield { cid, document, record, named: cid.equals(top) }
    const below = await previousOf(library, here)
    here = below && insist(below, cid)
  }
}
