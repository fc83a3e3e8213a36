import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { withHTTP } from '@helia/http'
import { createVerifiedFetchWithHelia } from '@helia/verified-fetch'
import { Contract, type JsonRpcApiProviderOptions, JsonRpcProvider } from 'ethers'
import { createHeliaLight } from 'helia'
import * as json from 'multiformats/codecs/json'
import { gateway } from '../../src/block/gateway.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { verify } from '../../src/verdict/verify.ts'
import type { Job } from '../bar.ts'
import { benchCase, type Case, compare } from '../compare.ts'
import { post, reader } from './on-chain.ts'
import type { World } from './world.ts'

const LIMIT = 'fetch + sha-256 + one eth_call'
const OURS = 'trend-archive: bytes, record, head, notice, block, closing'
const PEER = '@helia/verified-fetch + ethers'

type Documents = World['documents']

/** From a CID to what stands behind it, one after another, each over the network of the loopback interface. */
export function one(world: World): Job {
  const { rpc, address, publisher, documents } = world
  let next = 0
  /** Others each time, so that nobody has them already. */
  const take = (count: number): Documents => {
    if (next + count > documents.length) next = 0
    next += count
    return documents.slice(next - count, next)
  }
  const call = (digest: string): string => {
    const data = `0xd60d97b7${publisher.slice(2).padStart(64, '0')}${digest.slice(2)}${'60'.padStart(64, '0')}${'0'.repeat(64)}`
    const params = [{ to: address, data }, 'latest']
    return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params })
  }
  const bare = async ({ cid, digest }: Documents[number]): Promise<void> => {
    const response = await fetch(`${world.gateway}/ipfs/${cid}?format=raw`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    assert.equal(`0x${hash('sha256', bytes)}`, digest)
    assert.match(await post(rpc, call(digest)), /"0x0+[1-9a-f]/)
  }
  const helia = async () =>
    await withHTTP(
      createHeliaLight({ codecs: [json], routers: [{ name: 'none', async *findProviders() {} }] } as never),
      {
        delegatedRouters: [],
        recursiveGateways: [world.gateway],
        allowLocal: true,
        allowInsecure: true
      }
    ).start()
  const peer = (name: string, count: number, options?: JsonRpcApiProviderOptions): Case =>
    benchCase({
      name,
      operations: count,
      prepare: async () => {
        const provider = new JsonRpcProvider(rpc, undefined, options)
        const contract = new Contract(address, trendRegistryAbi, provider)
        const verified = await createVerifiedFetchWithHelia(await helia())
        return { provider, contract, verified, some: take(count) }
      },
      run: async ({ contract, verified, some }) => {
        for (const { cid, digest } of some) {
          const response = await verified(`ipfs://${cid}`)
          assert.equal((await response.arrayBuffer()).byteLength > 1000, true)
          const [publishedAt] = await contract.getFunction('verify')(publisher, digest, [])
          assert(publishedAt > 0n)
        }
      },
      cleanUp: async ({ provider, verified }) => {
        provider.destroy()
        await verified.stop()
      }
    })
  const count = Math.min(50, documents.length / 2)
  const few = Math.min(20, documents.length / 2)
  const registry = reader(rpc, address)
  const ports = { sources: [gateway(world.gateway)], registries: [registry] }
  const run = async () =>
    await compare('resolve and verify one', count, [
      benchCase({
        name: LIMIT,
        prepare: () => take(count),
        run: async (some) => {
          for (const document of some) await bare(document)
        }
      }),
      benchCase({
        name: `${LIMIT}, at once`,
        prepare: () => take(count),
        run: async (some) => {
          for (const { cid, digest } of some) {
            const bytes = fetch(`${world.gateway}/ipfs/${cid}?format=raw`).then(async (it) => await it.arrayBuffer())
            const [block] = await Promise.all([bytes, post(rpc, call(digest))])
            assert.equal(`0x${hash('sha256', new Uint8Array(block))}`, digest)
          }
        }
      }),
      benchCase({
        name: OURS,
        prepare: () => take(count),
        run: async (some) => {
          for (const { cid } of some) assert.equal((await verify(ports, { cid })).status, 'verified')
        }
      }),
      peer(PEER, few),
      peer(`${PEER}, tuned`, few, { staticNetwork: true, batchMaxCount: 1 })
    ])
  return {
    run,
    bars: [
      { row: OURS, over: LIMIT, by: 'median', atMost: 2.5 },
      { row: OURS, over: PEER, by: 'median', atLeast: 10 }
    ]
  }
}
