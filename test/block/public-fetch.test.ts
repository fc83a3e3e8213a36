import { createServer } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type PublicFetchOptions, publicFetch } from '../../src/block/public-fetch.ts'
import { type PublicGatewayOptions, publicGateways } from '../../src/block/public-gateway.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { serve } from './gateways.ts'
import { good } from './hostile.ts'
import { someBlock, someBlocks } from './samples.ts'

function opened(options: PublicFetchOptions = {}): typeof globalThis.fetch {
  const { fetch, close } = publicFetch(options)
  onTestFinished(close)
  return fetch
}

function gatewaysAt(urls: readonly string[], options: PublicGatewayOptions = {}) {
  const { sources, close } = publicGateways(urls, options)
  onTestFinished(close)
  return sources
}

/** A way to look up names that gives one answer after another, over and over. */
function answering(...answers: readonly (readonly string[])[]): LookupFunction & { readonly names: string[] } {
  const names: string[] = []
  const lookup: LookupFunction = (name, { all }, callback) => {
    const addresses = answers[names.length % answers.length]!
    names.push(name)
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (all) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  }
  return Object.assign(lookup, { names })
}

const refused = (source: string) => ({ code: 'NOT_DELIVERED', details: { source, reason: 'refused address' } })

describe('a gateway', () => {
  test.each([
    ['https://inside.example', ['127.0.0.1']],
    ['https://inside.example', ['::1']],
    ['https://inside.example', ['::ffff:127.0.0.1']],
    ['https://inside.example', ['169.254.169.254']],
    ['https://inside.example', ['fd00:ec2::254']],
    ['https://inside.example', ['1.1.1.1', '10.0.0.1']],
    ['https://inside.example', ['10.0.0.1', '1.1.1.1']],
    ['https://inside.example:8443', ['64:ff9b::a00:1']],
    ['https://localhost.', ['127.0.0.1']],
    ['https://localhost.evil.example', ['127.0.0.1']],
    ['https://127.0.0.1.evil.example', ['127.0.0.1']],
    ['https://localhost', ['192.168.0.1']]
  ])('%s whose name leads to %j is refused', async (url, addresses) => {
    const { cid } = await someBlock()
    const lookup = answering(addresses)
    const [source] = gatewaysAt([url], { lookup })
    const { host } = new URL(url)
    await expect(source!.get(cid)).rejects.toMatchObject(refused(host))
    await expect(fetchBlock([source!], cid)).rejects.toMatchObject({
      details: { failures: [{ source: host, reason: 'refused address' }], transient: false }
    })
    expect(lookup.names).toHaveLength(2)
  })

  test.each([
    ['https://10.0.0.1', '10.0.0.1'],
    ['https://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['https://0xa9.0xfe.0xa9.0xfe', '169.254.169.254'],
    ['https://2852039166', '169.254.169.254'],
    ['https://192.168.1', '192.168.0.1'],
    ['https://0300.0250.0.1', '192.168.0.1'],
    ['https://10.0.0.1.', '10.0.0.1'],
    ['https://１０.0.0.1', '10.0.0.1'],
    ['https://[::ffff:10.0.0.1]', '[::ffff:a00:1]'],
    ['https://[fd00:ec2::254]', '[fd00:ec2::254]'],
    ['https://[64:ff9b::10.0.0.1]', '[64:ff9b::a00:1]'],
    ['https://[fe80::1]', '[fe80::1]'],
    ['https://0', '0.0.0.0'],
    ['https://[::]', '[::]']
  ])('%s, an address of its own, is refused without being looked up', async (url, host) => {
    const { cid } = await someBlock()
    const lookup = answering(['1.1.1.1'])
    const [source] = gatewaysAt([url], { lookup })
    await expect(source!.get(cid)).rejects.toMatchObject(refused(host))
    expect(lookup.names).toEqual([])
  })

  test.each(['127.0.0.1', 'localhost', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]'])(
    'on this machine is asked, where the URL says so itself, as %s',
    async (host) => {
      const block = await someBlock()
      const { url, requests } = await serve(good(block.bytes))
      const fetch = opened()
      const { port } = new URL(url)
      const response = await fetch(`http://${host}:${port}/ipfs/${block.cid}`)
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(block.bytes)
      expect(requests).toHaveLength(1)
    }
  )

  test('on a private network is asked where that is allowed, by plain http too', async () => {
    const block = await someBlock()
    const { url } = await serve(good(block.bytes))
    const inside = `http://0.0.0.0:${new URL(url).port}`
    expect(() => gatewaysAt([inside])).toThrow('https')
    const [source] = gatewaysAt([inside], { allowPrivate: true })
    expect(await source!.get(block.cid)).toEqual(block.bytes)
  })

  test('may carry no password, in whatever form', () => {
    for (const url of ['https://a@10.0.0.1', 'https://1.1.1.1@127.0.0.1', 'https://:b@gate.example']) {
      expect(() => gatewaysAt([url])).toThrow('password')
    }
  })
})

describe('a name that is answered differently each time', () => {
  /** 127.0.0.2 stands for the public internet here, so that both ends of the story are on this machine. */
  const isAllowed = (address: string): boolean => address === '127.0.0.2'

  /** Two servers at one port: the one outside, and the one inside. */
  async function twoServers() {
    const hits = { outside: 0, inside: 0 }
    const listen = async (host: string, port: number, side: keyof typeof hits): Promise<number> => {
      const server = createServer((_, response) => {
        hits[side]++
        response.setHeader('connection', 'close')
        response.end(side)
      })
      await new Promise<void>((resolve) => server.listen(port, host, resolve))
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      return (server.address() as AddressInfo).port
    }
    const port = await listen('127.0.0.2', 0, 'outside')
    await listen('127.0.0.1', port, 'inside')
    return { hits, url: `http://rebinding.example:${port}/` }
  }

  test('reaches what is inside where the name is looked up to check it, and again to connect', async () => {
    const { hits, url } = await twoServers()
    const lookup = answering(['127.0.0.2'], ['127.0.0.1'])
    // What a check before the request amounts to: the connection asks for the address again.
    const checked = await new Promise<string>((resolve) =>
      lookup('rebinding.example', {}, (_error, address) => resolve(String(address)))
    )
    expect(isAllowed(checked)).toBe(true)
    await opened({ lookup, isAllowed: () => true })(url)
    expect(hits).toEqual({ outside: 0, inside: 1 })
  })

  test('never reaches it: what was checked is what is connected to', async () => {
    const { hits, url } = await twoServers()
    const lookup = answering(['127.0.0.2'], ['127.0.0.1'], ['127.0.0.2', '127.0.0.1'], ['::ffff:127.0.0.1'])
    const fetch = opened({ lookup, isAllowed })
    const outcomes: string[] = []
    for (let i = 0; i < 20; i++) {
      outcomes.push(
        await fetch(url).then(
          async (response) => await response.text(),
          (error: Error) => error.message
        )
      )
    }
    expect(hits).toEqual({ outside: 5, inside: 0 })
    expect(lookup.names).toHaveLength(20)
    expect(outcomes.filter((outcome) => outcome === 'outside')).toHaveLength(5)
    expect(outcomes.filter((outcome) => outcome.includes('not on the public internet'))).toHaveLength(15)
  })

  test('is checked on the way of a redirect too, where somebody follows it', async () => {
    const inside = await serve((response) => response.end('a secret'))
    const { port } = new URL(inside.url)
    const { url } = await serve((response) =>
      response.writeHead(302, { location: `http://inside.example:${port}/` }).end()
    )
    const fetch = opened({ lookup: answering(['127.0.0.1']) })
    await expect(fetch(url, { redirect: 'follow' })).rejects.toMatchObject({ code: 'NOT_DELIVERED' })
    expect(inside.requests).toEqual([])
  })
})

test('so many requests to one gateway are under way at once, and all are answered', async () => {
  const blocks = await someBlocks(60)
  const held = new Map(blocks.map(({ cid, bytes }) => [String(cid), bytes]))
  let [under, most] = [0, 0]
  const { url } = await serve((response, request) => {
    most = Math.max(most, ++under)
    setTimeout(() => {
      under--
      good(held.get(/\/ipfs\/(\w+)/.exec(request.url ?? '')![1]!)!)(response, request)
    }, 5)
  })
  const sources = gatewaysAt([url], { concurrency: 4, timeout: 2_000 })
  const found = await Promise.all(blocks.map(async ({ cid }) => await fetchBlock(sources, cid)))
  expect(found.map(({ bytes }) => bytes)).toEqual(blocks.map(({ bytes }) => bytes))
  expect(most).toBe(4)
})

test('what is under way ends when the gateways are closed', async () => {
  const { cid } = await someBlock()
  const { url } = await serve(() => {})
  const { sources, close } = publicGateways([url])
  const answer = sources[0]!.get(cid)
  const asked = expect(answer).rejects.toMatchObject({ details: { reason: 'unreachable' } })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await close()
  await asked
})
