import { isIPv4 } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPrivateAddress } from '../../src/block/multiaddress.ts'

test.each([
  '/ip4/127.0.0.1/tcp/4001',
  '/ip4/10.1.2.3/tcp/4001',
  '/ip4/172.16.0.1/tcp/1',
  '/ip4/172.31.255.255/tcp/1',
  '/ip4/192.168.1.1/tcp/1/p2p/12D3Koo',
  '/ip4/169.254.0.1/tcp/1',
  '/ip6/::1/tcp/1',
  '/ip6/fe80::1/tcp/1',
  '/ip6/fd00::1/tcp/1',
  '/dns4/localhost/tcp/1',
  '/dns/archive.local/tcp/1'
])('%s leads no further than the local network', (address) => {
  expect(isPrivateAddress(address)).toBe(true)
})

test.each([
  '/ip4/104.131.131.82/tcp/4001',
  '/ip4/172.32.0.1/tcp/1',
  '/ip4/172.15.0.1/tcp/1',
  '/ip4/11.0.0.1/tcp/1',
  '/ip6/2001:db8::1/tcp/1',
  '/dnsaddr/bootstrap.libp2p.io/p2p/Qm',
  '/dns4/localhost.example/tcp/1',
  ''
])('%s leads into the world', (address) => {
  expect(isPrivateAddress(address)).toBe(false)
})

test('no address between those ranges is taken for a private one', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      fc.pre(isIPv4(ip))
      const [a = 0, b = 0] = ip.split('.').map(Number)
      const isPrivate =
        a === 127 ||
        a === 10 ||
        (a === 192 && b === 168) ||
        (a === 169 && b === 254) ||
        (a === 172 && b >= 16 && b < 32)
      expect(isPrivateAddress(`/ip4/${ip}/tcp/4001`)).toBe(isPrivate)
    })
  )
})
