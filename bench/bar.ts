import type { Comparison } from './compare.ts'

/** What the times of one row must be, as a ratio to those of another row of the same run. */
export type Bar = {
  readonly row: string
  readonly over: string
  /** What is compared: the least time, which other work disturbs least; for pure computation rather the CPU's. @default 'least' */
  readonly by?: 'least' | 'median' | 'cpu' | undefined
} & (
  | { /** The row takes at most so many times as long. */ readonly atMost: number }
  | { readonly atMost?: undefined /** The other takes at least so many times as long. */; readonly atLeast: number }
)

export interface Judged {
  readonly bar: Bar
  readonly ratio: number
  readonly isMet: boolean
}

/** A comparison, and what it has to show. */
export interface Job {
  readonly run: () => Promise<Comparison>
  readonly bars: readonly Bar[]
}

/** Holds a comparison to its bars, `slack` times relaxed. */
export function judge({ rows }: Comparison, bars: readonly Bar[], slack = 1): readonly Judged[] {
  const timeOf = (name: string, by: 'least' | 'median' | 'cpu'): number => {
    const found = rows.find((row) => row.name === name)
    if (found === undefined) throw new Error(`there is no row “${name}”`)
    return found[by]
  }
  return bars.map((bar) => {
    const by = bar.by ?? 'least'
    const times = timeOf(bar.row, by) / timeOf(bar.over, by)
    if (bar.atMost !== undefined) return { bar, ratio: times, isMet: times <= bar.atMost * slack }
    return { bar, ratio: 1 / times, isMet: 1 / times >= bar.atLeast / slack }
  })
}

export function told({ bar, ratio, isMet }: Judged): string {
  const asked = bar.atMost === undefined ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`
  const words = bar.atMost === undefined ? `times as fast as ${bar.over}` : `times ${bar.over}`
  return `${isMet ? 'met' : 'MISSED'}  ${bar.row}: ${ratio.toFixed(2)} ${words} (${asked})`
}
