import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wallet } from 'ethers'
import type { Bytes32 } from '../../src/block/cid.ts'
import { type Address, parseAddress } from '../../src/document/publisher.ts'
import { topics } from '../../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { startDevChain } from '../dev-chain.ts'

/** A real chain that takes its time: what is sent is mined a moment later, so there is something to be cut in between. */
export interface KillChain {
  readonly url: string
  /** A new account with money, and its key. */
  readonly account: () => Promise<{ readonly key: string; readonly address: Address }>
  /** Waits until nothing that an account sent is left to be mined. */
  readonly settled: (account: Address) => Promise<void>
  /** What a publisher recorded, and what its refs were made to name, once for every time. */
  readonly named: (
    publisher: Address
  ) => Promise<{ readonly recorded: readonly Bytes32[]; readonly pointed: readonly Bytes32[] }>
  readonly stop: () => Promise<void>
}

const MONEY = '0x56bc75e2d63100000'
/** Milliseconds between two looks for something to mine. */
const PAUSE = 20
/** Milliseconds that something waits to be mined at most. */
const LONGEST = 120

export async function openKillChain(): Promise<KillChain> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-kill-chain-'))
  const chain = await startDevChain({ stateFile: join(folder, 'chain.json'), kind: 'anvil' })
  const request = httpRequest(chain.url)
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    await request({ method, params })
  const provider = jsonRpcProvider(chain.url, 'eip155:31337')
  const { address: registry } = await deployRegistry(walletFromKey(DEV_KEY, provider))
  provider.destroy()
  await ask('evm_setAutomine', false)

  const stopped = new AbortController()
  const mining = (async () => {
    while (!stopped.signal.aborted) {
      await sleep(PAUSE)
      const { pending } = (await ask('txpool_status')) as { readonly pending: string }
      if (Number(pending) === 0) continue
      await sleep(Math.random() * LONGEST)
      await ask('evm_mine')
    }
  })()

  const logs = async (topic: Bytes32, publisher: Address): Promise<readonly Bytes32[]> => {
    const filter = { address: registry, topics: [topic, `0x${publisher.slice(2).padStart(64, '0')}`], fromBlock: '0x0' }
    const found = (await ask('eth_getLogs', filter)) as readonly { readonly topics: readonly Bytes32[] }[]
    return found.map((log) => log.topics[3]!)
  }

  return {
    url: chain.url,
    async account() {
      const { privateKey, address } = Wallet.createRandom()
      await ask('anvil_setBalance', address, MONEY)
      return { key: privateKey, address: parseAddress(address) }
    },
    async settled(account) {
      const count = async (tag: string): Promise<unknown> => await ask('eth_getTransactionCount', account, tag)
      while ((await count('latest')) !== (await count('pending'))) await sleep(PAUSE)
    },
    named: async (publisher) => ({
      recorded: await logs(topics.Published, publisher),
      pointed: await logs(topics.Pointed, publisher)
    }),
    async stop() {
      stopped.abort()
      await mining
      await chain.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
