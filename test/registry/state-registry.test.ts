import { afterAll } from 'vitest'
import { httpRequest } from '../../src/registry/http.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import { stateRegistry } from '../../src/registry/state-registry.ts'
import { describeRegistry } from '../behaviour/registry.ts'
import { openAnvil } from './anvil.ts'
import { openHardhat } from './evm.ts'
import { evmWorld } from './world.ts'

const CHAIN = 'eip155:31337'

const hardhat = await openHardhat()
afterAll(hardhat.close)
const anvil = await openAnvil()
afterAll(anvil.close)

describeRegistry(
  'state proofs and a chain in this process',
  async () =>
    await evmWorld(hardhat, ({ address, request }) =>
      stateRegistry({ chain: CHAIN, address, state: rpcState({ chain: CHAIN, request }) })
    )
)
describeRegistry(
  'state proofs and anvil behind HTTP',
  async () =>
    await evmWorld(anvil, ({ address }) =>
      stateRegistry({ chain: CHAIN, address, state: rpcState({ chain: CHAIN, request: httpRequest(anvil.url) }) })
    )
)
