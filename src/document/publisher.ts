import { ArchiveError } from '../errors.ts'

/** A CAIP-2 chain id of an EVM chain: `eip155:1`. */
export type Chain = `eip155:${string}`

/** An account on an EVM chain, 20 bytes in lower-case hex. EIP-55 spelling is for display only. */
export type Address = `0x${string}`

/** A CAIP-10 account id with a lower-case address: `eip155:1:0xab16…`. Its chain is the document's only home. */
export type Publisher = `${Chain}:${Address}`

/** A publisher as a decentralized identifier of the method `pkh`, which is its CAIP-10 account behind a prefix. */
export type PublisherDid = `did:pkh:${Publisher}`

/** How a publisher is spelled. */
export const PUBLISHER: RegExp = /^(eip155:(?:0|[1-9][0-9]{0,31})):(0x[0-9a-f]{40})$/
const ADDRESS = /^0x[0-9a-f]{40}$/i
const DID = 'did:pkh:'
/** A DID URL has a path, a query or a fragment besides; none of them says who publishes, so none is taken. */
const DID_PKH = /^did:pkh:(eip155:(?:0|[1-9][0-9]{0,31}):0x[0-9a-fA-F]{40})$/

export const isPublisher = (text: string): text is Publisher => PUBLISHER.test(text)

/**
 * A publisher in its one normal form: a CAIP-10 account as it is, and of `did:pkh:eip155:…` the account, its address in
 * lower case. `undefined` for everything else.
 */
export const tryPublisher = (text: string): Publisher | undefined =>
  isPublisher(text) ? text : (DID_PKH.exec(text)?.[1]?.toLowerCase() as Publisher | undefined)

/** The identifier of a publisher, for whoever goes by DIDs. Documents have the account itself. */
export const didOf = (publisher: Publisher): PublisherDid => `${DID}${publisher}`

/**
 * Takes a publisher apart: a CAIP-10 account with a lower-case address, or a `did:pkh` of one.
 * @throws INVALID_NAME when it is neither
 */
export function parsePublisher(text: string): { readonly chain: Chain; readonly address: Address } {
  const [, chain, address] = PUBLISHER.exec(tryPublisher(text) ?? '') ?? []
  if (chain === undefined || address === undefined) {
    const rule = 'a publisher is a CAIP-10 account with a lower-case address, e.g. eip155:1:0xab16…, or its did:pkh'
    throw new ArchiveError('INVALID_NAME', `${text}: ${rule}`, { name: text, rule })
  }
  return { chain: chain as Chain, address: address as Address }
}

/** The lower-case spelling of an address in any case. @throws INVALID_NAME when it is not 20 bytes of hex */
export function parseAddress(text: string): Address {
  if (!ADDRESS.test(text)) {
    const rule = 'an address is 0x and 40 hex digits'
    throw new ArchiveError('INVALID_NAME', `${text}: ${rule}`, { name: text, rule })
  }
  return text.toLowerCase() as Address
}

export const toPublisher = (chain: Chain, address: Address): Publisher => `${chain}:${address.toLowerCase() as Address}`

/** The number of a CAIP-2 chain: `eip155:31337` is 31337n. */
export const chainIdOf = (chain: Chain): bigint => BigInt(chain.slice('eip155:'.length))
