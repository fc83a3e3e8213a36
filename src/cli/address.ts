import { type Address, parseAddress } from '../document/publisher.ts'
import { keccak256 } from '../registry/keccak.ts'
import { UsageError } from './usage.ts'

/**
 * An address that a person typed. In mixed case its letters are a checksum (EIP-55), and a wrong one is a mistyped address.
 * @throws INVALID_NAME when it is none
 * @throws UsageError when it is mistyped, or the zero address, which is nobody's
 */
export function typedAddress(text: string): Address {
  const address = parseAddress(text)
  const digits = text.slice(2)
  const isMixed = /[a-f]/.test(digits) && /[A-F]/.test(digits)
  if (isMixed && text !== checksummed(address)) throw refused(text, 'one of its letters or digits is wrong (EIP-55)')
  if (BigInt(address) === 0n) throw refused(text, 'the zero address is nobody')
  return address
}

function checksummed(address: Address): string {
  const digits = address.slice(2)
  const hash = keccak256(new TextEncoder().encode(digits))
  const cased = Array.from(digits, (digit, i) => {
    const nibble = (hash[i >> 1]! >> (i % 2 === 0 ? 4 : 0)) & 0xf
    return nibble < 8 ? digit : digit.toUpperCase()
  })
  return `0x${cased.join('')}`
}

const refused = (text: string, rule: string): UsageError =>
  new UsageError(`${text}: ${rule}`, 'copy the address once more')
