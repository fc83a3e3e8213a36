import { type Contract, type Signer, type TypedDataDomain, type Wallet, ZeroAddress } from 'ethers'
import type { Address } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import type { Evm } from '../registry/evm.ts'
import { contractOf, digest, domainOf, expectRefusal, PUBLISH, type Publish, send, toArgs } from './fixture.ts'

/** A time that no test's chain has reached, in seconds. */
export const NOW = 4_000_000_000

/** Enough for whatever a key signs. A call without a limit may spend a whole block. */
const GAS_LIMIT = 300_000

export const addressOf = ({ address }: { readonly address: string }): Address => address.toLowerCase() as Address

/** The first version of a trend, to be published by the account itself. */
export const firstOf = (account: { readonly address: string }): Publish => ({
  publisher: addressOf(account),
  editor: addressOf(account),
  ref: refOf('a-trend'),
  digest: digest(1),
  parent: NONE,
  tree: NONE,
  deadline: BigInt(NOW + 3600)
})

/** A registry, and an account that brings to it what others signed. */
export interface Relay {
  readonly contract: Contract
  readonly domain: TypedDataDomain
  readonly sign: (signer: Signer, message: Publish, domain?: TypedDataDomain) => Promise<string>
  /** Runs into the refusal there is, and changes nothing. */
  readonly tryOut: (message: Publish, signature: string, gasLimit?: number) => Promise<unknown>
  readonly land: (message: Publish, signature: string, gasLimit?: number) => Promise<{ readonly gasUsed: bigint }>
  /** That the contract finds the signature to be none of the editor's. */
  readonly expectBad: (message: Publish, signature: string, gasLimit?: number) => Promise<void>
  readonly recordOf: (message: Publish) => Promise<{
    readonly publishedAt: bigint
    readonly retractedAt: bigint
    readonly editor: Address
  }>
  readonly headOf: (message: Publish) => Promise<string>
}

export function relayOf({ address }: Pick<Evm, 'address'>, relayer: Wallet, chainId = 31337n): Relay {
  const contract = contractOf(address, relayer)
  const home = domainOf(chainId, address)
  const tryOut: Relay['tryOut'] = async (message, signature, gasLimit = GAS_LIMIT) =>
    await contract.getFunction('publishFor').staticCall(...toArgs(message, signature), { gasLimit })
  return {
    contract,
    domain: home,
    tryOut,
    sign: async (signer, message, domain = home) => await signer.signTypedData(domain, PUBLISH, message),
    land: async (message, signature, gasLimit = GAS_LIMIT) =>
      await send(contract, 'publishFor', ...toArgs(message, signature), { gasLimit }),
    expectBad: async (message, signature, gasLimit) =>
      await expectRefusal(tryOut(message, signature, gasLimit), 'BadSignature', message.editor),
    async recordOf({ publisher, digest: of, tree }) {
      const proof = tree === NONE ? [] : [tree]
      const { publishedAt, retractedAt, editor } = await contract.getFunction('verify')(publisher, of, proof)
      return { publishedAt, retractedAt, editor: editor.toLowerCase() }
    },
    headOf: async ({ publisher, ref }) => await contract.getFunction('heads')(publisher, ref)
  }
}

/** What a record is that nobody wrote. */
export const UNRECORDED = { publishedAt: 0n, retractedAt: 0n, editor: ZeroAddress } as const
