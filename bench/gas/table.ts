import { type Figure, type Figures, ROWS, type Row } from './peer.ts'

/** The figures of one column. */
export interface Column {
  readonly name: string
  readonly figures: Figures
}

/** A table as text cells, and the remarks that its raised numbers point to. */
export interface Table {
  readonly cells: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

/** Rows of which more is not worse in the same measure. */
const WITHOUT_RATIO: readonly Row[] = ['newSlots', 'updatedSlots']

/** Every figure beside how many times ours it is. The first column is ours. */
export function tableOf(columns: readonly Column[]): Table {
  const notes: string[] = []
  const mark = ({ note }: Figure): string => {
    if (note === undefined) return ''
    if (!notes.includes(note)) notes.push(note)
    return raised(notes.indexOf(note) + 1)
  }
  const [ours, ...peers] = columns
  if (ours === undefined) throw new Error('there is nothing to compare')
  const rows = (Object.keys(ROWS) as Row[]).map((row) => {
    const own = ours.figures[row]
    const others = peers.map(({ figures }) => {
      const { value } = figures[row]
      const ratio =
        value === undefined || own.value === undefined || WITHOUT_RATIO.includes(row) ? '' : times(value / own.value)
      return [show(value), mark(figures[row]), ratio === '' ? '' : ` ${ratio}`].join('')
    })
    return [ROWS[row], `${show(own.value)}${mark(own)}`, ...others]
  })
  return { cells: [['', ...columns.map(({ name }) => name)], ...rows], notes }
}

const raised = (n: number): string => Array.from(String(n), (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')

/** Whole numbers, and below a hundred as much of the fraction as tells them apart. */
export function show(value: number | undefined): string {
  if (value === undefined) return '–'
  const maximumFractionDigits = value < 1 ? 2 : value < 100 ? 1 : 0
  return value.toLocaleString('en', { maximumFractionDigits })
}

/** How many times as much: `3.8×`, `27×`, and below one `0.87×`. */
export function times(ratio: number): string {
  const maximumFractionDigits = ratio < 1 ? 2 : ratio < 10 ? 1 : 0
  const options = { minimumFractionDigits: maximumFractionDigits, maximumFractionDigits }
  return `${ratio.toLocaleString('en', options)}×`
}

/** The table as aligned text, what it measures on the left. */
export function toText({ cells, notes }: Table): string {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  )
  return [...lines, '', ...notes.map((note, i) => `${raised(i + 1)} ${note}`)].join('\n')
}

/** The table as Markdown. */
export function toMarkdown({ cells, notes }: Table): string {
  const [head, ...rows] = cells.map((row) => `| ${row.join(' | ')} |`)
  const rule = `|${cells[0]!.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`
  return [head, rule, ...rows, '', notes.map((note, i) => `${raised(i + 1)} ${note}`).join('  \n')].join('\n')
}
