import { afterAll, expect, it } from 'vitest'
import { history } from '../../src/archive/history.ts'
import { parseName } from '../../src/archive/name.ts'
import { publish } from '../../src/archive/publish.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { toPublisher } from '../../src/document/publisher.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import type { Named } from '../../src/verdict/library.ts'
import { lookBeside } from '../../src/verdict/look-beside.ts'
import { verify } from '../../src/verdict/verify.ts'
import { openHardhat } from '../registry/evm.ts'
import { draft } from '../world.ts'

const evm = await openHardhat()
afterAll(evm.close)

const chain = 'eip155:31337'
const { address } = evm

/** A reader that counts what it asks of the node. */
function counting() {
  const asked: string[] = []
  const request: Request = async (call, options) => {
    asked.push(call.method)
    return await evm.request(call, options)
  }
  return { asked, registry: rpcRegistry({ chain, address, request }) }
}

it('a history of many versions, and a look at many citations, ask a node as little as one of either', async () => {
  const blocks = memoryBlocks()
  const registry = await ethersRegistry({ chain, address, signer: evm.wallets[0]! })
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const publisher = toPublisher(chain, registry.account)
  const sources: Named[] = []
  for (let i = 0; i < 12; i++) {
    await publish(ports, [draft('edge', { title: `Version ${i}` })])
    sources.push((await publish(ports, [draft(`source-${i}`)])).steps[0]!.named)
  }
  const read = async (slug: string) => {
    const { asked, registry: reader } = counting()
    const told = await history({ sources: [blocks], registries: [reader] }, parseName(`${publisher}/${slug}`))
    expect(told.complete).toBe(true)
    return asked.filter((method) => method === 'eth_call').length
  }
  const [one, many] = [await read('source-0'), await read('edge')]
  expect(many).toBe(one)

  const judged = async (count: number) => {
    const relations = sources.slice(0, count).map(({ cid }) => ({ rel: 'cites' as const, target: String(cid) }))
    const { steps } = await publish(ports, [draft(`citing-${count}`, { relations })])
    const asked = async (more: object) => {
      const { asked, registry: reader } = counting()
      const verdict = await verify({ sources: [blocks], registries: [reader] }, { cid: steps[0]!.named.cid }, more)
      expect(verdict.status).not.toBe('refuted')
      return asked.filter((method) => method === 'eth_call').length
    }
    return (await asked({ beside: lookBeside({ cited: true }) })) - (await asked({}))
  }
  const [single, dozen] = [await judged(1), await judged(12)]
  console.log(`eth_calls: history of 1 version ${one}, of 12 ${many}; 1 citation ${single}, 12 citations ${dozen}`)
  expect([single, dozen]).toEqual([1, 1])
})
