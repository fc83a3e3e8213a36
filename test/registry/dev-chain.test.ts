import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type DevChain, startDevChain } from '../../scripts/dev-chain.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type Registry, type RegistryWriter } from '../../src/registry/registry.ts'

const CHAIN = 'eip155:31337'
const REF = refOf('a-trend')
const [FIRST, SECOND] = [`0x${'d1'.repeat(32)}`, `0x${'d2'.repeat(32)}`] as const

async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chain-'))
  onTestFinished(async () => await rm(folder, { recursive: true }))
  return join(folder, 'deep', 'chain.json')
}

async function open({ url, stop }: DevChain): Promise<Registry & RegistryWriter> {
  const provider = jsonRpcProvider(url, CHAIN)
  onTestFinished(async () => {
    provider.destroy()
    await stop()
  })
  const signer = walletFromKey(DEV_KEY, provider)
  const { address } = await deployRegistry(signer)
  return await ethersRegistry({ chain: CHAIN, address, signer })
}

/** Whether there is a process of that number; one that was killed is there for a moment more. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the dev chain', () => {
  test('goes on where it was killed, old blocks and all', async () => {
    const file = await stateFile()
    const killed = await startDevChain({ stateFile: file })
    // Where its binary is missing there is nothing that could survive.
    expect(killed.kind).toBe('anvil')
    const before = await open(killed)
    const publisher = before.account
    await before.send([{ verb: 'publish', publisher, ref: REF, digest: FIRST, parent: NONE, tree: NONE }])
    const old = await before.block('latest')
    await before.send([{ verb: 'point', publisher, ref: REF, digest: SECOND, parent: FIRST }])
    const head = await before.block('latest')
    await sleep(1000)
    process.kill(killed.pid!, 'SIGKILL')

    const after = await open(await startDevChain({ stateFile: file }))
    expect(await after.block('latest')).toEqual(head)
    expect(await after.head(publisher, REF, head)).toBe(SECOND)
    expect(await after.head(publisher, REF, old)).toBe(FIRST)
    expect((await after.record(publisher, FIRST, [], old)).publishedAt).toBe(old.timestamp)
    await after.send([{ verb: 'point', publisher, ref: REF, digest: FIRST, parent: SECOND }])
  })

  test('is a whole chain whenever it is killed, also while it is being saved', async () => {
    const file = await stateFile()
    let height = 0n
    for (let round = 0; round < 6; round++) {
      const { url, pid, stop } = await startDevChain({ stateFile: file })
      onTestFinished(stop)
      const request = httpRequest(url)
      const resumed = BigInt(String(await request({ method: 'eth_blockNumber', params: [] })))
      expect(resumed, `round ${round}`).toBeGreaterThanOrEqual(height)
      await request({ method: 'anvil_mine', params: ['0x64'] })
      await sleep(190 + 15 * round)
      process.kill(pid!, 'SIGKILL')
      await expect.poll(() => isThere(pid!), { interval: 5 }).toBe(false)
      height = resumed
    }
  })

  test('goes on where it was stopped', async () => {
    const file = await stateFile()
    const stopped = await startDevChain({ stateFile: file })
    const before = await open(stopped)
    const head = await before.block('latest')
    await stopped.stop()
    const after = await open(await startDevChain({ stateFile: file }))
    expect(await after.block('latest')).toEqual(head)
  })

  test('belongs to one process at a time, and to the next when that was killed', async () => {
    const file = await stateFile()
    const script = [
      `import { startDevChain } from '${new URL('../../scripts/dev-chain.ts', import.meta.url).href}'`,
      `const { url } = await startDevChain({ stateFile: '${file}' })`,
      'console.log(url)',
      'setInterval(() => {}, 1000)'
    ].join('\n')
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const url = await new Promise<string>((resolve) => {
      owner.stdout.once('data', (chunk: Buffer) => resolve(String(chunk).trim()))
    })
    await expect(startDevChain({ stateFile: file })).rejects.toThrow(`process ${owner.pid} runs the chain`)

    owner.kill('SIGKILL')
    await new Promise((resolve) => owner.once('exit', resolve))
    expect((await fetch(url)).status, 'the chain outlives its owner').toBeGreaterThan(0)
    const next = await startDevChain({ stateFile: file })
    onTestFinished(next.stop)
    await expect(fetch(url)).rejects.toThrow()
  })

  test('is not taken for another that has the port', async () => {
    const server = createServer((_, response) => response.end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await expect(startDevChain({ stateFile: await stateFile(), port })).rejects.toThrow(`port ${port}`)
  })

  test('runs without the binary of anvil too, and then keeps nothing', async () => {
    const chain = await startDevChain({ stateFile: await stateFile(), kind: 'hardhat' })
    expect(chain.kind).toBe('hardhat')
    const registry = await open(chain)
    const at = await registry.block('latest')
    expect(await registry.head(registry.account, REF, at)).toBeUndefined()
    await chain.stop()
    await expect(fetch(chain.url)).rejects.toThrow()
  })
})
