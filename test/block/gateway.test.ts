import { once } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { type GatewayOptions, gateway } from '../../src/block/gateway.ts'
import { type FetchOptions, fetchBlock } from '../../src/block/source.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'
import { serve } from './gateways.ts'
import { good, HOSTILE, type Hostile } from './hostile.ts'
import { someBlock } from './samples.ts'

/** Short where the reason is that time is up; elsewhere a machine that is busy must not make it the reason. */
const limitsFor = ({ failure: { reason } }: Hostile): GatewayOptions =>
  reason === 'timed out' ? { timeout: 400, firstByteTimeout: 300 } : {}

/** Too short to come back later, as some ask. */
const NO_SECOND_TRY: FetchOptions = { deadline: 900 }

describeBlockSource('gateway', async () => {
  const held = new Map<string, Block>()
  const { url } = await serve((response, { url: path = '' }) => {
    const block = held.get(/^\/ipfs\/(\w+)\?format=raw$/.exec(path)?.[1] ?? '')
    if (block !== undefined) return good(block.bytes)(response, undefined as never)
    response.statusCode = 404
    response.end('no such block')
  })
  return {
    source: gateway(url),
    give: async (blocks) => {
      for (const block of blocks) held.set(String(block.cid), block)
    }
  }
})

describe('a gateway that', () => {
  let block: Block
  beforeAll(async () => {
    block = await toBlock({ slug: 'edge-ai', n: 1000 })
  })

  test.each(Object.entries(HOSTILE))('%s is refused by name and reason', async (_, hostile) => {
    const inside = await serve((response) => response.end('a secret'))
    const { url } = await serve(hostile.answer(block.bytes, inside.url))
    const { host } = new URL(url)
    await expect(fetchBlock([gateway(url, limitsFor(hostile))], block.cid, NO_SECOND_TRY)).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE',
      details: {
        sources: [host],
        reasons: [expect.stringMatching(hostile.words)],
        failures: [{ source: host, ...hostile.failure }]
      },
      message: expect.stringContaining(host)
    })
    expect(inside.requests).toEqual([])
  })

  test.each(Object.entries(HOSTILE))('%s is told from one that may have the block after all', async (_, hostile) => {
    const { url } = await serve(hostile.answer(block.bytes, 'http://127.0.0.1:9/'))
    const { reason, status = 0 } = hostile.failure
    const transient = ['timed out', 'unreachable', 'rate limited'].includes(reason) || status >= 500
    await expect(fetchBlock([gateway(url, limitsFor(hostile))], block.cid, NO_SECOND_TRY)).rejects.toMatchObject({
      details: { transient }
    })
  })

  test.each(Object.entries(HOSTILE))('%s does not keep an honest one from answering', async (_, { answer }) => {
    const inside = await serve((response) => response.end('a secret'))
    const evil = await serve(answer(block.bytes, inside.url))
    const honest = await serve(good(block.bytes))
    const found = await fetchBlock([gateway(evil.url), gateway(honest.url)], block.cid)
    expect(found.bytes).toEqual(block.bytes)
    expect(inside.requests).toEqual([])
  })

  test('never ends is hung up on', async () => {
    let hungUp: Promise<unknown> | undefined
    const { url } = await serve((response, request) => {
      hungUp = once(response, 'close')
      HOSTILE['never ends']!.answer(block.bytes, '')(response, request)
    })
    await expect(gateway(url).get(block.cid)).rejects.toThrow('too large')
    await hungUp
  })

  test('sends a bomb has it inflated to a little more than a block', async () => {
    const { url } = await serve(HOSTILE['sends a decompression bomb']!.answer(block.bytes, ''))
    let inflated = 0
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        inflated += chunk.byteLength
        controller.enqueue(chunk)
      }
    })
    const fetch = async (...request: Parameters<typeof globalThis.fetch>): Promise<Response> => {
      const { body, headers } = await globalThis.fetch(...request)
      return new Response(body!.pipeThrough(counting), { headers })
    }
    await expect(gateway(url, { fetch }).get(block.cid)).rejects.toThrow('too large')
    expect(inflated).toBeGreaterThan(1_048_576)
    expect(inflated).toBeLessThan(4_000_000)
  })

  test('has had enough of us is not asked before its time, and then is', async () => {
    let limited = true
    const { url, requests } = await serve((response, request) => {
      const answer = limited ? HOSTILE['has had enough of us']!.answer(block.bytes, '') : good(block.bytes)
      answer(response, request)
    })
    const source = gateway(url)
    await expect(source.get(block.cid)).rejects.toMatchObject({ details: { reason: 'rate limited', retryAfter: 1 } })
    await expect(source.get(block.cid)).rejects.toMatchObject({ details: { reason: 'rate limited', retryAfter: 1 } })
    expect(requests).toHaveLength(1)
    limited = false
    expect((await fetchBlock([source], block.cid)).bytes).toEqual(block.bytes)
    expect(requests).toHaveLength(2)
  })

  test('is not there is unreachable', async () => {
    await expect(gateway('http://127.0.0.1:1').get(block.cid)).rejects.toThrow('127.0.0.1:1: unreachable')
  })

  test('says when to come back in a date, or in nonsense', async () => {
    const limited = async (header: string): Promise<string> => {
      const { url } = await serve((response) => {
        response.statusCode = 429
        response.setHeader('retry-after', header)
        response.end()
      })
      return await gateway(url)
        .get(block.cid)
        .then(String, (error: Error) => error.message.replace(/^[^:]+:\d+: /, ''))
    }
    expect(await limited(new Date(Date.now() + 60_000).toUTCString())).toMatch(
      /^rate limited, retry after (?:59|60) s$/
    )
    expect(await limited('Wed, 21 Oct 2015 07:28:00 GMT')).toBe('rate limited, retry after 0 s')
    expect(await limited('<script>')).toBe('rate limited')
  })
})

describe('a request to a gateway', () => {
  test('asks for a raw block and tells nothing of the caller', async () => {
    const block = await someBlock()
    const { url, requests } = await serve(good(block.bytes))
    await gateway(`${url}/base/?token=secret#part`).get(block.cid)
    const [{ url: path, method, headers } = {}] = requests
    expect(method).toBe('GET')
    expect(path).toBe(`/base/ipfs/${block.cid}?token=secret&format=raw`)
    expect(headers).toMatchObject({ accept: 'application/vnd.ipld.raw' })
    expect(headers).not.toHaveProperty('cookie')
    expect(headers).not.toHaveProperty('referer')
    expect(headers).not.toHaveProperty('authorization')
  })

  test('ends when the caller gives up, also where `fetch` does not heed its signal', async () => {
    const { cid } = await someBlock()
    for (const fetch of [globalThis.fetch, async () => await new Promise<never>(() => {})]) {
      const { url } = await serve(() => {})
      const caller = new AbortController()
      const answer = gateway(url, { fetch }).get(cid, { signal: caller.signal })
      caller.abort(new Error('enough'))
      await expect(answer).rejects.toThrow('enough')
    }
  })

  test('keeps its time where `fetch` does not heed its signal', async () => {
    const { cid } = await someBlock()
    const deaf = gateway('https://deaf.example', { timeout: 30, fetch: async () => await new Promise<never>(() => {}) })
    await expect(deaf.get(cid)).rejects.toThrow(/deaf\.example: .* within 30 ms/)
  })

  test('does not accept an answer that `fetch` found behind a redirect', async () => {
    const block = await someBlock()
    const fetch = async (): Promise<Response> =>
      Object.defineProperty(new Response(block.bytes), 'redirected', { value: true })
    await expect(gateway('https://moved.example', { fetch }).get(block.cid)).rejects.toThrow('redirect refused')
  })

  test('names no more of the URL than its host', async () => {
    const { cid } = await someBlock()
    const source = gateway('https://gate.example/SECRET1?key=SECRET2', {
      fetch: async () => Promise.reject(new TypeError('fetch failed'))
    })
    expect(source.name).toBe('gate.example')
    const error = await fetchBlock([source], cid).catch((cause: unknown) => cause)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('SECRET')
    expect(String(error)).toContain('gate.example: unreachable')
  })
})

describe('the URL of a gateway', () => {
  test.each([
    'http://gate.example',
    'http://10.0.0.1',
    'http://169.254.169.254/latest',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'ftp://gate.example',
    'file:///etc/passwd',
    'data:text/plain,x',
    'not a URL',
    ''
  ])('may not be %s', (url) => {
    expect(() => gateway(url)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  test.each(['https://gate.example', 'http://localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://127.1'])(
    'may be %s',
    (url) => {
      expect(gateway(url).name).not.toBe('')
    }
  )

  test('may be plain http where that is asked for, and not even on loopback where it is refused', () => {
    expect(gateway('http://gate.example', { allowInsecure: true }).name).toBe('gate.example')
    expect(() => gateway('http://127.0.0.1', { allowInsecure: false })).toThrow('https')
    expect(() => gateway('ftp://gate.example', { allowInsecure: true })).toThrow('https')
  })

  test('may not carry a password, which is not repeated', () => {
    const refused = expect.objectContaining({ message: expect.not.stringMatching(/hunter2|alice/) })
    expect(() => gateway('https://alice:hunter2@gate.example')).toThrow(refused)
    expect(() => gateway('https://alice:hunter2@')).toThrow(refused)
  })
})
