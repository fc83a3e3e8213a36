import type { PublishEvent } from '../../src/archive/publish.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { TrendDraft } from '../../src/document/document.ts'
import { refOf } from '../../src/registry/ref.ts'
import { DEEPEST, mining, type ReorgChain } from './chain.ts'
import type { Desk } from './desk.ts'
import { unverified } from './works.ts'

/**
 * Publishes versions one after the other and waits for the last until final; as soon as that is in a block, all of them
 * leave the chain at once. Every one has to be there again, under its CID. @returns what is not as it has to be
 */
export async function restoring(chain: ReorgChain, desk: Desk, versions: number): Promise<readonly string[]> {
  const { archive, registry } = desk.author
  const slug = `${desk.name}-restored-${versions}`
  const drafts = Array.from(
    { length: versions },
    (_, i): TrendDraft => ({
      title: `Version ${i + 1}`,
      slug,
      body: `What was said ${i + 1} times.`
    })
  )
  const lowest = chain.head() + 1
  let leaving: Promise<void> | undefined
  let depth = 0
  const onProgress = (event: PublishEvent): void => {
    if (event.type !== 'recorded' || leaving !== undefined) return
    depth = chain.head() - lowest + 1
    leaving = chain.reorgFrom(lowest)
  }
  const done = await mining(
    chain,
    () => (leaving === undefined ? 1 : 8),
    async () => {
      const before = []
      for (const draft of drafts.slice(0, -1)) before.push(...(await archive.publish([draft])).steps)
      const last = await archive.publish(drafts.slice(-1), { wait: 'final', onProgress })
      await leaving
      return { ...last, steps: [...before, ...last.steps] }
    }
  )
  desk.met(done.steps)
  const cids = done.steps.map(({ named }) => named.cid)
  desk.told(slug, cids, done)
  for (const _ of cids.slice(1)) desk.count('restored')
  const head = await registry.head(registry.account, refOf(slug), await registry.block('finalized'))
  const isNamed = head === toBytes32(cids.at(-1)!)
  return [
    ...(await unverified(desk.author, cids)),
    ...(isNamed ? [] : [`${slug} does not name its last version`]),
    ...(depth > 0 && depth <= DEEPEST ? [] : [`${slug} was taken back ${depth} blocks deep`])
  ]
}
