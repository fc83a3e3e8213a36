import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { withBitswap } from '@helia/bitswap'
import { json as heliaJson } from '@helia/json'
import { withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import * as jsonCodec from 'multiformats/codecs/json'
import { describe, expect, onTestFinished, test } from 'vitest'
import { publish } from '../../src/archive/publish.ts'
import { type Block, toBlock } from '../../src/block/block.ts'
import { openPublicPeer } from '../../src/block/public-peer.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { main } from '../../src/cli/main.ts'
import { draft, world } from '../world.ts'
import { folder, json, type Ran, run } from './shell.ts'

const SWARM_KEY = `/key/swarm/psk/1.0.0/\n/base16/\n${'7a'.repeat(32)}\n`
const NOBODY = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8'

let made = 0

async function someDocument(): Promise<Block> {
  const { steps } = await publish(world().ports, [draft(`served-${made++}`)])
  return await toBlock(steps[0]!.named.document)
}

/** Pins as another process would, on the same file. */
async function pin(cwd: string, blocks: readonly Block[]): Promise<void> {
  const store = openStore(join(cwd, '.trend-archive', 'archive.db'))
  await pinsOf(store, 'another process').pin(blocks)
  store.close()
}

async function archive(files: Parameters<typeof folder>[0] = {}): Promise<string> {
  const cwd = folder()
  await run(['init'], { cwd })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, '.trend-archive', name), content)
  return cwd
}

interface Serving {
  readonly says: (pattern: RegExp) => Promise<string>
  readonly interrupt: () => Promise<Ran>
  /** Interrupts it as soon as it has said something. */
  readonly interrupted: (pattern: RegExp) => Promise<Ran>
}

/** Runs `serve` in this process until it is interrupted. */
function serving(argv: readonly string[], cwd: string): Serving {
  const written = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  const sink = (name: keyof typeof written) => ({
    write(chunk: string | Uint8Array) {
      written[name] += String(chunk)
      for (const look of waiting) look()
    }
  })
  const interrupt = new AbortController()
  const { signal } = interrupt
  const stdin = PassThrough.from([])
  const ended = main(['serve', ...argv], {
    cwd,
    env: {},
    stdin,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal
  })
  const end = async (): Promise<Ran> => {
    interrupt.abort()
    return { code: await ended, ...written }
  }
  onTestFinished(async () => void (await end()))
  const says = async (pattern: RegExp): Promise<string> =>
    await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(written.stdout + written.stderr)
        if (match === null) return
        waiting.delete(look)
        resolve(match[0])
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended: ${written.stderr}`)))
    })
  const interrupted = async (pattern: RegExp): Promise<Ran> => {
    await says(pattern)
    return await end()
  }
  return { says, interrupt: end, interrupted }
}

const ADDRESS = /\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo\w+/

/** A node as a user of Helia 7 writes one. */
async function stockNode() {
  const networked = withLibp2pLight(createHeliaLight({ codecs: [jsonCodec] }), {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })
  const node = await withBitswap(networked).start()
  onTestFinished(async () => void (await node.stop()))
  return node
}

test('a stock Helia node gets what is pinned before and while an archive is served, and we get what it has', async () => {
  const cwd = await archive()
  const [before, meanwhile, theirs] = [await someDocument(), await someDocument(), await someDocument()]
  await pin(cwd, [before])
  const served = serving(['--p2p', '-v'], cwd)
  const address = await served.says(ADDRESS)
  await served.says(/offering 1 document; stop with Ctrl-C/)

  const stock = await stockNode()
  await stock.libp2p.dial(multiaddr(address))
  const signal = AbortSignal.timeout(20_000)
  expect(await heliaJson(stock).get(before.cid, { signal })).toHaveProperty('title')
  const waited = heliaJson(stock).get(meanwhile.cid, { signal })
  await pin(cwd, [meanwhile])
  expect(await waited).toHaveProperty('title')
  await served.says(/offering 2 documents/)
  await served.says(new RegExp(`connected ${stock.libp2p.peerId}`))

  const elsewhere = { cwd: folder() }
  const ours = await run(['resolve', String(before.cid), '--peer', address], elsewhere)
  expect([ours.code, ours.stdout, ours.stderr]).toEqual([0, new TextDecoder().decode(before.bytes), ''])
  await stock.blockstore.put(theirs.cid, theirs.bytes)
  const stockAddress = String(stock.libp2p.getMultiaddrs()[0])
  const got = await run(['resolve', String(theirs.cid), '--peer', NOBODY, '--peer', stockAddress], elsewhere)
  expect([got.code, got.stdout]).toEqual([0, new TextDecoder().decode(theirs.bytes)])

  const { code, stdout } = await served.interrupt()
  expect([code, stdout]).toEqual([0, `${address}\n`])
})

test('an archive with a swarm key serves and reads among its holders', async () => {
  const cwd = await archive({ 'swarm.key': SWARM_KEY })
  const block = await someDocument()
  await pin(cwd, [block])
  const address = await serving(['--p2p'], cwd).says(ADDRESS)
  const outside = { cwd: folder({ key: SWARM_KEY }) }
  // Without the key nobody could talk to it, which `helia-to-helia` shows.
  const command = ['resolve', String(block.cid), '--peer', address]
  expect(await run([...command, '--swarm-key', 'key'], outside)).toMatchObject({ code: 0 })
  const inside = { cwd: await archive({ 'swarm.key': SWARM_KEY }) }
  await run(['init', '--peer', address], inside)
  expect(await run(['resolve', String(block.cid)], inside)).toMatchObject({ code: 0 })
})

test('a public node provides what is pinned, and says so in JSON', async () => {
  const store = openStore(':memory:')
  const first = await openPublicPeer(store, { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [NOBODY] })
  onTestFinished(async () => {
    await first.stop()
    store.close()
  })
  const cwd = await archive()
  const block = await someDocument()
  await pin(cwd, [block])
  const where = ['--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', first.addresses[0]!]
  const served = serving(['--p2p', '--public', ...where, '--json', '-v'], cwd)
  await served.says(/"type":"provided"/)
  const { code, stdout, stderr } = await served.interrupt()
  const told = stderr.trimEnd().split('\n').map(json)
  expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['listening', 'note', 'connected', 'provided']))
  expect(told.find(({ type }) => String(type) === 'provided')).toMatchObject({ cid: String(block.cid), holders: 1 })
  expect([code, json(stdout)]).toEqual([
    0,
    { addresses: [expect.stringMatching(ADDRESS)], documents: 1, peers: 1, provided: 1 }
  ])
})

test('a public node that nobody beyond the local network can dial is told of', async () => {
  const where = ['--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', NOBODY.replace('127.0.0.1', '203.0.113.1')]
  const served = serving(['--p2p', '--public', ...where], await archive())
  await served.says(/nobody beyond the local network can dial .* --announce/)
  const announced = ['--announce', '/ip4/203.0.113.7/tcp/4001']
  const { stdout } = await serving(['--p2p', '--public', ...where, ...announced], await archive()).interrupted(
    /stop with/
  )
  expect(stdout).toMatch(/^\/ip4\/203\.0\.113\.7\/tcp\/4001\/p2p\/12D3Koo\w+\n$/)
})

test('the program itself serves until a signal ends it, and leaves nothing running', async () => {
  const cwd = await archive()
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
  const child = spawn(process.execPath, [cli, 'serve', '--p2p'], { cwd, env: { PATH: process.env.PATH } })
  const [stdout] = (await once(child.stdout, 'data')) as [Buffer]
  const stderr = text(child.stderr)
  expect(stdout.toString()).toMatch(ADDRESS)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await stderr).toMatch(/^offering 0 documents; stop with Ctrl-C\n$/)
})

describe('what makes no sense is refused', () => {
  test.each([
    [['serve'], 2, /--p2p/],
    [['serve', '--p2p', '--bootstrap', NOBODY], 2, /--public/],
    [['serve', '--p2p', '--public', '--swarm-key', 'key'], 2, /no swarm key/],
    [['serve', '--p2p', '--peer', '127.0.0.1:4001'], 2, /no multiaddress of a node/],
    [['serve', '--p2p'], 5, /trend-archive init/],
    [
      ['resolve', 'bagaaieraassnuimugriav4yjqzoznz6kgfvyud5hc5k6znjn3wbayhj433bq', '--peer', NOBODY],
      6,
      /no peer is connected/
    ]
  ] as const)('%j', async (argv, code, said) => {
    const ran = await run(argv, { cwd: folder({ key: 'no key' }) })
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringMatching(said)])
  })

  test.each([
    [['--listen', '/ip4/300.0.0.1/tcp/1'], /not a multiaddress/],
    [['--listen', '/ip4/203.0.113.1/tcp/4001'], /cannot listen there/],
    [['--swarm-key', 'key'], /not a swarm key/],
    [['--swarm-key', 'none'], /there is no such file/]
  ] as const)('%j, before anything listens', async (options, said) => {
    const cwd = await archive()
    writeFileSync(join(cwd, 'key'), 'no key')
    const ran = await run(['serve', '--p2p', ...options], { cwd })
    expect(ran.code).not.toBe(0)
    expect([ran.stdout, ran.stderr]).toEqual(['', expect.stringMatching(said)])
    expect(ran.stderr).not.toContain('fault of the program')
  })

  test('peers in the settings that are no list', async () => {
    const cwd = await archive({ 'config.json': '{"peers":"me"}' })
    expect(await run(['list'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/peers must be a list/)
    })
  })
})
