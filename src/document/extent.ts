/** How much of a text was edited. */
export interface Extent {
  /** How many words were changed, added, removed or moved: the larger of what is new and what is gone. */
  readonly words: number
  /** How many words the longer of both texts has. */
  readonly of: number
  /** Whether its figures – words with a digit in them, in their order – are others now. */
  readonly figures: boolean
}

/** More than this part of a text, and more words than these, is no polish any more. */
const POLISH = { part: 0.2, words: 3 }

/** Whether an edit of running text may change what it says: its figures are others, or more was edited than polish would. */
export const isRewritten = ({ words, of, figures }: Extent): boolean =>
  figures || (words > POLISH.words && words > of * POLISH.part)

/** Compares two texts by neighbouring words, so that a word that moved counts too. Symmetric, and linear in time. */
export function extentOf(before: string, after: string): Extent {
  const [old, young] = [wordsOf(before), wordsOf(after)]
  const [gone, come] = unshared(...pairsApart(old, young))
  return {
    // Each word that is replaced breaks up two pairs.
    words: Math.ceil(Math.max(gone, come) / 2),
    of: Math.max(old.length, young.length),
    figures: figuresOf(old).join(' ') !== figuresOf(young).join(' ')
  }
}

/** A text without what is only typography: the widths of its spaces, the shapes of its quotes and dashes. */
export const plainTypography = (text: string): string =>
  text
    .replace(/[\u2018\u2019\u201a\u201b]/gu, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u00ab\u00bb]/gu, '"')
    .replace(/[\u2010-\u2015]/gu, '-')
    .replace(/\s+/gu, ' ')
    .trim()

const wordsOf = (text: string): readonly string[] => plainTypography(text).split(' ')

const figuresOf = (words: readonly string[]): readonly string[] => words.filter((word) => /\p{N}/u.test(word))

/** The neighbouring pairs of both, the start and the end counting as words, without those they begin and end with alike. */
function pairsApart(a: readonly string[], b: readonly string[]): readonly [readonly string[], readonly string[]] {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const pairs = (words: readonly string[]): readonly string[] => {
    const [from, to] = [Math.max(start - 1, -1), words.length - end]
    return Array.from({ length: to - from }, (_, i) => `${words[from + i] ?? ''} ${words[from + i + 1] ?? ''}`)
  }
  return [pairs(a), pairs(b)]
}

/** How many of each list the other does not have. */
function unshared(a: readonly string[], b: readonly string[]): readonly [number, number] {
  const left = new Map<string, number>()
  for (const one of a) left.set(one, (left.get(one) ?? 0) + 1)
  let shared = 0
  for (const one of b) {
    const count = left.get(one) ?? 0
    if (count === 0) continue
    left.set(one, count - 1)
    shared += 1
  }
  return [a.length - shared, b.length - shared]
}
