/**
 * The bases that names of documents are read in (https://github.com/multiformats/multibase): what precedes a text, and its
 * digits in the order of their values.
 */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const ALPHABETS: ReadonlyMap<string, string> = new Map([
  ['b', BASE32],
  ['B', BASE32.toUpperCase()],
  ['k', '0123456789abcdefghijklmnopqrstuvwxyz'],
  ['z', '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz']
])

/** Bits of a digit of base32. */
const DIGIT = 5
/** What is longer is no CID; reading base58 takes time that grows with its square. */
const LONGEST = 256

/** Bytes in base32 without padding (RFC 4648 §6, in lower case), with what tells the base. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = 'b'
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= DIGIT; bits -= DIGIT) text += BASE32[(held >> (bits - DIGIT)) & 31]
    held &= 0xff
  }
  return bits === 0 ? text : text + BASE32[(held << (DIGIT - bits)) & 31]
}

/** The bytes of a text in any of the bases; `undefined` where it is in none of them, or not as one spells bytes in it. */
export function decodeMultibase(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length > LONGEST) return undefined
  const base = text.slice(0, 1)
  const alphabet = ALPHABETS.get(base)
  if (alphabet === undefined) return undefined
  const digits: number[] = []
  for (let i = 1; i < text.length; i++) {
    const digit = alphabet.indexOf(text[i]!)
    if (digit === -1) return undefined
    digits.push(digit)
  }
  return alphabet.length === 32 ? fromBase32(digits) : fromBase(digits, alphabet.length)
}

function fromBase32(digits: readonly number[]): Uint8Array<ArrayBuffer> | undefined {
  const bytes: number[] = []
  let held = 0
  let bits = 0
  for (const digit of digits) {
    held = ((held << DIGIT) | digit) & 0xfff
    bits += DIGIT
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  // One text is one name: bits that are left over are zero, and no digit is there without need.
  return bits >= DIGIT || (held & ((1 << bits) - 1)) !== 0 ? undefined : Uint8Array.from(bytes)
}

/** Where a digit is no whole number of bits, the text is one large number, after a zero byte for each zero digit. */
function fromBase(digits: readonly number[], base: number): Uint8Array<ArrayBuffer> {
  const start = digits.findIndex((digit) => digit !== 0)
  const bytes: number[] = []
  for (const digit of start === -1 ? [] : digits.slice(start)) {
    let carry = digit
    for (let i = 0; i < bytes.length || carry > 0; i++) {
      carry += (bytes[i] ?? 0) * base
      bytes[i] = carry & 0xff
      carry >>= 8
    }
  }
  const zeros = new Array<number>(start === -1 ? digits.length : start).fill(0)
  return Uint8Array.from([...zeros, ...bytes.reverse()])
}
