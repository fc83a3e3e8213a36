import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { JsonRpcApiProvider } from 'ethers'
import { anvilBinary } from '../../scripts/dev-chain.ts'
import { jsonRpcProvider } from '../../src/registry/account.ts'
import { type Evm, openEvm } from './evm.ts'

/** A chain that can be told which transactions share a block, and to take blocks back. */
export interface Anvil extends Evm {
  readonly url: URL
  /** Another connection, to what the chain calls itself by now. */
  readonly connect: (chainId: bigint) => JsonRpcApiProvider
  readonly close: () => Promise<void>
}

/** anvil in a process of its own, on a port that was free, keeping nothing. */
export async function openAnvil(): Promise<Anvil> {
  const binary = anvilBinary()
  if (binary === undefined) throw new Error('the binary of anvil is not installed here')
  const args = ['--port', '0', '--chain-id', '31337', '--hardfork', 'osaka']
  const anvil = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): boolean => anvil.kill()
  process.once('exit', kill)
  const exited = once(anvil, 'exit')
  const url = await Promise.race([
    listening(anvil.stdout),
    exited.then(([code]) => Promise.reject(new Error(`anvil left with ${code}`)))
  ])
  const connections: JsonRpcApiProvider[] = []
  const connect = (chainId: bigint): JsonRpcApiProvider => {
    // It answers a send before it makes the block, and then ethers would wait for four seconds.
    const provider = Object.assign(jsonRpcProvider(url, `eip155:${chainId}`), { pollingInterval: 10 })
    connections.push(provider)
    return provider
  }
  return {
    ...(await openEvm(connect(31337n))),
    url,
    connect,
    async close() {
      for (const connection of connections) connection.destroy()
      process.off('exit', kill)
      anvil.kill()
      await exited
    }
  }
}

/** Where it says that it listens. What it says afterwards is of no interest, but has to be taken off it. */
async function listening(stdout: NodeJS.ReadableStream): Promise<URL> {
  return await new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const address = /^Listening on (\S+)$/.exec(line)?.[1]
      if (address !== undefined) resolve(new URL(`http://${address}`))
    })
  })
}
