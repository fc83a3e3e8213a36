/** Carries out some lanes of calls on an archive, and says the lane of each call once it has resolved. */
import { writeSync } from 'node:fs'
import { heliaBlocks, openHelia } from '../../src/block/helia.ts'
import { openStore } from '../../src/block/store.ts'
import { callsOf } from './calls.ts'
import { inLanes } from './lanes.ts'

const [file = '', seed, pins, ...numbers] = process.argv.slice(2)
const lanes = new Map(numbers.map(Number).map((lane) => [lane, callsOf(Number(seed), lane, Number(pins))]))
await import('../../src/block/helia-light.ts')
const say = (line: string): number => writeSync(1, `${line}\n`)

say('ready')
const store = openStore(file)
const node = await openHelia(store)
say('open')
await inLanes(heliaBlocks(node, store), lanes, (lane) => say(String(lane)))
await node.stop()
say('closing')
store.close()
