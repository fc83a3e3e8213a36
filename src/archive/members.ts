import type { Block } from '../block/block.ts'
import { type Key, keyOfText } from '../block/key.ts'
import type { TrendDocument } from '../document/document.ts'
import { readDocument } from '../document/parse.ts'
import { isArchiveError } from '../errors.ts'

/** What canonical bytes of an edition have in them, and of other documents hardly ever. */
const MARK = '"type":"edition"'
const decoder = new TextDecoder()

/** The documents that a block lists, in its order: none where it is no edition. */
export function membersIn({ bytes }: Block): readonly Key[] {
  // Reading a document costs a hundred times as much as this look at it.
  if (!decoder.decode(bytes).includes(MARK)) return []
  const document = documentIn({ bytes })
  return document?.type === 'edition' ? document.entries.map(({ cid }) => keyOfText(cid)) : []
}

/** The document that bytes are, if they are one. */
export function documentIn({ bytes }: Pick<Block, 'bytes'>): TrendDocument | undefined {
  try {
    return readDocument(bytes)
  } catch (error) {
    if (!isArchiveError(error)) throw error
    return undefined
  }
}
