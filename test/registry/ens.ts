import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Contract, ContractFactory, concat, id, keccak256, namehash, type Wallet, ZeroHash, zeroPadValue } from 'ethers'
import type { Address } from '../../src/document/publisher.ts'
import type { Request } from '../../src/registry/request.ts'
import { kitOf } from '../contract/compile.ts'

/** The place of the name service's registry on every chain that has it. */
export const ENS = '0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e'

/** A name service on a chain of one's own. */
export interface Names {
  /** The resolver of ENS's makers, for addresses of any coin type. */
  readonly resolver: Contract
  readonly deploy: (name: string, ...args: readonly unknown[]) => Promise<Address>
  /** A contract that answers, or reverts, with the same bytes whatever it is asked. */
  readonly deployFixed: (answer: string, reverts: boolean) => Promise<Address>
  /** Makes a name and everything above it the owner's, and lets a contract answer for it. */
  readonly name: (name: string, resolver?: string) => Promise<void>
}

const resolverArtifact = (): { readonly abi: []; readonly bytecode: string } => {
  const file = createRequire(import.meta.url).resolve('@ensdomains/resolver/build/contracts/PublicResolver.json')
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Puts a registry where it is on chain 1, with its root in the owner's hands, and the makers' resolver beside it. */
export async function openNames(owner: Wallet, request: Request, cheats: 'hardhat' | 'anvil'): Promise<Names> {
  const kit = kitOf('Names.t.sol')
  const odd = kitOf('Wallets.t.sol')
  const deploy: Names['deploy'] = async (name, ...args) => await kit(name, owner, ...args)
  const deployFixed: Names['deployFixed'] = async (answer, reverts) => await odd('FixedWallet', owner, answer, reverts)
  const tell = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    await request({ method, params })
  const code = await tell('eth_getCode', await deploy('NameRegistry'), 'latest')
  await tell(`${cheats}_setCode`, ENS, code)
  const root = keccak256(concat([ZeroHash, ZeroHash]))
  await tell(`${cheats}_setStorageAt`, ENS, root, zeroPadValue(owner.address, 32))
  const abi = [
    'function setSubnodeOwner(bytes32 node, bytes32 label, address owner)',
    'function setResolver(bytes32 node, address resolver)'
  ]
  const registry = new Contract(ENS, abi, owner)
  const { abi: resolverAbi, bytecode } = resolverArtifact()
  const resolver = (await new ContractFactory(resolverAbi, bytecode, owner).deploy(ENS)) as Contract
  await resolver.waitForDeployment()
  return {
    resolver,
    deploy,
    deployFixed,
    async name(name, answering) {
      const labels = name.split('.')
      for (const [i, label] of [...labels.entries()].reverse()) {
        const above = labels.slice(i + 1)
        const parent = above.length === 0 ? ZeroHash : namehash(above.join('.'))
        await (await registry.getFunction('setSubnodeOwner')(parent, id(label), owner.address)).wait()
      }
      const by = answering ?? (await resolver.getAddress())
      await (await registry.getFunction('setResolver')(namehash(name), by)).wait()
    }
  }
}
