import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  Contract,
  ContractFactory,
  concat,
  dataLength,
  getBytes,
  type InterfaceAbi,
  Signature,
  type Signer,
  TypedDataEncoder,
  toBeHex,
  type Wallet,
  ZeroAddress,
  zeroPadValue
} from 'ethers'
import type { Address } from '../../src/document/publisher.ts'
import { send } from './fixture.ts'

/** One owner's part of a Safe's signature. */
export interface Part {
  readonly owner: Address
  /** `{r}{s}{v}`; where `tail` is given, its s is made to point there. */
  readonly words: string
  readonly tail?: string | undefined
}

/** A Safe in use: a proxy with owners of its own. */
export interface Safe {
  readonly address: Address
  /** Whoever holds the keys; the sender pays. */
  readonly execute: (owners: readonly Wallet[], to: string, data: string, operation?: 0 | 1) => Promise<unknown>
  /** Its functions, called by anyone. */
  readonly by: (signer: Signer) => Contract
  /** What an owner signs so that the Safe stands by a hash: EIP-712 `SafeMessage`, in the Safe's own domain. */
  readonly messageHash: (hash: string) => string
  readonly sign: (owner: Wallet, hash: string) => Promise<Part>
  /** By a wallet that has only `eth_sign`, which Safe tells by a v above 30. */
  readonly signAsText: (owner: Wallet, hash: string) => Promise<Part>
  /** By an owner that is a Safe itself, with its signature of this one's message. */
  readonly signAsContract: (owner: Safe, signature: string) => Part
}

export interface SafeFactory {
  /** The code that all proxies share. */
  readonly singleton: Address
  readonly handler: Address
  readonly signMessageLib: Address
  readonly create: (owners: readonly { readonly address: string }[], threshold: number) => Promise<Safe>
  /** One that is not made yet, with the call that would make it. */
  readonly plan: (
    owners: readonly { readonly address: string }[],
    threshold: number
  ) => Promise<{ readonly safe: Safe; readonly factory: Address; readonly preparation: string }>
}

interface Artifact {
  readonly abi: InterfaceAbi
  readonly bytecode: string
}

const MESSAGE = { SafeMessage: [{ type: 'bytes', name: 'message' }] }
const TRANSACTION = {
  SafeTx: [
    { type: 'address', name: 'to' },
    { type: 'uint256', name: 'value' },
    { type: 'bytes', name: 'data' },
    { type: 'uint8', name: 'operation' },
    { type: 'uint256', name: 'safeTxGas' },
    { type: 'uint256', name: 'baseGas' },
    { type: 'uint256', name: 'gasPrice' },
    { type: 'address', name: 'gasToken' },
    { type: 'address', name: 'refundReceiver' },
    { type: 'uint256', name: 'nonce' }
  ]
}

const artifactOf = (path: string, name: string): Artifact => {
  const file = `@safe-global/safe-smart-account/build/artifacts/contracts/${path}${name}.sol/${name}.json`
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(file), 'utf8'))
}
export const safeAbi: InterfaceAbi = artifactOf('', 'Safe').abi

/** Safe 1.5.0 as its makers compiled it. */
export async function openSafes(signer: Signer, chainId = 31337n): Promise<SafeFactory> {
  const deploy = async (path: string, name: string): Promise<Contract> => {
    const { abi, bytecode } = artifactOf(path, name)
    const contract = await new ContractFactory(abi, bytecode, signer).deploy()
    await contract.waitForDeployment()
    return contract as Contract
  }
  const addressOf = async (contract: Contract): Promise<Address> =>
    (await contract.getAddress()).toLowerCase() as Address
  const singleton = await addressOf(await deploy('', 'Safe'))
  const handler = await addressOf(await deploy('handler/', 'CompatibilityFallbackHandler'))
  const signMessageLib = await addressOf(await deploy('libraries/', 'SignMessageLib'))
  const proxies = await deploy('proxies/', 'SafeProxyFactory')
  let salt = 0
  return {
    singleton,
    handler,
    signMessageLib,
    async create(owners, threshold) {
      const setup = setupOf(owners, threshold, handler)
      const args = [singleton, setup, ++salt] as const
      const address = String(await proxies.getFunction('createProxyWithNonce').staticCall(...args)).toLowerCase()
      await send(proxies, 'createProxyWithNonce', ...args)
      return safeAt(address as Address, signer, chainId)
    },
    async plan(owners, threshold) {
      const args = [singleton, setupOf(owners, threshold, handler), ++salt] as const
      const address = String(await proxies.getFunction('createProxyWithNonce').staticCall(...args)).toLowerCase()
      const preparation = proxies.interface.encodeFunctionData('createProxyWithNonce', args)
      return { safe: safeAt(address as Address, signer, chainId), factory: await addressOf(proxies), preparation }
    }
  }
}

/** The call by which a Safe gets its owners. */
export const setupOf = (owners: readonly { readonly address: string }[], threshold: number, handler: Address): string =>
  new Contract(ZeroAddress, safeAbi).interface.encodeFunctionData('setup', [
    owners.map(({ address }) => address),
    threshold,
    ZeroAddress,
    '0x',
    handler,
    ZeroAddress,
    0,
    ZeroAddress
  ])

/** Anything that runs the code of a Safe, as one. */
export function safeAt(address: Address, payer: Signer, chainId = 31337n): Safe {
  const domain = { chainId, verifyingContract: address }
  const by = (signer: Signer): Contract => new Contract(address, safeAbi, signer)
  const messageHash = (hash: string): string => TypedDataEncoder.hash(domain, MESSAGE, { message: hash })
  return {
    address,
    by,
    messageHash,
    async execute(owners, to, data, operation = 0) {
      const nonce = await by(payer).getFunction('nonce')()
      const nothing = { value: 0, safeTxGas: 0, baseGas: 0, gasPrice: 0, gasToken: ZeroAddress }
      const transaction = { ...nothing, to, data, operation, refundReceiver: ZeroAddress, nonce }
      const parts = await Promise.all(
        owners.map(async (owner) => ({
          owner: lower(owner.address),
          words: await owner.signTypedData(domain, TRANSACTION, transaction)
        }))
      )
      const args = [to, 0, data, operation, 0, 0, 0, ZeroAddress, ZeroAddress, joined(parts)]
      return await send(by(payer), 'execTransaction', ...args)
    },
    async sign(owner, hash) {
      return { owner: lower(owner.address), words: await owner.signTypedData(domain, MESSAGE, { message: hash }) }
    },
    async signAsText(owner, hash) {
      const { r, s, v } = Signature.from(await owner.signMessage(getBytes(messageHash(hash))))
      return { owner: lower(owner.address), words: concat([r, s, toBeHex(v + 4)]) }
    },
    signAsContract: (owner, signature) => ({ owner: owner.address, words: word(owner.address), tail: signature })
  }
}

/** That an owner approved the message on the chain beforehand. */
export const approvedBy = ({ address }: { readonly address: string }): Part => ({
  owner: lower(address),
  words: concat([word(address), word('0x'), '0x01'])
})

/** A Safe's signature: its owners' parts in the order of their addresses, and then what they point at. */
export function joined(parts: readonly Part[]): string {
  const ordered = parts.toSorted((one, other) => (one.owner < other.owner ? -1 : 1))
  let end = 65 * ordered.length
  const heads: string[] = []
  const tails: string[] = []
  for (const { words, tail } of ordered) {
    heads.push(tail === undefined ? words : concat([words, toBeHex(end, 32), '0x00']))
    if (tail === undefined) continue
    tails.push(concat([toBeHex(dataLength(tail), 32), tail]))
    end += 32 + dataLength(tail)
  }
  return concat([...heads, ...tails])
}

const lower = (address: string): Address => address.toLowerCase() as Address
const word = (hex: string): string => zeroPadValue(hex, 32)
