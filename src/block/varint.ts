/** The longest unsigned varint that multiformats allow: 63 bits (https://github.com/multiformats/unsigned-varint). */
export const LONGEST_VARINT = 9

/** An unsigned varint, in as few bytes as it takes. */
export function encodeVarint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Uint8Array.from([...bytes, rest])
}

/** A varint that was read, or why there is none. Values from 2^53 on are not exact. */
export type Varint = { readonly value: number; readonly size: number } | { readonly rule: string }

/** Reads the unsigned varint at the start of some bytes, of which there should be nine unless they end before. */
export function decodeVarint(bytes: Uint8Array): Varint {
  let value = 0
  for (let i = 0; i < Math.min(LONGEST_VARINT, bytes.byteLength); i++) {
    const byte = bytes[i]!
    value += (byte & 0x7f) * 0x80 ** i
    if (byte >= 0x80) continue
    return i > 0 && byte === 0 ? { rule: 'a varint is not in its shortest form' } : { value, size: i + 1 }
  }
  return { rule: bytes.byteLength < LONGEST_VARINT ? 'the file ends in a varint' : 'a varint has more than 9 bytes' }
}
