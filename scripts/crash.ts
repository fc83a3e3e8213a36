/**
 * `npm run test:crash [runs]`: kills a process while it pins, over and over, and looks at what it left. A pin that was
 * acknowledged must be there, and no call may be there in part.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Block, toBlock } from '../src/block/block.ts'
import { heliaBlocks, openHelia } from '../src/block/helia.ts'
import { openStore } from '../src/block/store.ts'

/** What was found after so many kills. */
export interface Damage {
  readonly runs: number
  /** Calls that were acknowledged, and of them those that are gone. */
  readonly acknowledged: number
  readonly lost: number
  /** Calls of which some blocks are pinned and some are not. */
  readonly halved: number
  /** Blocks that are pinned and not there, or not what they should be. */
  readonly torn: number
}

const CALLS = 400
const LANES = 8
const FIRST_ACKNOWLEDGEMENTS = 5

/** Kills so many writers, each at another moment that follows from `seed`, and counts the damage. */
export async function crash(runs: number, seed: number): Promise<Damage> {
  const total = { runs, acknowledged: 0, lost: 0, halved: 0, torn: 0 }
  const random = numbersFrom(seed)
  for (let run = 0; run < runs; run++) {
    const folder = mkdtempSync(join(tmpdir(), 'trend-archive-crash-'))
    try {
      const file = join(folder, 'archive.db')
      const acknowledged = await killedWriter(file, FIRST_ACKNOWLEDGEMENTS + Math.floor(random() * CALLS * 0.6))
      const { lost, halved, torn } = await inspect(file, acknowledged)
      total.acknowledged += acknowledged.size
      total.lost += lost
      total.halved += halved
      total.torn += torn
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return total
}

/** The blocks of a call follow from its number, so writer and inspector need not talk. */
async function blocksOf(call: number): Promise<readonly Block[]> {
  const size = (call * 7919) % 6_000
  return await Promise.all(
    Array.from({ length: 1 + (call % 5) }, (_, i) => toBlock({ call, i, text: 'x'.repeat(size) }))
  )
}

/** Runs a writer and kills it once it has acknowledged so many calls; the numbers of all calls it acknowledged. */
async function killedWriter(file: string, target: number): Promise<ReadonlySet<number>> {
  const writer = spawn(process.execPath, [fileURLToPath(import.meta.url), 'write', file], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let said = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.split('\n').length > target) writer.kill('SIGKILL')
  })
  await once(writer, 'close')
  // A last line that was cut short is no acknowledgement.
  return new Set(said.split('\n').slice(0, -1).map(Number))
}

/** Pins in several lanes at once; each call is acknowledged on standard output when its pin has resolved. */
async function write(file: string): Promise<void> {
  const store = openStore(file)
  const sink = heliaBlocks(await openHelia(store), store)
  const calls = await Promise.all(Array.from({ length: CALLS }, (_, call) => blocksOf(call)))
  let next = 0
  const lane = async (): Promise<void> => {
    for (let call = next++; call < CALLS; call = next++) {
      await sink.pin(calls[call]!)
      writeSync(1, `${call}\n`)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  store.close()
}

async function inspect(
  file: string,
  acknowledged: ReadonlySet<number>
): Promise<Pick<Damage, 'lost' | 'halved' | 'torn'>> {
  const store = openStore(file)
  const node = await openHelia(store)
  const sink = heliaBlocks(node, store)
  const pinned = new Set<string>()
  for await (const cid of sink.pinned()) pinned.add(String(cid))
  const found = { lost: 0, halved: 0, torn: 0 }
  for (let call = 0; call < CALLS; call++) {
    const blocks = await blocksOf(call)
    const here = blocks.filter(({ cid }) => pinned.has(String(cid)))
    if (acknowledged.has(call) && here.length < blocks.length) found.lost++
    if (here.length > 0 && here.length < blocks.length) found.halved++
    for (const { cid, bytes } of here) {
      const kept = store.get(cid.multihash.digest)
      if (kept === undefined || Buffer.compare(kept, bytes) !== 0) found.torn++
    }
  }
  await node.stop()
  store.close()
  return found
}

function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

if (import.meta.main) {
  const [, , mode = '50', file = ''] = process.argv
  if (mode === 'write') {
    await write(file)
  } else {
    const found = await crash(Number(mode), 12_345)
    console.log(JSON.stringify(found))
    process.exitCode = found.acknowledged > 0 && found.lost + found.halved + found.torn === 0 ? 0 : 1
  }
}
