import { visible } from './escape.ts'
import type { Sink } from './sink.ts'

const LETTERS = new Intl.Segmenter()
/** What a terminal shows in two columns: East Asian letters and pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Less of a title says nothing, so it begins a row of its own instead. */
const SHORTEST = 16

/**
 * A title as it is shown after `before` letters of the same line: on a terminal cut where the row ends, elsewhere whole.
 */
export function fitted(title: string, before: number, { isTTY, columns }: Sink): string {
  if (isTTY !== true || columns === undefined || columns <= SHORTEST) return title
  const left = columns - (before % columns)
  return cut(visible(title), left < SHORTEST ? left + columns : left)
}

/** What of a text fits into so many columns, with an ellipsis where that is not all. */
export function cut(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let width = 1
  const kept = lettersOf(text).filter((letter) => {
    width += columnsOf(letter)
    return width <= room
  })
  return `${kept.join('').trimEnd()}…`
}

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number => lettersOf(text).reduce((sum, letter) => sum + columnsOf(letter), 0)

const lettersOf = (text: string): readonly string[] => [...LETTERS.segment(text)].map(({ segment }) => segment)

const columnsOf = (letter: string): number => (WIDE.test(letter) ? 2 : 1)
