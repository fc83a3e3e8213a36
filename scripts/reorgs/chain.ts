import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../../src/block/abort.ts'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { topics } from '../../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import type { Request } from '../../src/registry/request.ts'
import { openReorgNode } from './node.ts'

/** What is known of one block. */
export interface Known {
  readonly number: number
  readonly hash: Bytes32
  readonly parent: Bytes32
  /** What was recorded in it. */
  readonly digests: readonly Bytes32[]
  /** The version of the chain in which it came, and the one that replaced it. */
  readonly from: number
  to: number
}

/**
 * A chain that is changed between two requests only, and the shadow that knows every block that it ever had. A version of
 * the chain lasts from one change to the next; what is mined by a transaction in between belongs to it.
 */
export interface ReorgChain {
  /** As a node: waits while the chain is changed. */
  readonly request: Request
  readonly url: string
  readonly registry: Address
  readonly mine: (blocks: number) => Promise<void>
  /** Replaces so many blocks by empty ones. */
  readonly reorg: (depth: number) => Promise<void>
  /** Replaces the block of this height, and all above, by empty ones. From this call on nobody is answered before. */
  readonly reorgFrom: (height: number) => Promise<void>
  /** Until so many requests more were answered, or that has taken too long. */
  readonly pass: (requests: number) => Promise<void>
  /** Learns what transactions mined since the last change. */
  readonly look: () => Promise<void>
  readonly head: () => number
  readonly version: () => number
  readonly knows: (hash: Bytes32) => Known | undefined
  /** How many documents were recorded in a block that was replaced, and are recorded in another. */
  readonly recordedAgain: () => number
  /** The height that is final, as anvil has it, and the block that was final at each height first. */
  readonly finalHeight: () => number
  readonly finalAt: (number: number) => Bytes32 | undefined
  readonly canonicalAt: (number: number) => Bytes32 | undefined
  readonly stop: () => Promise<void>
}

/** anvil's `finalized` lags behind its head by so many blocks. */
const FINAL_LAG = 64
/** A reorganisation that is deeper reaches below what is final. */
export const DEEPEST = FINAL_LAG
/** Milliseconds for which the answers to others are waited for. */
const LONGEST_PASS = 200

/** @param early so many blocks too early the node calls one final: a fault that is planted */
export async function openReorgChain(early = 0): Promise<ReorgChain> {
  const node = await openReorgNode()
  const { ask, url } = node
  const provider = jsonRpcProvider(url, 'eip155:31337')
  const { address: registry } = await deployRegistry(walletFromKey(DEV_KEY, provider))
  provider.destroy()
  await ask('evm_setAutomine', false)

  let version = 0
  let readers = 0
  let answered = 0
  let sent = 0
  let unlearned = 0
  let making = Promise.resolve()
  let change: Promise<void> | undefined
  let wake: (() => void) | undefined
  let passing: { readonly until: number; readonly resolve: () => void }[] = []
  const known = new Map<Bytes32, Known>()
  const canonical: Bytes32[] = []
  const finals: Bytes32[] = []

  /**
   * anvil makes the block of a transaction after it has answered, and breaks when a reorganisation comes in between: so the
   * block is made here, for every other transaction at once, and for the rest with what comes next.
   */
  const hand: Request = async (call) => {
    if (call.method === 'eth_sendRawTransactionSync') throw Object.assign(new Error('not here'), { code: -32601 })
    if (early > 0 && isForFinal(call)) {
      return await ask('eth_getBlockByNumber', `0x${(finalHeight() + early).toString(16)}`, false)
    }
    const answer = await node.request(call)
    if (call.method !== 'eth_sendRawTransaction') return answer
    sent += 1
    if (sent % 2 === 0) {
      making = making.then(async () => {
        unlearned += 1
        await ask('evm_mine')
      })
      await making
    }
    return answer
  }

  const done = (): void => {
    answered += 1
    readers -= 1
    if (readers === 0) wake?.()
    for (const { until, resolve } of passing) if (answered >= until) resolve()
    passing = passing.filter(({ until }) => answered < until)
  }

  const request: Request = async (call, options) => {
    while (change !== undefined) await change
    readers += 1
    // Whoever stops listening does not stop the node.
    return await orAborted(options?.signal, hand(call).finally(done))
  }

  /** With the blocks that transactions mined since the last change. */
  const finalHeight = (): number => Math.max(finals.length - 1, canonical.length - 1 + unlearned - FINAL_LAG)

  const digestsIn = async (hash: Bytes32): Promise<readonly Bytes32[]> => {
    const logs = (await ask('eth_getLogs', { address: registry, topics: [topics.Published], blockHash: hash })) as {
      readonly topics: readonly Bytes32[]
    }[]
    return logs.map((log) => log.topics[3]!)
  }

  /** Learns all blocks that are new, from the lowest that may be. */
  const learn = async (lowest: number): Promise<void> => {
    const head = Number(await ask('eth_blockNumber'))
    unlearned = 0
    for (const { number, hash, parent, isEmpty } of await node.blocks(Math.max(0, Math.min(lowest, head)), head)) {
      const replaced = canonical[number]
      if (replaced === hash) continue
      if (replaced !== undefined) known.get(replaced)!.to = version - 1
      const digests = isEmpty ? [] : await digestsIn(hash)
      known.set(hash, { number, hash, parent, digests, from: version, to: Number.POSITIVE_INFINITY })
      canonical[number] = hash
    }
    canonical.length = head + 1
    for (let number = finals.length; number <= head - FINAL_LAG; number++) finals.push(canonical[number]!)
  }

  /** Changes the chain when nobody asks anything. @param act answers the lowest height that it may have changed */
  const changing = async (act: () => Promise<number>): Promise<void> => {
    while (change !== undefined) await change
    const ended = Promise.withResolvers<void>()
    change = ended.promise
    try {
      while (readers > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      await learn(canonical.length)
      const lowest = await act()
      version += 1
      await learn(lowest)
    } finally {
      change = undefined
      ended.resolve()
    }
  }

  const reorgFrom = async (height: () => number): Promise<void> =>
    await changing(async () => {
      const lowest = height()
      await ask('anvil_reorg', canonical.length - lowest, [])
      return lowest
    })

  await learn(0)
  return {
    request: Object.assign(request, { trust: 'rpc:anvil' }),
    url,
    registry,
    mine: async (count) =>
      await changing(async () => {
        const lowest = canonical.length
        await ask('anvil_mine', count)
        return lowest
      }),
    reorg: async (depth) => await reorgFrom(() => canonical.length - depth),
    reorgFrom: async (height) => await reorgFrom(() => height),
    async pass(requests) {
      const { promise, resolve } = Promise.withResolvers<void>()
      passing.push({ until: answered + requests, resolve })
      const over = new AbortController()
      const tooLong = sleep(LONGEST_PASS, undefined, { signal: over.signal }).catch(() => undefined)
      await Promise.race([promise, tooLong])
      over.abort()
    },
    look: async () => await changing(async () => canonical.length),
    head: () => canonical.length - 1,
    version: () => version,
    knows: (hash) => known.get(hash),
    recordedAgain() {
      const digestsOf = (isLeft: boolean): readonly Bytes32[] =>
        [...known.values()]
          .filter(({ to }) => to < Number.POSITIVE_INFINITY === isLeft)
          .flatMap(({ digests }) => digests)
      const now = new Set(digestsOf(false))
      return new Set(digestsOf(true).filter((digest) => now.has(digest))).size
    },
    finalHeight,
    finalAt: (number) => finals[number] ?? (number <= finalHeight() ? canonical[number] : undefined),
    canonicalAt: (number) => canonical[number],
    stop: node.stop
  }
}

const isForFinal = ({ method, params }: Parameters<Request>[0]): boolean =>
  method === 'eth_getBlockByNumber' && (params as readonly unknown[] | undefined)?.[0] === 'finalized'

/** Requests that are answered between two times that blocks are mined. */
const PACE = 8

/** Mines so many blocks at a time and does nothing else, so that what is waited for comes. */
export async function mining<Result>(
  chain: ReorgChain,
  blocks: () => number,
  work: () => Promise<Result>
): Promise<Result> {
  let isOver = false
  const miner = (async () => {
    while (!isOver) {
      await chain.mine(blocks())
      await chain.pass(PACE)
    }
  })()
  try {
    return await work()
  } finally {
    isOver = true
    await miner
  }
}
