import { createServer } from 'node:net'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { publish } from '../../src/archive/publish.ts'
import { cidOf, type TrendCid } from '../../src/block/cid.ts'
import { gateway } from '../../src/block/gateway.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { quorumRegistry } from '../../src/registry/quorum.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { deadlineIn } from '../../src/verdict/deadline.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import { reportText } from '../../src/verdict/report.ts'
import { type Subject, verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { deadUrl, serve } from '../registry/server.ts'
import { draft, NOW, PUBLISHER, type World, world } from '../world.ts'

const DEADLINE = 400
/** What a loaded machine may take on top. */
const SLACK = 1_500

let here: World
let cid: TrendCid

beforeAll(async () => {
  here = world()
  cid = (await publish(here.ports, [draft('edge')])).steps[0]!.named.cid
})

/** A machine that takes connections and says nothing. */
async function hangingUrl(): Promise<URL> {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<{ destroy: () => void }>()
  server.on('connection', (socket) => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return new URL(`http://127.0.0.1:${typeof address === 'object' ? address!.port : 0}`)
}

const slowUrl = async (): Promise<URL> =>
  (
    await serve((_, response) => {
      response.write('{')
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    })
  ).url

const node = (url: URL): Registry =>
  rpcRegistry({ chain: here.account.chain, address: here.account.address, request: httpRequest(url) })
const deaf = <Of extends object>(port: Of, ...methods: readonly (keyof Of)[]): Of => ({
  ...port,
  ...Object.fromEntries(methods.map((method) => [method, () => new Promise(() => undefined)]))
})
const silence = new Promise<never>(() => undefined)

interface Judging {
  readonly sources?: readonly BlockSource[]
  readonly registries?: readonly Registry[]
}

/** A verdict in time, that is not `verified`, and that can be told. */
async function inTime(
  subject: Subject,
  { sources = [here.blocks], registries = [here.account] }: Judging
): Promise<Verdict> {
  const start = performance.now()
  const ports = { sources, registries, watermarks: memoryWatermarks() }
  const verdict = await verify(ports, subject, { timeout: DEADLINE, now: NOW })
  expect(performance.now() - start).toBeLessThan(DEADLINE + SLACK)
  expect(verdict.status).not.toBe('verified')
  expect(reportText(verdict).length).toBeGreaterThan(5)
  return verdict
}

describe('a verdict comes in time', () => {
  it.each([
    ['is dead', deadUrl],
    ['hangs', hangingUrl],
    ['says something and then nothing for long', slowUrl]
  ])('though the gateway %s', async (_, url) => {
    const verdict = await inTime({ cid }, { sources: [gateway(await url())] })
    expect(verdict.status).toBe('inconclusive')
    expect(verdict.checks[0]).toMatchObject({ name: 'integrity', outcome: 'unknown' })
  })

  it.each([
    ['is dead', deadUrl],
    ['hangs', hangingUrl],
    ['says something and then nothing for long', slowUrl]
  ])('though the node %s', async (_, url) => {
    const verdict = await inTime({ cid }, { registries: [node(await url())] })
    expect(verdict.status).toBe('inconclusive')
    expect(verdict.checks[0]).toMatchObject({ name: 'integrity', outcome: 'pass' })
  })

  it('though all nodes of a quorum hang', async () => {
    const registries = [quorumRegistry([node(await hangingUrl()), node(await hangingUrl())], { agree: 2 })]
    expect((await inTime({ cid }, { registries })).status).toBe('inconclusive')
  })

  it.each(['block', 'survey'] as const)('though the registry does not even heed the signal in %s', async (method) => {
    const verdict = await inTime({ cid }, { registries: [deaf(here.account, method)] })
    expect(verdict.status).toBe('inconclusive')
  })

  it('though a source does not even heed the signal', async () => {
    const verdict = await inTime({ cid }, { sources: [{ name: 'deaf', get: () => silence }] })
    expect(verdict.checks[0]?.detail).toBe(`no source delivered it within ${DEADLINE} ms`)
  })

  it('though what was remembered cannot be read', async () => {
    const start = performance.now()
    const watermarks = { ...memoryWatermarks(), recall: () => silence }
    const verdict = await verify({ ...here.reading, watermarks }, { cid }, { timeout: DEADLINE, now: NOW })
    expect([verdict.status, performance.now() - start < DEADLINE + SLACK]).toEqual(['inconclusive', true])
  })

  it('though an earlier version is nowhere to be had', async () => {
    const second = (await publish(here.ports, [draft('edge', { title: 'Again' })])).steps[0]!.named
    const patchy: BlockSource = {
      name: 'patchy',
      get: async (wanted) => (wanted.equals(second.cid) ? await here.blocks.get(wanted) : await silence)
    }
    expect((await inTime({ cid: second.cid }, { sources: [patchy] })).status).toBe('inconclusive')
  })

  it.each([
    ['no JSON', new TextEncoder().encode('{"a":')],
    ['deep', new TextEncoder().encode('['.repeat(500_000))],
    ['long', new TextEncoder().encode(JSON.stringify('x'.repeat(1_000_000)))],
    ['too long', new Uint8Array(1_048_577)],
    ['wide', new TextEncoder().encode(`[${'0,'.repeat(500_000)}0]`)],
    ['no document', new TextEncoder().encode('{}')],
    ['no text', Uint8Array.of(0xff, 0xfe)]
  ])('though the document is %s', async (_, bytes) => {
    const named = bytes.length > 1_048_576 ? cid : await cidOf(bytes)
    expect((await inTime({ cid: named, bytes }, {})).status).toBe('refuted')
    const source: BlockSource = { name: 'odd', get: async () => bytes }
    await inTime({ cid: named }, { sources: [source] })
  })
})

describe('the deadline', () => {
  it('is none for a caller that stops before', async () => {
    const stop = AbortSignal.timeout(30)
    const waiting = verify(
      { ...here.reading, sources: [{ name: 'deaf', get: () => silence }] },
      { cid },
      { signal: stop }
    )
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('leaves alone what is done before, and may be as long as one likes', async () => {
    for (const timeout of [5_000, Number.POSITIVE_INFINITY, 2 ** 40]) {
      const verdict = await verify(here.reading, { cid }, { timeout, now: NOW })
      expect([verdict.status, verdict.publisher]).toEqual(['verified', PUBLISHER])
    }
  })

  it('does not turn a mistake into a finding', async () => {
    const deadline = deadlineIn(1_000, {})
    const failing = deadline.within<string>(
      () => Promise.reject(new TypeError('a mistake')),
      () => 'late'
    )
    await expect(failing).rejects.toThrow('a mistake')
    deadline.end()
  })
})
