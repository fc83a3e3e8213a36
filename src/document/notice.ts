import type { CidText } from './document.ts'

const PREFIX = 'bagaaiera'
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const DIGITS = 24

/** The slug of notices about the document with this digest, 64 hex digits with or without `0x`. */
export const noticeSlug = (digestHex: string): string => `notice-${digestHex.replace(/^0x/, '').slice(0, DIGITS)}`

/** The slug of notices about the document with this CID. */
export function noticeSlugFor(of: CidText): string {
  // Five bytes of prefix are eight letters, so the digest starts on a letter of its own; 24 hex digits are 96 bits.
  const letters = Array.from(of.slice(PREFIX.length, PREFIX.length + 20), (letter) => BASE32.indexOf(letter))
  const bits = letters.reduce((all, five) => (all << 5n) | BigInt(five), 0n)
  return noticeSlug((bits >> 4n).toString(16).padStart(DIGITS, '0'))
}
