import { BrowserProvider, HDNodeWallet, type JsonRpcApiProvider, Wallet } from 'ethers'
import { network } from 'hardhat'
import type { Address } from '../../src/document/publisher.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { requestOf } from '../../src/registry/ethers.ts'
import type { Request } from '../../src/registry/request.ts'

/** A real EVM with the registry on it and some accounts with money. */
export interface Evm {
  readonly provider: JsonRpcApiProvider
  readonly request: Request
  readonly address: Address
  readonly wallets: readonly Wallet[]
  /** Back to where only the registry was deployed, or to where it was kept. */
  readonly reset: () => Promise<void>
  readonly keep: () => Promise<void>
  /** Stamps the next block. */
  readonly at: (seconds: number) => Promise<void>
  readonly mine: () => Promise<void>
  /** Does something and then makes the chain forget it, with another block in its place. */
  readonly forget: <Result>(act: () => Promise<Result>) => Promise<Result>
}

const PHRASE = 'test test test test test test test test test test test junk'
const KEYS = Array.from(
  { length: 6 },
  (_, i) => HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${i}`).privateKey
)

export async function openEvm(provider: JsonRpcApiProvider): Promise<Evm> {
  const wallets = KEYS.map((key) => new Wallet(key, provider))
  const request = requestOf(wallets[0]!)
  const tell = async (method: string, ...params: readonly unknown[]): Promise<string> =>
    String(await request({ method, params }))
  // Not by the first account, whose key the whole world knows: it is for the dev chain only.
  const { address } = await deployRegistry(wallets.at(-1)!)
  let kept = await tell('evm_snapshot')
  return {
    provider,
    request,
    address,
    wallets,
    async reset() {
      await tell('evm_revert', kept)
      kept = await tell('evm_snapshot')
    },
    async keep() {
      kept = await tell('evm_snapshot')
    },
    async at(seconds) {
      await tell('evm_setNextBlockTimestamp', seconds)
    },
    async mine() {
      await tell('evm_mine')
    },
    async forget(act) {
      const before = await tell('evm_snapshot')
      const result = await act()
      await tell('evm_revert', before)
      await tell('evm_mine')
      return result
    }
  }
}

/** A chain on which nothing is deployed. */
export interface BareChain {
  readonly provider: JsonRpcApiProvider
  readonly request: Request
  readonly close: () => Promise<void>
}

export interface BareChainOptions {
  readonly chainId?: number | undefined
  readonly hardfork?: 'london' | 'merge' | 'shanghai' | 'cancun' | 'prague' | 'osaka' | undefined
  /** What the node says in place of the chain. */
  readonly says?: ((ask: () => Promise<unknown>, method: string, params: readonly unknown[]) => unknown) | undefined
}

/** Hardhat's chain inside this process. */
export async function openBareChain({ chainId = 31337, hardfork, says }: BareChainOptions = {}): Promise<BareChain> {
  const override = { chainId, ...(hardfork !== undefined && { hardfork }) }
  const connection = await network.create({ network: 'default', override })
  const request: Request = async ({ method, params }) => {
    const ask = async (): Promise<unknown> => await connection.provider.request({ method, params: [...params] })
    return await (says === undefined ? ask() : says(ask, method, params))
  }
  const node = {
    request: async ({ method, params = [] }: { method: string; params?: unknown[] | Record<string, unknown> }) =>
      await request({ method, params: Array.isArray(params) ? params : [params] })
  }
  const provider = new BrowserProvider(node, chainId, { staticNetwork: true, cacheTimeout: -1 })
  return {
    provider,
    request,
    async close() {
      provider.destroy()
      await connection.close()
    }
  }
}

/** The same with the registry on it. */
export async function openHardhat(
  options: Pick<BareChainOptions, 'chainId' | 'hardfork'> = {}
): Promise<Evm & { readonly close: () => Promise<void> }> {
  const { provider, close } = await openBareChain(options)
  return { ...(await openEvm(provider)), close }
}
