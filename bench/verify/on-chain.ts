import assert from 'node:assert/strict'
import { Contract, type JsonRpcApiProviderOptions, JsonRpcProvider } from 'ethers'
import { createPublicClient, http } from 'viem'
import { toBytes32 } from '../../src/block/cid.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { httpRequest } from '../../src/registry/http.ts'
import type { ChainBlock, Survey } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { surveyCall } from '../../src/registry/survey.ts'
import { leafOf } from '../../src/registry/tree.ts'
import type { Job } from '../bar.ts'
import { benchCase, type Case, compare } from '../compare.ts'
import { multicall3 } from './multicall3.ts'
import { CHAIN, type World } from './world.ts'

const LIMIT = 'fetch of the same bytes'
const OURS = 'trend-archive'
const LOOP = 'ethers, one after another'
const AT_ONCE = 'ethers, at once'
const VIEM = 'viem, multicall'

/** Posts a body and reads what comes back, as text: what JSON.parse would take. */
export const post = async (url: string, body: string): Promise<string> => {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return await response.text()
}

/** The body of the survey of all documents, as `httpRequest` posts it. */
export async function surveyBody({ rpc, address, publisher, documents }: World): Promise<string> {
  const { hash } = await reader(rpc, address).block('latest')
  const { data, count } = surveyCall(address, publisher, documents, 0)
  assert.equal(count, documents.length)
  const params = [{ data }, { blockHash: hash, requireCanonical: true }]
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params })
}

export const reader = (rpc: string, address: World['address'], request: Request = httpRequest(rpc)) =>
  rpcRegistry({ chain: CHAIN, address, request })

/** Record, head and notice of every document by a reader that is new, and that its block is there in the end. */
async function survey({ rpc, address, publisher, documents }: World): Promise<readonly Survey[]> {
  const registry = reader(rpc, address)
  const at: ChainBlock = await registry.block('latest')
  const questions = documents.map(({ cid, ref }) => ({ digest: toBytes32(cid), ref }))
  const surveys = await registry.survey(publisher, questions, at)
  assert(await registry.isCanonical?.(at))
  return surveys
}

type Reads = readonly (readonly [name: 'verify' | 'heads', args: readonly unknown[]])[]

/** What has to be asked for a document. The leaf is hashed beforehand, for nothing. */
const readsOf = ({ publisher, documents }: World, count: number): readonly Reads[] =>
  documents.slice(0, count).map(({ digest, ref }) => [
    ['verify', [publisher, digest, []]],
    ['heads', [publisher, ref]],
    ['heads', [publisher, leafOf(digest)]]
  ])

function ethersCases(world: World, few: number): readonly Case[] {
  const one = (name: string, count: number, atOnce: boolean, options?: JsonRpcApiProviderOptions): Case => {
    const reads = readsOf(world, count)
    return benchCase({
      name,
      operations: count,
      prepare: () => new JsonRpcProvider(world.rpc, undefined, options),
      run: async (provider) => {
        const contract = new Contract(world.address, trendRegistryAbi, provider)
        const ask = async ([name, args]: Reads[number]): Promise<unknown> => await contract.getFunction(name)(...args)
        if (atOnce) await Promise.all(reads.flat().map(ask))
        else for (const read of reads.flat()) await ask(read)
      },
      cleanUp: (provider) => provider.destroy()
    })
  }
  const tuned = { staticNetwork: true, batchMaxCount: 1 }
  const all = world.documents.length
  return [
    one(LOOP, few, false),
    one(`${LOOP}, tuned`, few, false, tuned),
    one(AT_ONCE, all, true),
    one(`${AT_ONCE}, tuned`, all, true, tuned)
  ]
}

function viemCases(world: World, multicallAddress: `0x${string}`): readonly Case[] {
  const contracts = readsOf(world, world.documents.length)
    .flat()
    .map(([functionName, args]) => ({ address: world.address, abi: trendRegistryAbi, functionName, args }))
  const one = (name: string, batchSize?: number): Case =>
    benchCase({
      name,
      run: async () => {
        const client = createPublicClient({ transport: http(world.rpc) })
        const answers = await client.multicall({
          contracts: contracts as never,
          multicallAddress,
          allowFailure: false,
          ...(batchSize !== undefined && { batchSize })
        })
        assert.equal((answers as readonly unknown[]).length, contracts.length)
      }
    })
  return [one(VIEM), one(`${VIEM}, tuned: one call`, 0)]
}

/** Everything that the chain says of many documents of one publisher. */
export function onChain(world: World): Job {
  const count = world.documents.length
  const run = async () => {
    const body = await surveyBody(world)
    const surveys = await survey(world)
    const [read] = readsOf(world, 1)
    const provider = new JsonRpcProvider(world.rpc)
    const contract = new Contract(world.address, trendRegistryAbi, provider)
    const [publishedAt] = await contract.getFunction('verify')(...read![0]![1])
    const head = await contract.getFunction('heads')(...read![1]![1])
    assert.deepEqual([BigInt(surveys[0]!.record.publishedAt), surveys[0]!.head], [publishedAt, head])
    assert(surveys.every(({ record, head }, i) => record.publishedAt > 0 && head === world.documents[i]!.digest))
    provider.destroy()
    return await compare('what a chain says', count, [
      benchCase({ name: LIMIT, run: async () => assert((await post(world.rpc, body)).length > 12 * count) }),
      benchCase({ name: OURS, run: async () => assert.equal((await survey(world)).length, count) }),
      ...viemCases(world, await multicall3(world.rpc)),
      ...ethersCases(world, Math.min(20, count))
    ])
  }
  return {
    run,
    bars: [
      { row: OURS, over: LIMIT, by: 'median', atMost: 1.5 },
      { row: OURS, over: VIEM, by: 'median', atLeast: 5 },
      { row: OURS, over: AT_ONCE, by: 'median', atLeast: 30 },
      { row: OURS, over: LOOP, by: 'median', atLeast: 300 }
    ]
  }
}
