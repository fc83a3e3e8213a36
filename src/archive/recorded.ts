import { parsePublisher } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Registry, RegistryRecord } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { recordKeyOf } from './key.ts'

/** What a publisher recorded of a document itself – alone, or as an edition –, as it is stored at a block. */
export const ownRecord = async (
  registry: Registry,
  named: Named,
  at: ChainBlock,
  options: Abortable
): Promise<RegistryRecord> =>
  await registry.keyed(parsePublisher(named.document.publisher).address, recordKeyOf(named), at, options)

/**
 * Whether it takes a record of its own to stand by a document: what names an edition may be vouched for by that alone, and a
 * notice is only named.
 */
export const takesRecord = ({ document }: Named): boolean =>
  document.type === 'edition' || (document.type === 'trend' && document.edition === undefined)
