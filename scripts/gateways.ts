/**
 * `npm run test:gateways`: what gateways that are broken or mean harm can do, alone and beside a good one, and whether every
 * call ends in time whatever its sources. Ends with one line of figures, and with 1 where one of them is missed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { toBlock } from '../src/block/block.ts'
import { deadlines } from './gateways/deadlines.ts'
import { byHelia } from './gateways/helia.ts'
import { alone, besideGood, memoryTaken, type Row } from './gateways/hostile.ts'
import { startServers } from './gateways/servers.ts'

const MOST_MEMORY = 32
/** libp2p's own timers run on for two seconds. */
const UNTIL_QUIET = 5_000

let unhandled = 0
process.on('unhandledRejection', (error) => {
  unhandled++
  console.error('unhandled:', error)
})

function show(title: string, rows: readonly Row[]): string {
  console.log(`\n${title}`)
  for (const { name, milliseconds, held, told } of rows) {
    console.log(`  ${held ? 'ok    ' : 'MISSED'}  ${milliseconds.toFixed(0).padStart(5)} ms  ${name}: ${told}`)
  }
  return `${rows.filter(({ held }) => held).length}/${rows.length}`
}

const slowest = (rows: readonly Row[]): number => Math.ceil(Math.max(...rows.map(({ milliseconds }) => milliseconds)))

/** What still keeps the process alive when everything is closed. */
async function leftOpen(): Promise<readonly string[]> {
  const left = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((one) => !/^(?:TTY|Pipe)Wrap$/.test(one))
  const ends = performance.now() + UNTIL_QUIET
  while (performance.now() < ends) {
    await sleep(100)
    // The timer that was waited for is over by now.
    if (left().length === 0) return []
  }
  return left()
}

const block = await toBlock({ n: 1000, slug: 'edge-ai' })
const nobodys = await toBlock({ n: 1001, slug: 'nobody-has-it' })
const servers = await startServers(block.bytes)

const memory = await memoryTaken(servers, block)
const aloneRows = await alone(servers, block)
const besideRows = await besideGood(servers, block)
const insideHits = await servers.insideHits()
const deadlineRows = await deadlines(servers, nobodys.cid)
await servers.insideHits()
const helia = await byHelia(servers, block.cid)
const heliaHits = await servers.insideHits()
await servers.close()
const open = await leftOpen()

const heliaReasons = new Set(helia.alone.map(({ told }) => told))
const figures = {
  reasons: show('alone: the reason it is refused for', aloneRows),
  beside: show('beside a good one: the block within 1.5 s', besideRows),
  slowestBeside: slowest(besideRows),
  deadlines: show('two seconds for a block that nobody has', deadlineRows),
  slowestDeadline: slowest(deadlineRows),
  insideHits,
  memoryMiB: Math.round(memory),
  unhandled,
  leftOpen: open.length,
  helia: {
    reasons: heliaReasons.size,
    beside: show('Helia by itself, beside a good one', helia.beside),
    slowestBeside: slowest(helia.beside),
    insideHits: heliaHits
  }
}
const held =
  [...aloneRows, ...besideRows, ...deadlineRows].every((row) => row.held) &&
  aloneRows.length >= 14 &&
  insideHits === 0 &&
  memory < MOST_MEMORY &&
  unhandled === 0 &&
  open.length === 0
if (open.length > 0) console.log(`\nstill open: ${open.join(', ')}`)
console.log(`\n${JSON.stringify(figures)}`)
process.exitCode = held ? 0 : 1
