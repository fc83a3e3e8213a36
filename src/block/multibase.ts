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

const NO_DIGIT = 0xff
/** The value of each digit of a base, by its character code. */
const VALUES: ReadonlyMap<string, Uint8Array> = new Map(
  Array.from(ALPHABETS, ([base, digits]) => {
    const values = new Uint8Array(128).fill(NO_DIGIT)
    for (const [value, digit] of [...digits].entries()) values[digit.charCodeAt(0)] = value
    return [base, values]
  })
)

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
  const values = VALUES.get(base)
  if (values === undefined) return undefined
  const digits = new Uint8Array(text.length - 1)
  for (let i = 1; i < text.length; i++) {
    const digit = values[text.charCodeAt(i)] ?? NO_DIGIT
    if (digit === NO_DIGIT) return undefined
    digits[i - 1] = digit
  }
  const { length } = ALPHABETS.get(base)!
  return length === BASE32.length ? fromBase32(digits) : fromBase(digits, length)
}

function fromBase32(digits: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array((digits.length * DIGIT) >> 3)
  let held = 0
  let bits = 0
  let at = 0
  for (const digit of digits) {
    held = ((held << DIGIT) | digit) & 0xfff
    bits += DIGIT
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >> bits
  }
  // One text is one name: bits that are left over are zero, and no digit is there without need.
  return bits >= DIGIT || (held & ((1 << bits) - 1)) !== 0 ? undefined : bytes
}

/** Where a digit is no whole number of bits, the text is one large number, after a zero byte for each zero digit. */
function fromBase(digits: Uint8Array, base: number): Uint8Array<ArrayBuffer> {
  const start = digits.findIndex((digit) => digit !== 0)
  const bytes: number[] = []
  for (const digit of start === -1 ? [] : digits.subarray(start)) {
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
