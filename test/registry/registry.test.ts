import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { startDevChain } from '../../scripts/dev-chain.ts'
import { jsonRpcProvider } from '../../src/registry/account.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { describeRegistry, START } from '../behaviour/registry.ts'
import { openEvm, openHardhat } from './evm.ts'
import { evmWorld, memoryWorld } from './world.ts'

const CHAIN = 'eip155:31337'

const hardhat = await openHardhat()
afterAll(hardhat.close)
// The oldest there is that the registry runs on.
const shanghai = await openHardhat({ hardfork: 'shanghai' })
afterAll(shanghai.close)

const folder = await mkdtemp(join(tmpdir(), 'registry-'))
const chain = await startDevChain({ stateFile: join(folder, 'chain.json') })
const provider = jsonRpcProvider(chain.url, CHAIN)
const remote = await openEvm(provider)
afterAll(async () => {
  provider.destroy()
  await chain.stop()
  await rm(folder, { recursive: true })
})

describeRegistry('the twin in memory', async () => memoryWorld(START - 1000, hardhat.wallets))
describeRegistry(
  'ethers and a chain in this process',
  async () => await evmWorld(hardhat, (_, { ...reader }) => reader)
)
describeRegistry(
  'bare JSON-RPC and a chain behind HTTP',
  async () =>
    await evmWorld(remote, ({ address }) => rpcRegistry({ chain: CHAIN, address, request: httpRequest(chain.url) }))
)
describeRegistry('ethers and a chain of Shanghai', async () => await evmWorld(shanghai, (_, { ...reader }) => reader))
