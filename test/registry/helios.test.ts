import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { publish } from '../../src/archive/publish.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { clientOver, installed, type LightProvider, lightClient } from '../../src/registry/helios.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { verify } from '../../src/verdict/verify.ts'
import { describeRegistry } from '../behaviour/registry.ts'
import { draft } from '../world.ts'
import { openHardhat } from './evm.ts'
import { deadUrl } from './server.ts'
import { evmWorld } from './world.ts'

const CHAIN = 'eip155:31337'
const CHECKPOINT = `0x${'11'.repeat(32)}`

const evm = await openHardhat()
afterAll(evm.close)

/** A chain in this process in place of the light client's, with its manners: one wait at a time, and nothing meanwhile. */
function providerOver(request: Request, synced: () => Promise<void> = async () => {}): LightProvider {
  let isWaiting = false
  const free = (): void => {
    if (isWaiting) throw new Error('recursive use of an object detected')
  }
  return {
    async request(call) {
      free()
      return await request(call)
    },
    async waitSynced() {
      free()
      isWaiting = true
      await synced().finally(() => {
        isWaiting = false
      })
    },
    async shutdown() {
      free()
    }
  }
}

const over = (provider: LightProvider, timeout?: number) =>
  clientOver(provider, { network: 'mainnet', kind: 'ethereum', timeout })
const registryOver = (provider: LightProvider, timeout?: number) =>
  rpcRegistry({ chain: CHAIN, address: evm.address, ...over(provider, timeout) })
const unavailable = (words: RegExp): object =>
  expect.objectContaining({
    code: 'REGISTRY_UNAVAILABLE',
    details: expect.objectContaining({ reason: 'no answer' }),
    message: expect.stringMatching(words)
  })

describeRegistry(
  'a light client and a chain in this process',
  async () => await evmWorld(evm, ({ request }) => registryOver(providerOver(request)))
)

describe('a light client', () => {
  test('is named in a verdict as what was trusted, and meets a policy that asks for one', async () => {
    await evm.reset()
    const blocks = memoryBlocks()
    const account = await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[0]! })
    const ports = { sources: [blocks], sinks: [blocks], registry: account, pending: memoryPending() }
    const { steps } = await publish(ports, [draft('edge')])
    const { cid } = steps[0]!.named
    const policy = { trust: ['light client'] as const, readers: 3 }
    const registry = registryOver(providerOver(evm.request))
    const verdict = await verify({ sources: [blocks], registries: [registry] }, { cid }, { policy })
    expect(verdict.status).toBe('verified')
    expect(verdict.checks).toContainEqual({
      name: 'trust',
      outcome: 'pass',
      detail: 'read by light client',
      trusted: 'light client'
    })
  })

  test('of a chain that one sequencer signs is no more than a node', async () => {
    const client = clientOver(providerOver(evm.request), { network: 'base', kind: 'opstack' })
    expect([client.mode, client.trust]).toEqual(['rpc', 'sequencer of base'])
  })

  test('that is out of sync is a registry that cannot be read', async () => {
    const late = providerOver(async () => {
      throw new Error('out of sync: 17 seconds behind')
    })
    await expect(registryOver(late).block('latest')).rejects.toEqual(unavailable(/out of sync: 17 seconds behind/))
  })

  test('is waited for once, however many questions there are', async () => {
    const synced = vi.fn(async () => await new Promise<void>((resolve) => setTimeout(resolve, 20)))
    const registry = registryOver(providerOver(evm.request, synced))
    const blocks = await Promise.all(['latest', 'safe', 'finalized'].map((tag) => registry.block(tag as 'latest')))
    expect(blocks).toHaveLength(3)
    expect(synced).toHaveBeenCalledTimes(1)
  })

  test('that never follows the chain is waited for no longer than was said, and can be closed meanwhile', async () => {
    const ended = vi.fn()
    let follow = (): void => {}
    const provider = providerOver(evm.request, async () => await new Promise<void>((resolve) => (follow = resolve)))
    const client = over({ ...provider, shutdown: async () => ended() }, 20)
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, ...client })
    await expect(registry.block('latest')).rejects.toEqual(unavailable(/eth_/))
    const caller = AbortSignal.abort(new Error('enough'))
    await expect(registry.block('latest', { signal: caller })).rejects.toThrow('enough')
    await client.close()
    expect(ended).not.toHaveBeenCalled()
    follow()
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(1))
  })

  test('is not shut down while a question is under way, and takes no other', async () => {
    const { promise, resolve: answer } = Promise.withResolvers<void>()
    const ended = vi.fn()
    const heard = vi.fn(async () => await promise)
    const client = over({ ...providerOver(heard), shutdown: async () => ended() }, 10_000)
    const call = { method: 'eth_blockNumber', params: [] }
    const asked = client.request(call)
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1))
    await client.close()
    await client.close()
    expect(ended).not.toHaveBeenCalled()
    await expect(client.request(call)).rejects.toThrow('closed')
    answer()
    await asked
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(1))
  })

  test('repeats no more of what a node says than fits a line', async () => {
    const loud = providerOver(async () => await Promise.reject(new Error(`raw response: ${'a'.repeat(100_000)}`)))
    const error = await registryOver(loud)
      .block('latest')
      .catch((caught) => caught)
    expect(error.message).toContain('raw response: aaa')
    expect(error.message.length).toBeLessThan(400)
  })

  test.each([
    ['checkpoint', { checkpoint: undefined }],
    ['checkpoint', { checkpoint: '0x11' }],
    ['consensusRpc', { consensusRpc: undefined }],
    ['executionRpc', { executionRpc: 'ws://127.0.0.1' }],
    ['checkpoint', { kind: 'opstack' as const }]
  ])('refuses a bad %s before Helios is loaded: %j', async (option, change) => {
    const good = { network: 'mainnet', consensusRpc: 'https://a.example', executionRpc: 'https://b.example' }
    await expect(lightClient({ ...good, checkpoint: CHECKPOINT, ...change })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { option }
    })
  })

  test('says how to install Helios, in the version that package.json names', async () => {
    const missing = async (): Promise<never> => {
      throw Object.assign(new Error("Cannot find package '@a16z/helios'"), { code: 'ERR_MODULE_NOT_FOUND' })
    }
    const error = await installed(missing).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'UNSUPPORTED_RUNTIME', hint: 'install it with: npm i @a16z/helios@0.11' })
    expect(packageJson.peerDependencies['@a16z/helios']).toMatch(/^\^0\.11\./)
  })

  test('is Helios in Node, which offline ends in an inconclusive verdict and leaves no trap behind', async () => {
    const script = fileURLToPath(new URL('./helios-offline.ts', import.meta.url))
    const child = spawn(process.execPath, [script, String(await deadUrl())], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    expect(stderr).not.toMatch(/panicked|unreachable/)
    expect(code).toBe(0)
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({
      mode: 'light client',
      trust: 'light client',
      error: { code: 'REGISTRY_UNAVAILABLE', reason: 'no answer', message: expect.stringContaining('sync failed') },
      status: 'inconclusive',
      globals: ['Window'],
      listed: false
    })
  }, 60_000)
})
