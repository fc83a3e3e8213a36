import { availableParallelism, cpus, loadavg } from 'node:os'

/** One way of doing a job. `prepare` makes what the run needs and is not measured. */
export interface Case<Prepared = unknown> {
  readonly name: string
  /** How many operations a run of this case does, where it does not do them all; its times are scaled. */
  readonly operations?: number | undefined
  readonly prepare?: (() => Prepared | Promise<Prepared>) | undefined
  readonly run: (prepared: Prepared) => unknown
  readonly cleanUp?: ((prepared: Prepared) => unknown) | undefined
}

/** Times of one case in microseconds an operation, and how many times those of the limit they are. */
export interface Row {
  readonly name: string
  readonly median: number
  readonly least: number
  readonly cpu: number
  readonly ratio: number
}

export interface Comparison {
  readonly title: string
  readonly operations: number
  readonly repetitions: number
  readonly rows: readonly Row[]
}

/** Names a case without losing the type of what it prepares. */
export const benchCase = <Prepared>(one: Case<Prepared>): Case => one as Case

interface Sample {
  readonly wall: number
  readonly cpu: number
}

/**
 * Runs the cases of one job in turn, in one process, in another order every time, after one warm-up each. The first
 * case is the limit: the least that any solution has to do.
 */
export async function compare(
  title: string,
  operations: number,
  cases: readonly Case[],
  repetitions = 5
): Promise<Comparison> {
  const samples = cases.map((): Sample[] => [])
  for (const one of cases) await sample(one)
  for (let turn = 0; turn < repetitions; turn++) {
    for (let step = 0; step < cases.length; step++) {
      const i = (turn + step) % cases.length
      samples[i]!.push(await sample(cases[i]!))
    }
  }
  const rows = cases.map(({ name, operations: own = operations }, i) => {
    const micros = (milliseconds: number): number => (milliseconds * 1000) / own
    const walls = samples[i]!.map(({ wall }) => micros(wall))
    return {
      name,
      median: median(walls),
      least: Math.min(...walls),
      cpu: micros(median(samples[i]!.map(({ cpu }) => cpu)))
    }
  })
  const limit = rows[0]!.median
  return { title, operations, repetitions, rows: rows.map((row) => ({ ...row, ratio: row.median / limit })) }
}

async function sample({ prepare, run, cleanUp }: Case): Promise<Sample> {
  globalThis.gc?.()
  const prepared = await prepare?.()
  const before = process.cpuUsage()
  const start = performance.now()
  await run(prepared)
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  await cleanUp?.(prepared)
  return { wall, cpu: (user + system) / 1000 }
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The machine a comparison ran on, in a line. */
export const machine = (): string =>
  `${process.platform} ${process.arch}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, load ${loadavg()[0]!.toFixed(2)}`

/** A comparison as lines of text: microseconds an operation, and times the limit. */
export function lines({ title, operations, repetitions, rows }: Comparison): readonly string[] {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const cells = (values: readonly string[]): string => values.map((value) => value.padStart(10)).join('')
  return [
    `${title} – ${operations} documents a run, median of ${repetitions}, µs a document`,
    `${' '.repeat(width)}${cells(['median', 'least', 'cpu', '× limit'])}`,
    ...rows.map(({ name, median: wall, least, cpu, ratio }) => {
      const figures = [wall, least, cpu].map((figure) => figure.toFixed(1))
      return `${name.padEnd(width)}${cells([...figures, `${ratio.toFixed(2)}×`])}`
    })
  ]
}
