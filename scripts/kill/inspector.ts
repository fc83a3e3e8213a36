/** Inspects what a writer left, in a process that knows no more of it than its file, and says what is wrong with it. */
import { inspect } from './inspect.ts'

const [file = '', seed, pins, acknowledged = ''] = process.argv.slice(2)
const lanes = acknowledged.split(' ').map(Number)
console.log(JSON.stringify(await inspect(file, { seed: Number(seed), pins: Number(pins), lanes: lanes.length }, lanes)))
