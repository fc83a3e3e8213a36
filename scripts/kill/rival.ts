/**
 * One of several that write the same blocks: waits for a line, puts that block several times at once, reads it after
 * each, and says how long each put took and how many reads were not what they should be.
 */
import { createInterface } from 'node:readline'
import { openRival, type RivalKind, rivalBlock } from './rivals.ts'

const [kind = 'archive', place = '', seed, lanes] = process.argv.slice(2)
const rival = await openRival(kind as RivalKind, place)
console.log('ready')
for await (const round of createInterface({ input: process.stdin })) {
  const block = await rivalBlock(Number(seed), Number(round))
  const puts = await Promise.all(Array.from({ length: Number(lanes) }, () => rival.contend(block)))
  console.log(JSON.stringify(puts))
}
await rival.close()
