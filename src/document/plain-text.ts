const FENCE = /^ {0,3}(`{3,}|~{3,})/

/** A line of Markdown that is not code, with the number of its line. */
export interface MarkdownLine {
  readonly text: string
  readonly index: number
}

/** The lines of Markdown outside fenced code; the fences themselves are left out too. */
export function linesOutsideCode(markdown: string): readonly MarkdownLine[] {
  const lines: MarkdownLine[] = []
  let fence: string | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    const mark = FENCE.exec(text)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
    } else if (mark !== undefined) {
      fence = mark
      lines.push({ text: '', index }) // a fence ends a paragraph
    } else {
      lines.push({ text, index })
    }
  }
  return lines
}

/** The first paragraph of Markdown as one line of plain text, or `''` where there is none. */
export function firstParagraph(markdown: string): string {
  const paragraph: string[] = []
  for (const { text } of linesOutsideCode(markdown)) {
    const isText = text.trim() !== '' && !NOT_PROSE.test(text)
    if (isText) paragraph.push(text)
    else if (paragraph.length > 0) {
      const plain = toPlainText(paragraph.join(' '))
      if (plain !== '') return plain
      paragraph.length = 0
    }
  }
  return toPlainText(paragraph.join(' '))
}

// Headings, rules, tables, HTML blocks and link definitions.
const NOT_PROSE = /^ {0,3}(?:#{1,6}(?:\s|$)|(?:[-*_=]\s*){3,}$|\||<[!/a-zA-Z]|\[[^\]]*\]:)/
const LIST_OR_QUOTE = /^\s*(?:(?:>|[-*+]|\d{1,9}[.)])\s+)+/
const IMAGE_OR_LINK = /!?\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\])/g
const AUTOLINK = /<(https?:[^\s<>]*)>/g
const ESCAPED_OR_MARK = /\\([!-/:-@[-`{-~])|\*+|~~|`+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu

/** Markdown inside a paragraph or a heading as one line of plain text, in NFC. */
export function toPlainText(markdown: string): string {
  return markdown
    .replace(LIST_OR_QUOTE, '')
    .replace(IMAGE_OR_LINK, '$1')
    .replace(AUTOLINK, '$1')
    .replace(ESCAPED_OR_MARK, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .normalize('NFC') // a mark may have stood between a letter and its accent
}

/** At most `max` code points of a line, cut after a word and then marked with `…`. */
export function cutAtWord(line: string, max: number): string {
  const letters = Array.from(line)
  if (letters.length <= max) return line
  const start = letters.slice(0, max - 1).join('')
  const cutsWord = letters[max - 1] !== ' '
  const space = start.lastIndexOf(' ')
  return `${(cutsWord && space > 0 ? start.slice(0, space) : start).trimEnd()}…`
}
