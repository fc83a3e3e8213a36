/** Pins documents one by one, says the number of each once its pin has resolved, and then waits to be ended. */
import { writeSync } from 'node:fs'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { documentBlock } from './calls.ts'

const [file = '', count] = process.argv.slice(2)
const { pin } = pinsOf(openStore(file), 'archive')
for (let document = 0; document < Number(count); document++) {
  await pin([await documentBlock(document)])
  writeSync(1, `${document}\n`)
}
setInterval(() => undefined, 60_000)
