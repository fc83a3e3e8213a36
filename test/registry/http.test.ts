import { describe, expect, test } from 'vitest'
import { httpRequest } from '../../src/registry/http.ts'
import { deadUrl, serve, serveRpc } from './server.ts'

const CHAIN_ID = { method: 'eth_chainId', params: [] } as const
const messageOf = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => {
      throw new Error('the call was to fail')
    },
    (error: unknown) => `${error}\n${error instanceof Error ? `${error.stack}\n${error.cause}` : ''}`
  )

describe('a request', () => {
  test('is one JSON-RPC call, answered with its result', async () => {
    const { url, requests } = await serveRpc((method, params) => ({ method, params }))
    const request = httpRequest(url, { headers: { 'x-client': 'test' } })
    expect(await request({ method: 'a', params: [1, 'b'] })).toEqual({ method: 'a', params: [1, 'b'] })
    expect(await request({ method: 'c', params: [] })).toEqual({ method: 'c', params: [] })
    const ids = requests.map(({ body }) => JSON.parse(body).id)
    expect(new Set(ids).size).toBe(2)
    expect(requests[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-client': 'test' })
  })

  test('fails with what the node says, its code and its data', async () => {
    const { url } = await serveRpc(() => {
      throw { code: 3, data: '0x1234', toString: () => 'reverted' }
    })
    await expect(httpRequest(url)(CHAIN_ID)).rejects.toMatchObject({
      message: expect.stringContaining('reverted'),
      code: 3,
      data: '0x1234'
    })
  })

  test.each([
    ['a page', '<html>', 200],
    ['nothing', '', 200],
    ['another id', '{"jsonrpc":"2.0","id":999,"result":"0x1"}', 200],
    ['no result', '{"jsonrpc":"2.0","id":1}', 200],
    ['a list', '[]', 200],
    ['null', 'null', 200],
    ['an error page', 'gone', 503],
    ['a result with the status of an error', '{"jsonrpc":"2.0","id":1,"result":"0x1"}', 500]
  ])('takes %s for no answer', async (_, body, status) => {
    const { url, host } = await serve((_body, response) => {
      response.statusCode = status
      response.end(body)
    })
    expect(await messageOf(httpRequest(url)(CHAIN_ID))).toContain(`${host} answered with`)
  })

  test('does not follow the node elsewhere', async () => {
    const other = await serveRpc(() => '0x1')
    const { url, host } = await serve((_, response) => {
      response.writeHead(307, { location: other.url.href }).end()
    })
    expect(await messageOf(httpRequest(url)(CHAIN_ID))).toContain(`${host} points elsewhere`)
    expect(other.requests).toEqual([])
  })

  test.each([
    ['followed by itself', { redirected: true }],
    ['hides as browsers do', { type: 'opaqueredirect', status: 0 }]
  ])('takes no answer from behind a redirect that `fetch` %s', async (_, told) => {
    const body = '{"jsonrpc":"2.0","id":1,"result":"0x1"}'
    const properties = Object.entries(told).map(([name, value]) => [name, { value }] as const)
    const fetch = async () => Object.defineProperties(new Response(body), Object.fromEntries(properties))
    const words = 'node.example points elsewhere'
    expect(await messageOf(httpRequest('https://node.example', { fetch })(CHAIN_ID))).toContain(words)
  })

  test('stops reading an answer that is too long', async () => {
    let sent = 0
    const { url, host } = await serve((_, response) => {
      const pour = (): void => {
        while (!response.destroyed && sent < 1e9) {
          sent += 65_536
          if (!response.write('x'.repeat(65_536))) return void response.once('drain', pour)
        }
      }
      pour()
    })
    const message = await messageOf(httpRequest(url, { maxBytes: 1_000_000 })(CHAIN_ID))
    expect(message).toContain(`${host} answered with more than 1000000 bytes`)
    expect(sent).toBeLessThan(1e9)
  })

  test('waits no longer than it is told to, also within an answer', async () => {
    const silent = await serve(() => undefined)
    expect(await messageOf(httpRequest(silent.url, { timeout: 50 })(CHAIN_ID))).toContain('did not answer within 50 ms')
    const slow = await serve((_, response) => void response.write('{'))
    expect(await messageOf(httpRequest(slow.url, { timeout: 50 })(CHAIN_ID))).toContain('did not answer within 50 ms')
  })

  test('stops when told to', async () => {
    const { url, requests } = await serve(() => undefined)
    const controller = new AbortController()
    const call = httpRequest(url)(CHAIN_ID, { signal: controller.signal })
    setTimeout(() => controller.abort('stop'), 20)
    await expect(call).rejects.toBe('stop')
    const before = requests.length
    await expect(httpRequest(url)(CHAIN_ID, { signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
    expect(requests.length).toBe(before)
  })

  test('says that nobody is there', async () => {
    const url = await deadUrl()
    expect(await messageOf(httpRequest(url)(CHAIN_ID))).toContain(`${url.host} cannot be reached (ECONNREFUSED)`)
  })
})

describe('a URL with secrets', () => {
  const SECRETS = ['s3cret', 'us3r', 'k3y', 't0ken']
  const dress = (url: URL): URL => new URL(`http://us3r:s3cret@${url.host}/v2/k3y?token=t0ken`)

  test('reaches the node with them', async () => {
    const { url, requests } = await serveRpc(() => '0x1')
    await httpRequest(dress(url))(CHAIN_ID)
    expect(requests[0]?.path).toBe('/v2/k3y?token=t0ken')
    expect(requests[0]?.headers.authorization).toBe(`Basic ${btoa('us3r:s3cret')}`)
  })

  test('is told as its host only, whatever goes wrong', async () => {
    const failing = await serve((_, response) => void response.writeHead(401).end('no'))
    const silent = await serve(() => undefined)
    const moved = await serve((_, response) => void response.writeHead(302, { location: '/elsewhere' }).end())
    for (const url of [failing.url, silent.url, moved.url, await deadUrl()]) {
      const request = httpRequest(dress(url), { timeout: 50 })
      expect(request.trust).toBe(`rpc:${url.host}`)
      const message = await messageOf(request(CHAIN_ID))
      expect(message).toContain(url.host)
      for (const secret of SECRETS) expect(message).not.toContain(secret)
    }
  })

  test('is not repeated where it is no URL', () => {
    for (const url of ['s3cret', 'ftp://us3r:s3cret@host', 'https://', '']) {
      const attempt = (): unknown => httpRequest(url)
      expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
      expect(attempt).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cret') }))
    }
  })
})
