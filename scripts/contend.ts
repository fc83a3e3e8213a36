/**
 * `npm run test:contend`: four writers put the same new block of 1 MB at once, round after round, and read it after each
 * put: four lanes of one process, then four processes on one archive; and the same with blockstore-fs beside it. No read
 * may be torn, and of the archive's puts 99 in 100 end within 50 ms. `--rounds 150`, `--seed`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Started, startModule } from './kill/child.ts'
import { anySeed } from './kill/random.ts'
import type { Put, RivalKind } from './kill/rivals.ts'

/** How the puts of one contest went. */
export interface Contest {
  readonly puts: number
  readonly torn: number
  /** Milliseconds of a put. */
  readonly median: number
  readonly p99: number
  readonly worst: number
}

const WRITERS = 4
const BAR = 50
/** blockstore-fs takes a second a round, so it takes one in so many. */
const RIVAL_SHARE = 5

/** Lets writers put the same blocks, in so many processes of so many lanes. */
export async function contest(
  kind: RivalKind,
  { processes, rounds, seed }: { readonly processes: 1 | 4; readonly rounds: number; readonly seed: number }
): Promise<Contest> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-contend-'))
  const args = [kind, folder, String(seed), String(WRITERS / processes)]
  const rivals = Array.from({ length: processes }, () => startModule('rival', args))
  try {
    await Promise.all(rivals.map(async (rival) => await rival.said(1)))
    const puts: Put[] = []
    for (let round = 0; round < rounds; round++) {
      for (const rival of rivals) rival.process.stdin?.write(`${round}\n`)
      await Promise.all(rivals.map(async (rival) => await rival.said(round + 2)))
      for (const rival of rivals) puts.push(...putsOf(rival, round))
    }
    return contestOf(puts)
  } finally {
    for (const rival of rivals) rival.process.stdin?.end()
    await Promise.all(rivals.map(async (rival) => await rival.ended))
    rmSync(folder, { recursive: true, force: true })
  }
}

function putsOf(rival: Started, round: number): readonly Put[] {
  const line = rival.soFar()[round + 1]
  if (line === undefined) throw new Error('a writer left')
  return JSON.parse(line) as readonly Put[]
}

function contestOf(puts: readonly Put[]): Contest {
  const took = puts.map((put) => put.took).toSorted((a, b) => a - b)
  const at = (part: number): number => Math.round(took[Math.ceil(took.length * part) - 1]! * 10) / 10
  return {
    puts: puts.length,
    torn: puts.filter(({ torn }) => torn).length,
    median: at(0.5),
    p99: at(0.99),
    worst: at(1)
  }
}

async function main(): Promise<boolean> {
  const options = { rounds: { type: 'string' }, seed: { type: 'string' } } as const
  const { rounds = '150', seed = String(anySeed()) } = parseArgs({ options }).values
  const told: string[] = []
  let holds = true
  for (const processes of [1, 4] as const) {
    for (const kind of ['archive', 'blockstore-fs'] as const) {
      const count = kind === 'archive' ? Number(rounds) : Math.ceil(Number(rounds) / RIVAL_SHARE)
      const { puts, torn, median, p99, worst } = await contest(kind, { processes, rounds: count, seed: Number(seed) })
      const where = processes === 1 ? 'one process' : 'four processes'
      const line = `${kind}, ${where}: ${torn} of ${puts} torn, median ${median} ms, p99 ${p99} ms, worst ${worst} ms`
      console.log(line)
      if (kind !== 'archive') continue
      told.push(`${where}: ${torn} of ${puts} torn, p99 ${p99} ms`)
      holds &&= torn === 0 && p99 < BAR
    }
  }
  console.log(
    `${holds ? 'holds' : 'BROKEN'}: 4 writers of one block of 1 MB, bar 0 torn and p99 < ${BAR} ms; ${told.join('; ')} (seed ${seed})`
  )
  return holds
}

if (import.meta.main && !(await main())) process.exitCode = 1
