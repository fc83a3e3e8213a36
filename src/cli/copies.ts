import { UsageError } from './usage.ts'

/** How many remotes must hold a document, as it is typed. @throws UsageError */
export function parseCopies(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text)
  throw new UsageError("option '--copies <n>': a number from 1 on", 'e.g. --copies 2')
}
