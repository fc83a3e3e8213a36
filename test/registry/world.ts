import type { Wallet } from 'ethers'
import { parseAddress } from '../../src/document/publisher.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { memoryChain } from '../../src/registry/memory.ts'
import type { PublishMessage, Registry, RegistryWriter, Signature } from '../../src/registry/registry.ts'
import { isSignedBy } from '../../src/registry/signature.ts'
import { type Place, PUBLISH_TYPES, registryDomain } from '../../src/registry/typed-data.ts'
import type { Evm } from './evm.ts'

export type Account = Registry & RegistryWriter

/** A registry nobody has used yet, three accounts of it, and a hand on the clock. */
export interface World {
  readonly publisher: Account
  readonly editor: Account
  readonly stranger: Account
  /** What the key of one of them signs, for this registry or another. */
  readonly sign: (by: Account, message: PublishMessage, at?: Place) => Promise<Signature>
  /** Whoever reads what they wrote. */
  readonly reader: Registry
  /** Stamps the next block, in seconds. */
  readonly at: (seconds: number) => Promise<void>
  readonly mine: () => Promise<void>
  /** Does something and then makes the chain forget it, with other blocks in its place. */
  readonly forget: <Result>(act: () => Promise<Result>) => Promise<Result>
}

export function memoryWorld(start: number, wallets: readonly Wallet[]): World {
  let clock = start
  const chain = memoryChain({ now: () => clock, isSignedBy })
  const accounts = wallets.slice(0, 3).map(({ address }) => chain.as(parseAddress(address)))
  const [publisher, editor, stranger] = accounts as [Account, Account, Account]
  return {
    publisher,
    editor,
    stranger,
    sign: signing(wallets),
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
  const { at, mine, forget } = evm
  return { publisher, editor, stranger, sign: signing(evm.wallets), reader: read(evm, publisher), at, mine, forget }
}

const signing =
  (wallets: readonly Wallet[]): World['sign'] =>
  async (by, message, place = by) => {
    const wallet = wallets.find((one) => parseAddress(one.address) === by.account)!
    const types = { Publish: [...PUBLISH_TYPES.Publish] }
    return (await wallet.signTypedData({ ...registryDomain(place) }, types, message)) as Signature
  }

async function evmAccount({ wallets, address }: Evm, index: number): Promise<Account> {
  return await ethersRegistry({ chain: 'eip155:31337', address, signer: wallets[index]! })
}
