import { type Block, toBlock } from '../../src/block/block.ts'
import { complete } from '../../src/document/draft.ts'
import { readCorpus } from '../corpus.ts'

const PUBLISHER = 'eip155:1:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

/**
 * Documents as people publish them: those of the corpus, whole and cut short, so that some fit a page of the database
 * and others do not.
 */
export async function documentsOf(count: number): Promise<readonly Block[]> {
  const { members } = readCorpus()
  const placement = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' } as const
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const draft = members[i % members.length]!
      const short = { title: draft.title, slug: `${draft.slug}-${i}`.slice(-31), body: draft.title.repeat(1 + i * 3) }
      return await toBlock(complete(i < members.length ? draft : short, placement))
    })
  )
}
