import { expect, onTestFinished, test } from 'vitest'
import { type CompanyOptions, keepCompany, type PeerEvent } from '../../src/block/company.ts'

/** A node that reaches the named peers only. */
function reaching(reachable: readonly string[]) {
  const connected = new Set<string>()
  const dialled: string[] = []
  const node = {
    connected: () => [...connected],
    async dial([address = '']: readonly string[]) {
      dialled.push(address)
      if (address.endsWith('silent')) await new Promise(() => undefined)
      const peer = address.split('/').at(-1)!
      if (!reachable.includes(peer)) throw new Error('nobody home')
      connected.add(peer)
    }
  }
  return { node, connected, dialled }
}

function company(reachable: readonly string[], options: Partial<CompanyOptions> = {}) {
  const { node, connected, dialled } = reaching(reachable)
  const told: PeerEvent[] = []
  const kept = keepCompany(node, {
    addresses: ['/ip4/127.0.0.1/tcp/1/p2p/one', '/ip4/127.0.0.1/tcp/2/p2p/two'],
    enough: Number.POSITIVE_INFINITY,
    every: 10,
    onEvent: (event) => told.push(event),
    ...options
  })
  onTestFinished(kept.stop)
  return { kept, connected, dialled, told }
}

test('everybody is dialled at once, and who is not there is told and tried again', async () => {
  const { kept, connected, dialled, told } = company(['one'])
  await kept.met
  expect([...connected]).toEqual(['one'])
  expect(told).toEqual([{ type: 'unreachable', address: '/ip4/127.0.0.1/tcp/2/p2p/two', reason: 'nobody home' }])
  await expect.poll(() => dialled.filter((address) => address.endsWith('two')).length).toBeGreaterThan(2)
  expect(dialled.filter((address) => address.endsWith('one'))).toHaveLength(1)
})

test('a peer that went away is dialled again', async () => {
  const { kept, connected, dialled } = company(['one', 'two'])
  await kept.met
  connected.delete('two')
  await expect.poll(() => dialled.length).toBe(3)
  expect(dialled[2]).toContain('two')
})

test('with company enough nobody is dialled', async () => {
  const { kept, connected, dialled } = company(['one', 'two'], { enough: 2 })
  await kept.met
  connected.delete('two')
  connected.add('somebody else')
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(dialled).toHaveLength(2)
})

test('one that does not answer keeps nobody waiting for those who do', async () => {
  const addresses = ['/ip4/127.0.0.1/tcp/1/p2p/silent', '/ip4/127.0.0.1/tcp/2/p2p/two']
  const { node, connected } = reaching(['two'])
  const { met } = keepCompany(node, { addresses, enough: Number.POSITIVE_INFINITY, every: 60_000 })
  await met
  expect([...connected]).toEqual(['two'])
})
