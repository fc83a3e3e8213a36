import { PUBLISHER } from './publisher.ts'
import { integer, type Spelling, type TextRule, text } from './rule.ts'
import { SLUG } from './slug.ts'

/*
 * The kinds of field the format is made of. Every pattern is linear in the length of its input, and means the same in
 * JSON Schema.
 */

const printable: Spelling = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses
  pattern: /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/u,
  rule: 'must be one line without control characters'
}
const printableLines: Spelling = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses
  pattern: /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u,
  rule: 'must not hold control characters other than newline and tab',
  mend: 'end lines with a line feed alone'
}
const trimmedStart: Spelling = { pattern: /^\S/u, rule: 'must not start with space' }
const trimmedEnd: Spelling = { pattern: /\S$/u, rule: 'must not end with space' }
const notBlank: Spelling = { pattern: /\S/u, rule: 'must not be blank' }

/** One line of text. */
export const line = (max: number): TextRule => text(max, printable, trimmedStart, trimmedEnd)

/** Text of many lines; newlines and tabs are its only control characters. */
export const prose = (max: number): TextRule => text(max, printableLines, notBlank)

const spelled = (max: number, pattern: RegExp, rule: string, mend?: string): TextRule =>
  text(max, { pattern, rule, mend })

/** A document's short name: it fits a bytes32 readably. */
export const slug: TextRule = spelled(
  31,
  SLUG,
  'must be 1 to 31 of a-z, 0-9 and -, and not start with -',
  'e.g. edge-computing'
)

export const publisher: TextRule = spelled(
  90,
  new RegExp(PUBLISHER.source, 'u'),
  'must be a CAIP-10 account with a lower-case address',
  'e.g. eip155:1:0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb'
)

// 37 bytes are 59.2 letters of base32: the last one carries one bit, so it is `a` or `q`.
const CID = 'bagaaiera[a-z2-7]{51}[aq]'

/** The CID of a document of ours. */
export const documentCid: TextRule = spelled(
  61,
  new RegExp(`^${CID}$`, 'u'),
  'must be the CID of a document: bagaaiera and 52 letters of lower-case base32'
)

/** The CID of anything, version 1, in base16, 32, 36 or 58. */
export const anyCid: TextRule = spelled(
  200,
  /^(?:ba[e-h][a-z2-7]{6,}|f01[0-9a-f]{6,}|k[0-9a-z]{8,}|z[1-9A-HJ-NP-Za-km-z]{8,})$/u,
  'must be a CID of version 1'
)

/** What a relation points at. */
export const target: TextRule = spelled(
  140,
  new RegExp(`^(?:${CID}|${PUBLISHER.source.slice(1, -1)}/[a-z0-9][a-z0-9-]{0,30}(?:@[1-9][0-9]{0,15})?)$`, 'u'),
  'must be the CID of a document, publisher/slug or publisher/slug@version'
)

/** A name by which other parts of the document refer to this one. */
export const id: TextRule = spelled(64, /^[A-Za-z0-9][A-Za-z0-9._-]*$/u, 'must be of letters, digits, ., _ and -')

// The Gregorian calendar as a pattern, leap years and all, so that a JSON Schema refuses the 30th of February too.
const LEAP_YEAR = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const DAY_OF_YEAR =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
const DAY = `(?:[0-9]{4}-${DAY_OF_YEAR}|${LEAP_YEAR}-02-29)`

export const day: TextRule = spelled(
  10,
  new RegExp(`^${DAY}$`, 'u'),
  'must be a day of the calendar, YYYY-MM-DD',
  'e.g. 2025-01-15'
)

/** Seconds are 00 to 59: a leap second has no place in the time of a chain. */
export const instant: TextRule = spelled(
  20,
  new RegExp(`^${DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$`, 'u'),
  'must be an instant in UTC, YYYY-MM-DDTHH:MM:SSZ',
  'e.g. 2025-01-15T09:00:00Z'
)

/** A decimal number as text, in its one spelling. */
export const decimal: TextRule = spelled(
  64,
  /^(?:0|-?[1-9][0-9]*(?:\.[0-9]*[1-9])?|-?0\.[0-9]*[1-9])$/u,
  'must be a decimal number without needless zeros or signs',
  'e.g. "41.5"'
)

export const probability: TextRule = spelled(
  32,
  /^(?:0(?:\.[0-9]*[1-9])?|1)$/u,
  'must be a decimal number from 0 to 1',
  'e.g. "0.62"'
)

export const language: TextRule = spelled(
  35,
  /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*$/u,
  'must be a BCP 47 language tag in its usual case',
  'e.g. en, pt-BR or zh-Hant'
)

export const license: TextRule = spelled(
  200,
  /^[A-Za-z0-9(](?:[A-Za-z0-9.+:() -]*[A-Za-z0-9.+)])?$/u,
  'must be an SPDX licence expression',
  'e.g. CC-BY-4.0'
)

/** An https URL of ASCII letters, without a user name or password. */
export const url: TextRule = spelled(
  2048,
  /^https:\/\/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:[/?#][!#-;=?-[\]_a-z~]*)?$/u,
  'must be an https URL',
  'percent-encode what is not ASCII'
)

export const doi: TextRule = spelled(
  256,
  /^10\.[0-9]{4,9}(?:\.[0-9]+)*\/[!-~]+$/u,
  'must be a bare DOI',
  'e.g. 10.1000/182'
)

export const did: TextRule = spelled(
  512,
  /^did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-F]{2})+$/u,
  'must be a DID',
  'e.g. did:web:example.org'
)

export const orcid: TextRule = spelled(
  19,
  /^(?:[0-9]{4}-){3}[0-9]{3}[0-9X]$/u,
  'must be a bare ORCID iD',
  'e.g. 0000-0002-1825-0097'
)

export const ror: TextRule = spelled(
  25,
  /^https:\/\/ror\.org\/0[a-z0-9]{6}[0-9]{2}$/u,
  'must be a ROR id',
  'e.g. https://ror.org/05gq02987'
)

export const mediaType: TextRule = spelled(
  200,
  /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?:;[a-z0-9-]+=[A-Za-z0-9._-]+)*$/u,
  'must be a media type in lower case',
  'e.g. text/csv'
)

export const reverseDns: TextRule = spelled(
  128,
  /^[a-z][a-z0-9-]*(?:\.[A-Za-z0-9_-]+)+$/u,
  'must be a reverse-DNS name',
  'e.g. org.example.rating'
)

export const version: ReturnType<typeof integer> = integer(1, Number.MAX_SAFE_INTEGER)
