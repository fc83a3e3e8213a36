import type { Address } from '../../src/document/publisher.ts'
import type { Elsewhere } from './mutate.ts'
import { type Call, keyOf } from './nodes.ts'

/** What is needed to ask about something else: older blocks, another account, and what was asked of other documents. */
export interface Surroundings {
  readonly ask: (call: Call) => Promise<unknown>
  readonly publisher: Address
  readonly stranger: Address
  /** Hashes of blocks in which something changed, and of the first. */
  readonly olderHashes: readonly string[]
  readonly otherCalls: readonly Call[]
}

/** The true answers to the same question about an older state, another block, account or document. */
export async function elsewhere(call: Call, around: Surroundings): Promise<Elsewhere> {
  const answers = async (calls: readonly Call[]): Promise<readonly unknown[]> => {
    const all = await Promise.all(calls.map((one) => around.ask(one).catch(() => undefined)))
    return all.filter((answer) => answer !== undefined)
  }
  const others = around.otherCalls.filter((one) => one.method === call.method && keyOf(one) !== keyOf(call))
  return {
    stale: await answers(around.olderHashes.map((hash) => atHash(call, hash))),
    "other block's": await answers(call.method.startsWith('eth_getBlock') ? [byHash(around.olderHashes[0]!)] : []),
    "other account's": await answers([forAccount(call, around)]),
    "other document's": await answers(others.slice(0, 12))
  }
}

const byHash = (hash: string): Call => ({ method: 'eth_getBlockByHash', params: [hash, false] })

function atHash(call: Call, hash: string): Call {
  if (call.method.startsWith('eth_getBlock')) return byHash(hash)
  const params = call.params.map((param) =>
    'blockHash' in Object(param) ? { blockHash: hash, requireCanonical: true } : param
  )
  return { method: call.method, params }
}

/** The publisher in what is called is another; what is asked of the registry's account is asked of that other. */
function forAccount({ method, params }: Call, { publisher, stranger }: Surroundings): Call {
  const text = JSON.stringify(params)
  const swapped = text.replaceAll(publisher.slice(2), stranger.slice(2))
  if (swapped !== text || method !== 'eth_getProof')
    return { method, params: JSON.parse(swapped) as readonly unknown[] }
  return { method, params: [stranger, ...params.slice(1)] }
}
