import { type Bytes32, parseCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { NONE } from '../registry/registry.ts'
import { editionTree, keyOf } from '../registry/tree.ts'
import type { Named } from '../verdict/library.ts'

/** The root of the tree over the documents that an edition lists; {@link NONE} for anything else. */
export const treeOf = (document: TrendDocument): Bytes32 =>
  document.type === 'edition' ? editionTree(document.entries.map(({ cid }) => toBytes32(parseCid(cid)))).root : NONE

/** What a document is recorded under when it is recorded itself. */
export const recordKeyOf = ({ cid, document }: Named): Bytes32 => keyOf(toBytes32(cid), treeOf(document))
