import { ArchiveError } from '../errors.ts'

const PRIVATE_V4 = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/
const PRIVATE_V6 = /^(?:::1$|f[cd]|fe[89ab])/i

/** Whether a multiaddress leads to this machine or its local network only, by RFC 1918, 3927, 4193 and 4291. */
export function isPrivateAddress(multiaddress: string): boolean {
  const [, protocol, host = ''] = multiaddress.split('/')
  if (protocol === 'ip4') return PRIVATE_V4.test(host)
  if (protocol === 'ip6') return PRIVATE_V6.test(host)
  return protocol?.startsWith('dns') === true && /(?:^|\.)(?:localhost|local)$/.test(host)
}

/** Whether a network whose first nodes are there is a local one. */
export const areLocal = (addresses: readonly string[]): boolean =>
  addresses.length > 0 && addresses.every(isPrivateAddress)

/** Reads a multiaddress with the parser that libp2p brings. @throws INVALID_OPTION */
export function parseWith<Address>(multiaddr: (text: string) => Address, text: string): Address {
  try {
    return multiaddr(text)
  } catch (cause) {
    const rule = 'not a multiaddress'
    const options = { cause, hint: ADDRESS_HINT }
    throw new ArchiveError('INVALID_OPTION', `${text}: ${rule}`, { option: 'address', rule }, options)
  }
}

export const ADDRESS_HINT = 'an address looks like /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…'
