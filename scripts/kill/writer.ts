/** Pins and unpins in several lanes at once, and says the lane of each call once it has resolved. */
import { writeSync } from 'node:fs'
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import { type Call, callsOf, documentBlock, LANES } from './calls.ts'

const [file = '', seed, pins] = process.argv.slice(2)
const lanes = Array.from({ length: LANES }, (_, lane) => callsOf(Number(seed), lane, Number(pins)))
const documents = new Set(lanes.flat().flatMap((call) => call.documents))
// Made before, so that making them does not set the pace.
const blocks = new Map(await Promise.all([...documents].map(async (one) => [one, await documentBlock(one)] as const)))
await import('../../src/block/helia-light.ts')
const say = (line: string): number => writeSync(1, `${line}\n`)

say('ready')
const store = openStore(file)
const node = await openHelia(store)
const sink = heliaBlocks(node, store)
say('open')

const carryOut = async (call: Call): Promise<void> => {
  const named = call.documents.map((document) => blocks.get(document)!)
  if (call.verb === 'unpin') await sink.unpin(named.map(({ cid }) => cid))
  else await sink.pin(named, { root: call.root === undefined ? undefined : blocks.get(call.root)!.cid })
}
await Promise.all(
  lanes.map(async (calls, lane) => {
    for (const call of calls) {
      await carryOut(call)
      say(String(lane))
    }
  })
)
await node.stop()
say('closing')
store.close()
