import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../../src/block/abort.ts'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { topics } from '../../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { httpRequest } from '../../src/registry/http.ts'
import type { Request } from '../../src/registry/rpc.ts'
import { answers, anvilBinary, freePort } from '../dev-chain.ts'

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
  /** Learns what transactions mined since the last change. */
  readonly look: () => Promise<void>
  readonly head: () => number
  readonly version: () => number
  readonly knows: (hash: Bytes32) => Known | undefined
  /** The height that is final, as anvil has it, and the block that was final at each height first. */
  readonly finalHeight: () => number
  readonly finalAt: (number: number) => Bytes32 | undefined
  readonly canonicalAt: (number: number) => Bytes32 | undefined
  readonly stop: () => Promise<void>
}

/** anvil's `finalized` lags behind its head by so many blocks. */
export const FINAL_LAG = 64

export async function openReorgChain(): Promise<ReorgChain> {
  const binary = anvilBinary()
  if (binary === undefined) throw new Error('the binary of anvil is not installed here')
  const port = await freePort()
  // Once it has put states on disk, a reorganisation may leave it with an empty one (1.7.1, above 977 blocks).
  const keeping = ['--prune-history', '400']
  const args = ['--port', String(port), '--chain-id', '31337', '--hardfork', 'osaka', '--silent', ...keeping]
  const anvil = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = (): boolean => anvil.kill()
  process.once('exit', kill)
  const exited = once(anvil, 'exit')
  while (!(await answers(port))) await sleep(20)
  const url = `http://127.0.0.1:${port}`
  const direct = httpRequest(url)
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    await direct({ method, params })
  const provider = jsonRpcProvider(url, 'eip155:31337')
  const { address: registry } = await deployRegistry(walletFromKey(DEV_KEY, provider))
  provider.destroy()
  await ask('evm_setAutomine', false)

  let version = 0
  let readers = 0
  let sent = 0
  let making = Promise.resolve()
  let change: Promise<void> | undefined
  let wake: (() => void) | undefined
  const known = new Map<Bytes32, Known>()
  const canonical: Bytes32[] = []
  const finals: Bytes32[] = []

  /**
   * anvil makes the block of a transaction after it has answered, and breaks when a reorganisation comes in between: so the
   * block is made here, for every other transaction at once, and for the rest with what comes next.
   */
  const hand: Request = async (call) => {
    if (call.method === 'eth_sendRawTransactionSync') throw Object.assign(new Error('not here'), { code: -32601 })
    const answer = await direct(call)
    if (call.method !== 'eth_sendRawTransaction') return answer
    sent += 1
    if (sent % 2 === 0) {
      making = making.then(async () => void (await ask('evm_mine')))
      await making
    }
    return answer
  }

  const request: Request = async (call, options) => {
    while (change !== undefined) await change
    readers += 1
    // Whoever stops listening does not stop the node.
    const answer = hand(call).finally(() => {
      readers -= 1
      if (readers === 0) wake?.()
    })
    return await orAborted(options?.signal, answer)
  }

  const blocks = async (from: number, to: number): Promise<readonly Record<string, unknown>[]> => {
    const calls = Array.from({ length: to - from + 1 }, (_, i) => ({
      jsonrpc: '2.0',
      id: i,
      method: 'eth_getBlockByNumber',
      params: [`0x${(from + i).toString(16)}`, false]
    }))
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(calls)
    })
    const answersOf = (await response.json()) as readonly { id: number; result: Record<string, unknown> }[]
    return answersOf.toSorted((a, b) => a.id - b.id).map(({ result }) => result)
  }

  const digestsIn = async (hash: Bytes32): Promise<readonly Bytes32[]> => {
    const logs = (await ask('eth_getLogs', { address: registry, topics: [topics.Published], blockHash: hash })) as {
      readonly topics: readonly Bytes32[]
    }[]
    return logs.map((log) => log.topics[3]!)
  }

  /** Learns all blocks that are new, from the lowest that may be. */
  const learn = async (lowest: number): Promise<void> => {
    const head = Number(await ask('eth_blockNumber'))
    const from = Math.max(0, Math.min(lowest, head))
    for (const block of await blocks(from, head)) {
      const [number, hash] = [Number(block.number), block.hash as Bytes32]
      if (canonical[number] === hash) continue
      const replaced = canonical[number]
      if (replaced !== undefined) known.get(replaced)!.to = version - 1
      const digests = (block.transactions as readonly unknown[]).length === 0 ? [] : await digestsIn(hash)
      known.set(hash, { number, hash, parent: block.parentHash as Bytes32, digests, from: version, to: Infinity })
      canonical[number] = hash
    }
    canonical.length = head + 1
    for (let number = finals.length; number <= head - FINAL_LAG; number++) finals.push(canonical[number]!)
  }

  /** Changes the chain when nobody asks anything. */
  const changing = async (lowest: () => number, act: () => Promise<unknown>): Promise<void> => {
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
      const from = lowest()
      await act()
      version += 1
      await learn(from)
    } finally {
      change = undefined
      ended.resolve()
    }
  }

  await learn(0)
  return {
    request: Object.assign(request, { trust: 'rpc:anvil' }),
    url,
    registry,
    mine: async (count) =>
      await changing(
        () => canonical.length,
        () => ask('anvil_mine', count)
      ),
    async reorg(depth) {
      await changing(
        () => canonical.length - depth,
        () => ask('anvil_reorg', depth, [])
      )
    },
    look: async () =>
      await changing(
        () => canonical.length,
        async () => undefined
      ),
    head: () => canonical.length - 1,
    version: () => version,
    knows: (hash) => known.get(hash),
    finalHeight: () => finals.length - 1,
    finalAt: (number) => finals[number],
    canonicalAt: (number) => canonical[number],
    async stop() {
      process.off('exit', kill)
      anvil.kill()
      await exited
    }
  }
}
