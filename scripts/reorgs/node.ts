import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Request } from '../../src/registry/request.ts'
import { answers, anvilBinary, freePort } from '../dev-chain.ts'
import { postTo } from './post.ts'

/** A block as it is asked for in numbers. */
export interface Made {
  readonly number: number
  readonly hash: Bytes32
  readonly parent: Bytes32
  readonly isEmpty: boolean
}

/** anvil in a process of its own, with nothing between. */
export interface ReorgNode {
  readonly url: string
  readonly request: Request
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** The blocks of these heights, both included. */
  readonly blocks: (from: number, to: number) => Promise<readonly Made[]>
  readonly stop: () => Promise<void>
}

/**
 * Once it has put states on disk, above some 930 blocks, a reorganisation may leave anvil 1.7.1 with an empty one: so it
 * keeps them in memory only. For that it gets slower with every block, so no chain is to become long.
 */
const KEEPING = ['--prune-history', '400']

export async function openReorgNode(): Promise<ReorgNode> {
  const binary = anvilBinary()
  if (binary === undefined) throw new Error('the binary of anvil is not installed here')
  const port = await freePort()
  const args = [
    '--port',
    String(port),
    '--chain-id',
    '31337',
    '--hardfork',
    'osaka',
    '--silent',
    '--accounts',
    '20',
    ...KEEPING
  ]
  const anvil = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = (): boolean => anvil.kill()
  process.once('exit', kill)
  const exited = once(anvil, 'exit')
  const left = exited.then(([code]) => Promise.reject(new Error(`anvil left with ${code}`)))
  left.catch(() => undefined)
  while (!(await answers(port))) await Promise.race([sleep(20), left])
  const { request, batch, close } = postTo(port)
  return {
    url: `http://127.0.0.1:${port}`,
    request,
    ask: async (method, ...params) => await request({ method, params }),
    async blocks(from, to) {
      const heights = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => `0x${(from + i).toString(16)}`)
      const calls = heights.map((height) => ({ method: 'eth_getBlockByNumber', params: [height, false] }))
      return ((await batch(calls)) as readonly Answer[]).map(madeOf)
    },
    async stop() {
      close()
      process.off('exit', kill)
      anvil.kill()
      await Promise.allSettled([exited])
    }
  }
}

interface Answer {
  readonly number: string
  readonly hash: Bytes32
  readonly parentHash: Bytes32
  readonly transactions: readonly unknown[]
}

const madeOf = ({ number, hash, parentHash, transactions }: Answer): Made => ({
  number: Number(number),
  hash,
  parent: parentHash,
  isEmpty: transactions.length === 0
})
