import { Contract } from 'ethers'
import type { Address } from '../../src/document/publisher.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { type MemoryAccount, memoryChain } from '../../src/registry/memory.ts'
import type { Registry, RegistryWriter } from '../../src/registry/registry.ts'
import type { Evm } from './evm.ts'

export type Account = Registry & RegistryWriter & Pick<MemoryAccount, 'setEditor'>

/** A registry nobody has used yet, three accounts of it, and a hand on the clock. */
export interface World {
  readonly publisher: Account
  readonly editor: Account
  readonly stranger: Account
  /** Whoever reads what they wrote. */
  readonly reader: Registry
  /** Stamps the next block, in seconds. */
  readonly at: (seconds: number) => Promise<void>
  readonly mine: () => Promise<void>
  /** Does something and then makes the chain forget it, with other blocks in its place. */
  readonly forget: <Result>(act: () => Promise<Result>) => Promise<Result>
}

export function memoryWorld(start: number, accounts: readonly Address[]): World {
  let clock = start
  const chain = memoryChain({ now: () => clock })
  const [publisher, editor, stranger] = accounts.map((account) => chain.as(account)) as [Account, Account, Account]
  return {
    publisher,
    editor,
    stranger,
    reader: publisher,
    async at(seconds) {
      clock = seconds
    },
    async mine() {
      chain.mine()
    },
    async forget(act) {
      const before = await publisher.block('latest')
      const result = await act()
      const after = await publisher.block('latest')
      chain.reorg(Number(after.number - before.number))
      return result
    }
  }
}

/** The registry on a chain, as it was when it was deployed. */
export async function evmWorld(evm: Evm, read: (evm: Evm, publisher: Account) => Registry): Promise<World> {
  await evm.reset()
  const [publisher, editor, stranger] = (await Promise.all(
    evm.wallets.slice(0, 3).map((_, i) => evmAccount(evm, i))
  )) as [Account, Account, Account]
  return { publisher, editor, stranger, reader: read(evm, publisher), at: evm.at, mine: evm.mine, forget: evm.forget }
}

async function evmAccount({ wallets, address }: Evm, index: number): Promise<Account> {
  const signer = wallets[index]!
  const registry = await ethersRegistry({ chain: 'eip155:31337', address, signer })
  const contract = new Contract(address, trendRegistryAbi, signer)
  return {
    ...registry,
    async setEditor(editor, until) {
      const sent = await contract.getFunction('setEditor')(editor, until)
      const { hash, blockNumber, blockHash, gasUsed } = await sent.wait()
      return { transaction: hash, block: { number: BigInt(blockNumber), hash: blockHash }, gasUsed }
    }
  }
}
