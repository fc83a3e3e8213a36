/**
 * `npm run test:cars [documents]`: exports an archive of 100,000 documents of 4 KB and imports it into a fresh one, by the
 * command line as it is published, each time in a process of its own whose memory is measured; exports must be the same
 * bytes every time. Then come the malformed CARs, each of which must be refused at once. The last line has the figures.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, createReadStream, mkdtempSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { importCar } from '../src/archive/import.ts'
import { memoryBlocks } from '../src/block/memory.ts'
import { isArchiveError } from '../src/errors.ts'
import { malformedCars } from '../test/block/malformed-cars.ts'
import { build } from './build.ts'
import { fill } from './large-archive.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const COUNT = 100_000
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

const OWN = fileURLToPath(import.meta.url)

/** Runs a program in a process of its own and answers with what it reports, as JSON through a pipe of its own. */
async function report<Report>(...args: readonly string[]): Promise<Report> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const [answer] = await Promise.all([readJson(child.stdio[3] as NodeJS.ReadableStream), once(child, 'close')])
  return answer as Report
}

const tell = (answer: unknown): unknown => writeSync(REPORT, JSON.stringify(answer))
const REPORT = 3

/** Loaded before the program that is measured: it reports as the program ends, and weighs nothing until then. */
const MEASURE = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  process.on('exit', (code) => {
    const memory = (process.resourceUsage().maxRSS * 1024) / 1e6
    writeSync(${REPORT}, JSON.stringify({ code, memory, seconds: performance.now() / 1000 }))
  })`)}`

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
    const taken = await report<Taken>('--import', MEASURE, join(folder, 'dist', 'cli.js'), ...args, '-q')
    console.log(
      `${args[0]} ${args[1]}: ${taken.seconds.toFixed(1)} s, ${taken.memory.toFixed(0)} MB, exit ${taken.code}`
    )
    return taken
  }
  try {
    await build(join(folder, 'dist'))
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const { edition } = await report<{ readonly edition: string }>(OWN, 'fill', first, String(count))
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
    const refused = await report<Awaited<ReturnType<typeof refuseAll>> & { readonly memory: number }>(OWN, 'refuse')
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
    tell({ edition: await fill(args[0]!, Number(args[1])) })
    break
  case 'refuse':
    tell({ ...(await refuseAll()), memory: (process.resourceUsage().maxRSS * 1024) / 1e6 })
    break
  default:
    process.exitCode = (await measureAll(Number(mode))) ? 0 : 1
}
