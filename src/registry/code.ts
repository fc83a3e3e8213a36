import type { Address } from '../document/publisher.ts'

/** keccak-256 of nothing. */
const OF_NOTHING = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'

/**
 * Init code that answers with the digest of an account's code, so that the chain hashes: PUSH20 the address, EXTCODEHASH
 * (EIP-1052), and the word goes back where a contract's code would. A digest that begins with 0xef does not (EIP-3541),
 * and the registry's does not begin so. Zeros by PUSH1, as chains before Shanghai have no PUSH0.
 */
export const codeDigestQuery = (address: Address): string => `0x73${address.slice(2)}3f60005260206000f3`

/** Whether it is the digest of an account without code, or of none at all. */
export const isNoCode = (digest: string): boolean => digest === OF_NOTHING || /^0x0{64}$/.test(digest)
