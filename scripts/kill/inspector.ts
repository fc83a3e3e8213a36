/**
 * Opens what a killed writer left, collects what nothing keeps, and says what is pinned, by number; and what is wrong
 * with the bytes.
 */
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import { callsOf, documentBlock, LANES } from './calls.ts'
import { faultsOf } from './model.ts'

const [file = '', seed, pins, acknowledged = ''] = process.argv.slice(2)
const store = openStore(file)
const node = await openHelia(store)
const sink = heliaBlocks(node, store)
await node.gc()

const kept = new Set<string>()
for await (const cid of sink.pinned()) kept.add(String(cid))

const workload = { seed: Number(seed), pins: Number(pins) }
const documents = new Set(
  Array.from({ length: LANES }, (_, lane) => callsOf(workload.seed, lane, workload.pins))
    .flat()
    .flatMap((call) => call.documents)
)
const pinned = new Set<number>()
let torn = store.quarantine().length
for (const document of documents) {
  const { cid, bytes } = await documentBlock(document)
  if (!kept.has(String(cid))) continue
  pinned.add(document)
  const found = store.get(cid.multihash.digest)
  if (found === undefined || Buffer.compare(found, bytes) !== 0) torn++
}
const strangers = kept.size - pinned.size
for (const digest of store.digests()) if (store.get(digest) === undefined) torn++

const lanes = acknowledged.split(' ').map(Number)
const found = { ...faultsOf(workload, lanes, pinned), torn, strangers, damaged: store.faults().length }
await node.stop()
store.close()
console.log(JSON.stringify(found))
