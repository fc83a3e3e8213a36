/** Opens an archive and says what it holds: documents that are pinned and whole, and what it takes to be under way. */
import { pendingName } from '../../src/archive/plan.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import { decode } from '../../src/document/canonical.ts'
import type { TrendDocument } from '../../src/document/document.ts'
import type { Publisher } from '../../src/document/publisher.ts'
import type { Holdings } from './publishes.ts'

const [file = '', publisher = '', ...slugs] = process.argv.slice(2)
const store = openStore(file)
const node = await openHelia(store)
const documents: { digest: string; slug: string; version: number }[] = []
let torn = store.quarantine().length
for await (const cid of heliaBlocks(node, store).pinned()) {
  const bytes = store.get(cid.multihash.digest)
  if (bytes === undefined) torn++
  else {
    const { slug, version } = decode(bytes) as unknown as TrendDocument
    documents.push({ digest: toBytes32(cid), slug, version })
  }
}
let pending = 0
for (const slug of slugs) {
  if ((await store.pending.get(pendingName(publisher as Publisher, slug))) !== undefined) pending++
}
await node.stop()
store.close()
console.log(JSON.stringify({ documents, torn, pending } satisfies Holdings))
