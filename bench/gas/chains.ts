import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrowserProvider, type JsonRpcApiProvider } from 'ethers'
import { network } from 'hardhat'
import { answers, anvilBinary, freePort } from '../../scripts/dev-chain.ts'
import { jsonRpcProvider } from '../../src/registry/account.ts'

/** A chain of its own that is gone when it is closed. */
export interface OpenChain {
  readonly provider: JsonRpcApiProvider
  readonly close: () => Promise<void>
}

/** The id of no public chain. */
const PRIVATE_CHAIN = 73_571
const PATIENCE = 30_000

/** A new anvil on a free port, with Osaka's rules, the limit of a transaction's gas (EIP-7825) among them. */
export async function openAnvil(): Promise<OpenChain> {
  const binary = anvilBinary()
  if (binary === undefined) throw new Error('the binary of anvil is not installed here')
  const port = await freePort()
  const rules = ['--hardfork', 'osaka', '--enable-tx-gas-limit', '--chain-id', String(PRIVATE_CHAIN)]
  const anvil = spawn(binary, ['--port', String(port), '--silent', ...rules], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const exited = new Promise<void>((resolve, reject) => {
    anvil.once('exit', () => resolve())
    anvil.once('error', reject)
  })
  const kill = (): boolean => anvil.kill()
  process.once('exit', kill)
  const close = async (): Promise<void> => {
    process.off('exit', kill)
    anvil.kill()
    await exited
  }
  for (const deadline = Date.now() + PATIENCE; !(await answers(port)); await Promise.race([sleep(10), exited])) {
    if (anvil.exitCode === null && Date.now() < deadline) continue
    await close()
    throw new Error(`anvil did not answer on port ${port}`)
  }
  const provider = jsonRpcProvider(`http://127.0.0.1:${port}`, `eip155:${PRIVATE_CHAIN}`)
  return {
    provider,
    async close() {
      provider.destroy()
      await close()
    }
  }
}

/** A new chain of Hardhat's inside this process, with the same rules. */
export async function openSimulated(): Promise<OpenChain> {
  const connection = await network.create()
  const request = async ({ method, params = [] }: { method: string; params?: unknown[] | Record<string, unknown> }) =>
    await connection.provider.request({ method, params: Array.isArray(params) ? params : [params] })
  const options = { staticNetwork: true, cacheTimeout: -1 }
  const provider = new BrowserProvider({ request }, connection.networkConfig.chainId ?? 31337, options)
  return {
    provider,
    async close() {
      provider.destroy()
      await connection.close()
    }
  }
}
