import { expect, onTestFinished, test } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { createKeeping } from '../../src/archive/keeping.ts'
import { bucketBlocks } from '../../src/block/bucket.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { receiptsIn } from '../../src/block/receipts.ts'
import { openStore } from '../../src/block/store.ts'
import { useS3 } from '../block/s3.ts'
import { namesOf, scratchFile } from '../block/samples.ts'
import { draft, PUBLISHER, world } from '../world.ts'

const s3 = useS3()

test("somebody's edition is kept by name, here and in a bucket, and let go of by name", async () => {
  const { ports, account, blocks: theirs } = world()
  const head = { type: 'edition', slug: 'radar', title: 'Radar', published: '2025-06-01T09:00:00Z' } as const
  const { edition, steps } = await publishEdition(ports, head, [draft('edge'), draft('rust')])
  const cids = [...steps, edition].map(({ named }) => String(named.cid)).toSorted()
  const store = openStore(scratchFile())
  onTestFinished(() => store.close())
  const [blocks, bucket, receipts] = [memoryBlocks(), bucketBlocks(s3.bucket()), receiptsIn(store)]
  const own = { blocks, registries: [account], remotes: [bucket], receipts }
  const name = `${PUBLISHER}/radar`
  const { kept, replication } = await createKeeping({ ...own, sources: [theirs] }).pin(name)
  expect(kept.map((one) => one.name)).toEqual(['edge@1', 'rust@1', 'radar@1'])
  expect(replication).toMatchObject({ lacking: [], faults: [], copies: 1 })
  for (const sink of [blocks, bucket]) expect(await namesOf(sink.pinned())).toEqual(cids)
  // From the bucket alone it is all there again.
  const restored = memoryBlocks()
  const again = createKeeping({ ...own, blocks: restored, sources: [] })
  await again.pin(name)
  expect(await namesOf(restored.pinned())).toEqual(cids)
  expect(await again.unpin(name)).toEqual([])
  for (const sink of [restored, bucket]) expect(await namesOf(sink.pinned())).toEqual([])
  expect(receipts.all()).toEqual([])
  const alone = createKeeping({ ...own, remotes: [], sources: [theirs] })
  expect((await alone.pin(name)).replication).toBeUndefined()
})
