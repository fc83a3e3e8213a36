import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type PinningServiceOptions, pinningService } from '../../src/block/pinning-service.ts'
import type { RemotePin } from '../../src/block/remote.ts'
import { isArchiveError } from '../../src/errors.ts'
import { drip, endless, remoteThat } from './hostile-remote.ts'
import { TOKEN, usePinningService } from './mock-pinning-service.ts'
import { someBlock, someBlocks } from './samples.ts'

const mock = usePinningService()
const open = (url = mock.url(), more: Partial<PinningServiceOptions> = {}) =>
  pinningService(url, { name: 'pinner', token: TOKEN, backoff: 1, timeout: 2_000, ...more })
const posts = (lines: readonly { readonly line: string }[]) => lines.filter(({ line }) => line.startsWith('POST'))

const status = (cid: unknown, more: object = {}) => ({
  requestid: 'r1',
  status: 'queued',
  created: '2026-01-01T00:00:00.123456789Z',
  delegates: [],
  pin: { cid: String(cid) },
  ...more
})
const page = (...results: readonly object[]): string => JSON.stringify({ count: results.length, results })

async function all(pins: AsyncIterable<RemotePin>): Promise<readonly RemotePin[]> {
  const found: RemotePin[] = []
  for await (const pin of pins) found.push(pin)
  return found
}

describe('a pinning service', () => {
  test('is asked once, however often, and gives up what it is told to', async () => {
    mock.forget()
    const [service, block] = [open(), await someBlock()]
    const first = await service.ask(block, { name: 'edge@1', origins: ['/ip4/203.0.113.1/tcp/4001'] })
    expect(first).toMatchObject({ cid: String(block.cid), status: 'queued' })
    expect(await service.ask(block)).toEqual(first)
    expect(posts(mock.requests)).toHaveLength(1)
    expect(mock.pins()[0]?.pin).toEqual({
      cid: String(block.cid),
      name: 'edge@1',
      origins: ['/ip4/203.0.113.1/tcp/4001'],
      meta: { app: 'trend-archive' }
    })
    const pin = { cid: block.cid, requestId: first.requestId, keeper: block.cid }
    mock.settle('pinned')
    expect(await service.status(pin)).toMatchObject({ status: 'pinned' })
    await service.withdraw({ ...pin, isLast: false })
    expect(await service.status(pin)).toBeDefined()
    for (let times = 0; times < 2; times++) await service.withdraw({ ...pin, isLast: true })
    expect(await service.status(pin)).toBeUndefined()
  })

  test('has a request that failed replaced, so that it is not left behind', async () => {
    mock.forget()
    const [service, block] = [open(), await someBlock()]
    const { requestId } = await service.ask(block)
    mock.settle('failed')
    const again = await service.ask(block)
    expect(again).toMatchObject({ status: 'queued' })
    expect(again.requestId).not.toBe(requestId)
    expect(mock.pins()).toHaveLength(1)
    const other = await someBlock()
    const moved = await service.replace(again.requestId, other.cid)
    expect(mock.pins().map(({ pin }) => pin.cid)).toEqual([String(other.cid)])
    await expect(service.replace(again.requestId, other.cid)).rejects.toMatchObject({ code: 'REMOTE_FAILED' })
    expect(moved.cid).toBe(String(other.cid))
  })

  test('that will not have a request replaced is asked anew, and need not know the time', async () => {
    const block = await someBlock()
    const failed = status(block.cid, {
      requestid: String(block.cid),
      status: 'failed',
      created: '0001-01-01T00:00:00Z'
    })
    const { url, asked } = await remoteThat((response, { method, url: path }) => {
      if (method === 'GET') response.end(page(failed))
      else if (path === '/pins') response.writeHead(202).end(JSON.stringify({ ...failed, status: 'queued' }))
      else response.writeHead(400).end()
    })
    expect(await open(url).ask(block)).toMatchObject({ status: 'queued' })
    expect(asked.map(({ method, url: path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'GET /pins',
      `POST /pins/${block.cid}`,
      'POST /pins'
    ])
  })

  test('lists what it has, by document and by status', async () => {
    mock.forget()
    const [service, blocks] = [open(), await someBlocks(3)]
    for (const block of blocks) await service.ask(block)
    expect(await all(service.list())).toHaveLength(3)
    expect(await all(service.list({ statuses: ['pinned'] }))).toEqual([])
    const some = await all(service.list({ cids: [blocks[0]!.cid, blocks[2]!.cid] }))
    expect(some.map(({ cid }) => cid)).toEqual([String(blocks[0]!.cid), String(blocks[2]!.cid)])
  })

  test('lists page by page, each from before the oldest of the last', async () => {
    const { cid } = await someBlock()
    const created = [
      '2026-01-03T00:00:00Z',
      '2026-01-02T00:00:00.5Z',
      '2026-01-02T00:00:00.25Z',
      '2026-01-01T00:00:00Z'
    ]
    const pins = created.map((at, i) => status(cid, { requestid: `r${i}`, created: at }))
    const { url, asked } = await remoteThat((response, { url: path }) => {
      const before = new URL(path, 'http://x').searchParams.get('before')
      const left = pins.filter((pin) => before === null || Date.parse(pin.created) < Date.parse(before))
      response.end(JSON.stringify({ count: left.length, results: left.slice(0, 2) }))
    })
    expect((await all(open(`${url}/psa/`).list())).map(({ requestId }) => requestId)).toEqual(['r0', 'r1', 'r2', 'r3'])
    expect(asked.map(({ url: path }) => path.split('?')[0])).toEqual(['/psa/pins', '/psa/pins'])
  })

  test('that heard a post and failed to say so is not posted to again', async () => {
    const block = await someBlock()
    const { url, asked } = await remoteThat((response, { method }) => {
      const posted = asked.some((one) => one.method === 'POST')
      if (method === 'POST') response.writeHead(502).end()
      else response.end(posted ? page(status(block.cid)) : page())
    })
    expect(await open(url).ask(block)).toMatchObject({ requestId: 'r1', status: 'queued' })
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET'])
  })

  test('that asks to come back later is left alone for as long as it says, or given up', async () => {
    const block = await someBlock()
    const { url, asked } = await remoteThat((response, _, nth) => {
      if (nth === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else response.end(page(status(block.cid, { status: 'pinned' })))
    })
    const began = performance.now()
    expect(await open(url).ask(block)).toMatchObject({ status: 'pinned' })
    expect(performance.now() - began).toBeGreaterThan(950)
    expect(asked).toHaveLength(2)
    const later = await remoteThat((response) => response.writeHead(429, { 'retry-after': '86400' }).end())
    await expect(open(later.url).ask(block)).rejects.toMatchObject({ details: { reason: 'busy', status: 429 } })
    expect(later.asked).toHaveLength(1)
  })

  const GZIP = { 'content-encoding': 'gzip', 'content-type': 'application/json' }
  const hostile: readonly (readonly [string, Parameters<typeof remoteThat>[0], object])[] = [
    ['refuses the token', (r) => r.writeHead(401).end(TOKEN), { code: 'NO_ACCOUNT' }],
    ['forbids it', (r) => r.writeHead(403).end(TOKEN), { code: 'NO_ACCOUNT' }],
    ['is no such API', (r) => r.writeHead(404).end(), { details: { reason: 'refused', status: 404 } }],
    ['says there is a conflict', (r) => r.writeHead(409).end(TOKEN), { details: { reason: 'refused', status: 409 } }],
    ['is at fault each time', (r) => r.writeHead(500).end(TOKEN), { details: { reason: 'fault', status: 500 } }],
    ['ends the connection', (r) => r.destroy(), { details: { reason: 'unreachable' } }],
    ['says nothing', () => undefined, { details: { reason: 'unreachable' } }],
    ['never ends', (r) => endless(r), { details: { reason: 'too large' } }],
    ['drips', drip, { details: { reason: 'unreachable' } }],
    [
      'sends a bomb',
      (r) => r.writeHead(200, GZIP).end(gzipSync('['.repeat(5_000_000))),
      { details: { reason: 'too large' } }
    ],
    ['sends a page', (r) => r.end(`<html>${TOKEN}`), { details: { reason: 'malformed answer' } }],
    ['sends no UTF-8', (r) => r.end(Buffer.from([0xff, 0xfe])), { details: { reason: 'malformed answer' } }],
    ['sends null', (r) => r.end('null'), { details: { reason: 'malformed answer' } }],
    ['sends no list', (r) => r.end('{"count":1,"results":{}}'), { details: { reason: 'malformed answer' } }],
    ['sends pins that are none', (r) => r.end(page({}, { pin: null })), { details: { reason: 'malformed answer' } }],
    [
      'calls a pin ..',
      (r) => r.end(page(status('x', { requestid: '..' }))),
      { details: { reason: 'malformed answer' } }
    ],
    [
      'calls a pin at length',
      (r) => r.end(page(status('x', { requestid: 'r'.repeat(513) }))),
      { code: 'REMOTE_FAILED' }
    ],
    ['knows another state', (r) => r.end(page(status('x', { status: 'lost' }))), { code: 'REMOTE_FAILED' }],
    ['has no time', (r) => r.end(page(status('x', { created: 'now' }))), { code: 'REMOTE_FAILED' }]
  ]

  /** Only what never comes to an end has to be waited for; a busy machine may take longer for everything else. */
  const SLOW = ['says nothing', 'drips']

  test.each(hostile)(
    'that %s fails with the reason, and without a word of the token',
    async (what, answer, expected) => {
      const { url } = await remoteThat(answer)
      const service = open(url, { attempts: 2, timeout: SLOW.includes(what) ? 300 : 10_000 })
      const error: unknown = await service.ask(await someBlock()).catch((reason: unknown) => reason)
      expect(error).toMatchObject(expected)
      expect(isArchiveError(error) && error.message).toMatch(/^pinner/)
    }
  )

  test('that points elsewhere is not followed, and the token goes nowhere else', async () => {
    const elsewhere = await remoteThat((response) => response.end(page()))
    const { url } = await remoteThat((response) => response.writeHead(307, { location: `${elsewhere.url}/pins` }).end())
    const failing = open(url).ask(await someBlock())
    await expect(failing).rejects.toMatchObject({ code: 'REMOTE_FAILED', details: { reason: 'redirect' } })
    expect(elsewhere.asked).toEqual([])
  })

  test('whose pages do not go on is not listed for ever', async () => {
    const { cid } = await someBlock()
    const { url, asked } = await remoteThat((r) => r.end(JSON.stringify({ count: 9, results: [status(cid)] })))
    await expect(all(open(url).list())).rejects.toMatchObject({ details: { reason: 'malformed answer' } })
    expect(asked).toHaveLength(2)
  })

  test('that is not there is unreachable', async () => {
    await expect(open('http://127.0.0.1:9').ask(await someBlock())).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      details: { remote: 'pinner', reason: 'unreachable' }
    })
  })

  test('is left when the caller gives up, at once', async () => {
    const { url, asked } = await remoteThat(() => undefined)
    const caller = new AbortController()
    const asking = open(url).ask(await someBlock(), { signal: caller.signal })
    await expect.poll(() => asked.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  test.each([
    [undefined, /^MY_TOKEN is not set$/],
    ['  ', /^MY_TOKEN is not set$/],
    ['two\nlines', /^MY_TOKEN holds what no header can carry$/],
    ['schlüssel', /^MY_TOKEN holds what no header can carry$/]
  ])('is not asked with the token %j', async (token, rule) => {
    const { url, asked } = await remoteThat((response) => response.end(page()))
    const asking = open(url, { token, tokenName: 'MY_TOKEN' }).ask(await someBlock())
    await expect(asking).rejects.toMatchObject({ code: 'NO_ACCOUNT', message: expect.stringMatching(rule) })
    expect(asked).toEqual([])
  })

  test.each(['http://pin.example', 'ftp://pin.example', 'https://me:secret@pin.example', 'nonsense'])(
    'is not looked for at %s',
    (url) => {
      const opening = (): unknown => open(url)
      expect(opening).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
      expect(opening).not.toThrow(/secret/)
    }
  )
})
