import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLoopback, isPublic } from '../../src/block/public-address.ts'

/** The first and last address of each block of the registries that is not globally reachable, and its neighbours. */
const INSIDE = [
  ['this network', '0.0.0.0', '0.0.0.1', '0.255.255.255'],
  ['private (10)', '10.0.0.0', '10.255.255.255'],
  ['carrier-grade NAT', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.1.2.3', '127.255.255.255', '::1'],
  ['unspecified', '::'],
  ['metadata of Azure', '168.63.129.16'],
  ['link-local, and metadata of most clouds', '169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ['private (172.16)', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments, and metadata of Oracle', '192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1', '3fff:fff:ffff::1'],
  ['6to4', '192.88.99.1', '2002:7f00:1::', '2002:808:808::1'],
  ['private (192.168)', '192.168.0.0', '192.168.255.255'],
  ['benchmarks', '198.18.0.0', '198.19.255.255', '2001:2::1'],
  ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
  ['reserved, and broadcast', '240.0.0.1', '255.255.255.255'],
  ['mapped IPv4', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::FFFF:0:1'],
  ['IPv4-compatible', '::127.0.0.1', '::7f00:1', '::8.8.8.8'],
  ['translated IPv4 (SIIT)', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
  ['NAT64 of what is inside', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b::', '64:ff9b::1'],
  ['NAT64 of a network of its own', '64:ff9b:1::1', '64:ff9b:1:ffff::8.8.8.8'],
  ['discard-only', '100::1'],
  ['Teredo and other protocols', '2001::1', '2001:0:7f00:1::', '2001:1ff:ffff::'],
  ['segment routing', '5f00::1'],
  ['unique local, and metadata of AWS and Google', 'fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fdff::1'],
  ['link-local', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  ['site-local', 'fec0::1'],
  ['no address', '', 'localhost', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '[::1]', '1.1.1.1 ', '1.1.1.1%eth0']
].flatMap(([kind, ...addresses]) => addresses.map((address) => [kind!, address] as const))

const OUTSIDE = [
  ['1.0.0.0', '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ['128.0.0.0', '168.63.129.15', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0'],
  ['192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ['2606:4700:4700::1111', '2001:4860:4860::8888', '2001:200::1', '2a00::1', '2003::1', '3ffe::1'],
  ['::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8', '64:ff9b::808:808']
].flat()

describe('an address', () => {
  test.each(INSIDE)('that is %s, as %s, is not public', (_, address) => {
    expect(isPublic(address)).toBe(false)
  })

  test.each(OUTSIDE)('%s is public', (address) => {
    expect(isPublic(address)).toBe(true)
  })

  test('of IPv4 is told in every spelling of IPv6 that stands for it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        const spellings = [`::ffff:${address}`, `::ffff:${hex}`, `0:0:0:0:0:FFFF:${hex}`, `64:ff9b::${address}`]
        expect(spellings.map(isPublic)).toEqual(spellings.map(() => isPublic(address)))
      })
    )
  })

  test.each(['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
    '%s is this machine',
    (one) => {
      expect(isLoopback(one)).toBe(true)
    }
  )

  test.each(['128.0.0.1', '0.0.0.0', '::', '::2', 'localhost', '127.1', '10.0.0.1', ''])('%s is not', (one) => {
    expect(isLoopback(one)).toBe(false)
  })
})
