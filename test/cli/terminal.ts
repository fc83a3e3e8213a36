const LETTERS = new Intl.Segmenter()
/** Hangul is the first script of which a letter takes two columns. */
const FIRST_WIDE = 0x1100
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
const CODE = /(\u001b\[[0-9;?]*[A-Za-z]|[\r\n])/

/** The rows on the screen of a terminal after it was sent this: as much of one as the program needs. */
export function screenOf(sent: string, columns: number): readonly string[] {
  const rows: string[][] = [[]]
  let column = 0
  for (const token of sent.split(CODE).flatMap((part) => (CODE.test(part) ? [part] : lettersOf(part)))) {
    if (token === '\r') column = 0
    else if (token === '\u001b[K') rows.at(-1)!.splice(column)
    else if (token.startsWith('\u001b')) {
      if (!token.endsWith('m')) throw new Error(`the terminal does not know ${JSON.stringify(token)}`)
    } else {
      const width = (token.codePointAt(0) ?? 0) < FIRST_WIDE ? 1 : 2
      if (token === '\n' || column + width > columns) {
        rows.push([])
        column = 0
      }
      if (token === '\n') continue
      // The second column of a wide letter is a cell without one.
      rows.at(-1)!.splice(column, width, token, ...Array.from({ length: width - 1 }, () => ''))
      column += width
    }
  }
  return rows.map((row) => row.join(''))
}

const lettersOf = (text: string): readonly string[] => [...LETTERS.segment(text)].map(({ segment }) => segment)
