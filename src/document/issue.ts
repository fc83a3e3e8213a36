import { ArchiveError, type Issue } from '../errors.ts'

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/
const LONGEST_NAME = 64

/** The path of an object's member: `$.claims`, or `$["odd key"]` where the key is no plain name. */
export const memberPath = (path: string, key: string): string =>
  IDENTIFIER.test(key) && key.length <= LONGEST_NAME ? `${path}.${key}` : `${path}[${quoted(key)}]`

/** The path of a list's element: `$.claims[0]`. */
export const elementPath = (path: string, index: number): string => `${path}[${index}]`

/** A text as an error shows it: quoted, escaped and cut, since it may come from anywhere. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text
  // JSON leaves DEL, the C1 controls and the bidi marks as they are; none of them may reach a terminal.
  return JSON.stringify(shown).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (letter) => escaped(letter))
}

const escaped = (letter: string): string => `\\u{${letter.codePointAt(0)?.toString(16)}}`

/** The refusal of a document for these issues; its message is the first one's, and says how many there are. */
export function invalidDocument(
  issues: readonly [Issue, ...Issue[]],
  options?: ErrorOptions
): ArchiveError<'INVALID_DOCUMENT'> {
  const [{ path, rule, mend }] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new ArchiveError(
    'INVALID_DOCUMENT',
    `${path}: ${rule}${more}`,
    { path, rule, issues },
    { ...options, hint: mend }
  )
}
