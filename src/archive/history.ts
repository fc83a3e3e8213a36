import { type TrendCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import type { RegistryRecord } from '../registry/registry.ts'
import { insist, libraryOf, type Named, previousOf } from '../verdict/library.ts'
import type { Name } from './name.ts'
import type { ReadPorts } from './ports.ts'
import { checkNamed, headOf, type ResolveOptions } from './resolve.ts'

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
  const name: Name = { by: 'ref', publisher, slug, version: undefined }
  const { registry, at, head } = await headOf(ports, name, options)
  const { address } = parsePublisher(publisher)
  const library = libraryOf(ports.sources, options)
  let here: Named | undefined = insist(await library(head), head)
  checkNamed(name, here.document, head)
  while (here !== undefined) {
    const { cid, document }: Named = here
    const record = await registry.record(address, toBytes32(cid), [], at, options)
    yield { cid, document, record, named: cid.equals(head) }
    const below = await previousOf(library, here)
    here = below && insist(below, cid)
  }
}
