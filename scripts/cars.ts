/**
 * `npm run test:cars [documents]`: exports an archive of 100,000 documents of 4 KB and imports it into a fresh one, by the
 * command line, each time in a process of its own whose memory is measured; exports must be the same bytes every time.
 * Then come the malformed CARs, each of which must be refused at once. The last line has the figures.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { documents, PUBLISHER } from '../bench/documents.ts'
import { importCar } from '../src/archive/import.ts'
import { type Block, toBlock } from '../src/block/block.ts'
import { memoryBlocks } from '../src/block/memory.ts'
import { openStore } from '../src/block/store.ts'
import { pinsOf } from '../src/block/store-pins.ts'
import { run } from '../src/cli/main.ts'
import type { TrendDocument } from '../src/document/document.ts'
import { completeEdition } from '../src/document/draft.ts'
import { entriesOf } from '../src/document/edition.ts'
import { isArchiveError } from '../src/errors.ts'
import { malformedCars } from '../test/block/malformed-cars.ts'

const COUNT = 100_000
const SIZE = 4_096
/** Half of the documents are in editions, of so many. */
const EDITION = 5_000
const BATCH = 1_000

const MOST_MEMORY = 250
const LEAST_SPEED = 5_000
const LONGEST_REFUSAL = 1_000

/** What a process took. */
interface Taken {
  readonly code: number
  readonly seconds: number
  /** The most memory it had at once, in MB of 10^6 bytes. */
  readonly memory: number
}

/** Documents of exactly 4 KB, each the first of its lineage. */
async function blocksFrom(
  first: number
): Promise<readonly { readonly block: Block; readonly document: TrendDocument }[]> {
  return await Promise.all(
    documents(BATCH, first + 1).map(async (made, i) => {
      const document = { ...made, slug: `t-${first + i}` }
      const { bytes } = await toBlock(document)
      const body = document.body + 'x'.repeat(Math.max(0, SIZE - bytes.byteLength))
      return { block: await toBlock({ ...document, body }), document }
    })
  )
}

/** Fills the archive in a folder: editions with what they list, and as many documents that are in none. */
async function fill(folder: string, count: number): Promise<string> {
  const store = openStore(join(folder, 'archive.db'))
  const sink = pinsOf(store, 'archive.db')
  let edition = ''
  for (let first = 0; first < count / 2; first += EDITION) {
    const batches: (readonly Block[])[] = []
    const listed: { readonly cid: string; readonly document: TrendDocument }[] = []
    for (let at = first; at < Math.min(first + EDITION, count / 2); at += BATCH) {
      const made = await blocksFrom(at)
      batches.push(made.map(({ block }) => block))
      listed.push(...made.map(({ block, document }) => ({ cid: String(block.cid), document })))
    }
    const draft = { type: 'edition', slug: `e-${first}`, title: 'An edition', summary: 'Of many.' } as const
    const placement = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' }
    const block = await toBlock(completeEdition(draft, entriesOf(listed), placement))
    await sink.pin([block])
    for (const blocks of batches) await sink.pin(blocks, { root: block.cid })
    edition = String(block.cid)
  }
  for (let at = Math.ceil(count / 2 / BATCH) * BATCH; at < count; at += BATCH) {
    await sink.pin((await blocksFrom(at)).map(({ block }) => block))
  }
  store.close()
  return edition
}

/** Refuses the malformed CARs; the names of those that were accepted, refused otherwise, or kept their reader waiting. */
async function refuseAll(): Promise<{
  readonly wrong: readonly string[]
  readonly count: number
  readonly longest: number
}> {
  const wrong: string[] = []
  let longest = 0
  const cars = await malformedCars()
  for (const { name, chunks, rule } of cars) {
    const file = chunks()
    const memory = memoryBlocks()
    const start = performance.now()
    const error = await importCar({ sinks: [memory], here: memory }, file).catch((cause: unknown) => cause)
    const took = performance.now() - start
    longest = Math.max(longest, took)
    const isRight = isArchiveError(error, 'INVALID_CAR') && rule.test(error.details.rule)
    if (!isRight || took >= LONGEST_REFUSAL) wrong.push(name)
  }
  return { wrong, count: cars.length, longest }
}

/** Runs this script in a mode of its own and answers with what it reports. */
async function report<Report>(...args: readonly string[]): Promise<Report> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe']
  })
  const [answer] = await Promise.all([readJson(child.stdio[3] as NodeJS.ReadableStream), once(child, 'close')])
  return answer as Report
}

async function tell(answer: unknown): Promise<void> {
  const { writeSync } = await import('node:fs')
  writeSync(3, JSON.stringify(answer))
}

const memoryOf = (): number => (process.resourceUsage().maxRSS * 1024) / 1e6

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

async function measureAll(count: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-cars-'))
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  const car = (name: string): string => join(folder, `${name}.car`)
  const cli = async (...args: readonly string[]): Promise<Taken> => {
    const taken = await report<Taken>('run', ...args)
    console.log(
      `${args[0]} ${args[1]}: ${taken.seconds.toFixed(1)} s, ${taken.memory.toFixed(0)} MB, exit ${taken.code}`
    )
    return taken
  }
  try {
    const { edition } = await report<{ readonly edition: string }>('fill', first, String(count))
    const out = await cli('export', '--all', '-o', car('out'), '--archive', first)
    const again = await cli('export', '--all', '-o', car('again'), '--archive', first)
    const into = await cli('import', car('out'), '--archive', second)
    const known = await cli('import', car('out'), '--archive', second)
    const back = await cli('export', '--all', '-o', car('back'), '--archive', second)
    const one = await cli('export', edition, '-o', car('one'), '--archive', first)
    const other = await cli('export', edition, '-o', car('other'), '--archive', second)
    const [whole, ...copies] = await Promise.all(['out', 'again', 'back'].map((name) => digestOf(car(name))))
    const [left, right] = await Promise.all(['one', 'other'].map((name) => digestOf(car(name))))
    const isSame = copies.every((copy) => copy === whole) && left === right
    const refused = await report<Awaited<ReturnType<typeof refuseAll>> & { readonly memory: number }>('refuse')
    if (refused.wrong.length > 0) console.log(`not refused as they should be: ${refused.wrong.join(', ')}`)
    const runs = [out, again, into, known, back, one, other]
    const memory = Math.max(refused.memory, ...runs.map((taken) => taken.memory))
    const speed = ({ seconds }: Taken): number => Math.round(count / seconds)
    const isMet =
      isSame &&
      runs.every(({ code }) => code === 0) &&
      refused.wrong.length === 0 &&
      memory <= MOST_MEMORY &&
      Math.min(speed(out), speed(into)) >= LEAST_SPEED
    console.log(
      `cars: ${isMet ? 'met' : 'MISSED'} · ${count} documents · out ${speed(out)}/s ${out.memory.toFixed(0)} MB · ` +
        `in ${speed(into)}/s ${into.memory.toFixed(0)} MB · in again ${speed(known)}/s · most memory ` +
        `${memory.toFixed(0)} of ${MOST_MEMORY} MB · exports ${isSame ? 'identical' : 'DIFFER'} · ` +
        `${refused.count - refused.wrong.length} of ${refused.count} malformed refused, ${refused.memory.toFixed(0)} MB, ` +
        `${refused.longest.toFixed(0)} ms at most`
    )
    return isMet
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, , mode = String(COUNT), ...args] = process.argv
switch (mode) {
  case 'fill':
    await tell({ edition: await fill(args[0]!, Number(args[1])) })
    break
  case 'refuse':
    await tell({ ...(await refuseAll()), memory: memoryOf() })
    break
  case 'run': {
    const start = performance.now()
    process.argv = [process.argv[0]!, 'trend-archive', ...args, '-q']
    const code = await run(process)
    await tell({ code, seconds: (performance.now() - start) / 1000, memory: memoryOf() })
    break
  }
  default:
    process.exitCode = (await measureAll(Number(mode))) ? 0 : 1
}
