import { BlockList, isIP } from 'node:net'

/**
 * What is not on the public internet: every entry of the IANA special-purpose address registries (RFC 6890) that is not
 * globally reachable, multicast, and one address that clouds answer from inside. https://www.iana.org/assignments/
 * iana-ipv4-special-registry and iana-ipv6-special-registry.
 */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this host on this network, RFC 791
  ['10.0.0.0', 8], // private, RFC 1918
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598; 100.100.100.200 is Alibaba's metadata
  ['127.0.0.0', 8], // loopback, RFC 1122
  ['168.63.129.16', 32], // Azure's own services: public in form, and answered inside only
  ['169.254.0.0', 16], // link-local, RFC 3927; 169.254.169.254 is most clouds' metadata
  ['172.16.0.0', 12], // private, RFC 1918
  ['192.0.0.0', 24], // IETF protocol assignments, RFC 6890; 192.0.0.192 is Oracle's metadata
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.88.99.0', 24], // 6to4 relays, deprecated by RFC 7526
  ['192.168.0.0', 16], // private, RFC 1918
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation, RFC 5737
  ['203.0.113.0', 24], // documentation, RFC 5737
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4] // reserved, RFC 1112, and the broadcast address
]

/** Inside of the one block that is assigned as global unicast, which is all that is public of IPv6. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // IETF protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056: carries an IPv4 address of the sender's choice
  ['3fff::', 20] // documentation, RFC 9637
]

const special = new BlockList()
for (const [net, prefix] of SPECIAL_V4) special.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of SPECIAL_V6) special.addSubnet(net, prefix, 'ipv6')

const global = listOf('2000::', 3) // RFC 4291
const mapped = listOf('::ffff:0:0', 96) // RFC 4291: IPv4 in the clothes of IPv6
const translated = listOf('64:ff9b::', 96) // NAT64, RFC 6052: how a network without IPv4 reaches all of it
const loopback = listOf('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether an IP address is one of the public internet. What is no IP address is not. */
export function isPublic(address: string): boolean {
  const inner = embedded(address)
  const family = isIP(inner)
  if (family === 4) return !special.check(inner, 'ipv4')
  return family === 6 && global.check(inner, 'ipv6') && !special.check(inner, 'ipv6')
}

/** Whether an IP address is this machine. */
export function isLoopback(address: string): boolean {
  const inner = embedded(address)
  const family = isIP(inner)
  return family !== 0 && loopback.check(inner, family === 4 ? 'ipv4' : 'ipv6')
}

/** The IPv4 address that an IPv6 address stands for, or the address itself. A zone says which network card, not whom. */
function embedded(address: string): string {
  const bare = address.replace(/(:.*)%.*$/, '$1')
  if (isIP(bare) !== 6 || !(mapped.check(bare, 'ipv6') || translated.check(bare, 'ipv6'))) return bare
  // URL parsing spells the last 32 bits in one way.
  const [, high = '0', low = '0'] = /([0-9a-f]*):([0-9a-f]+)\]$/.exec(new URL(`http://[${bare}]`).hostname) ?? []
  const bits = [Number.parseInt(high || '0', 16), Number.parseInt(low, 16)]
  return bits.flatMap((word) => [word >> 8, word & 255]).join('.')
}

function listOf(net: string, prefix: number): BlockList {
  const list = new BlockList()
  list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
  return list
}
