import {
  Contract,
  type ContractTransactionResponse,
  Interface,
  isError,
  type Signer,
  type TypedDataDomain
} from 'ethers'
import { expect } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'

/** A word with no zero byte, so that gas does not depend on luck. */
export const digest = (n: number): Bytes32 => `0x${(0x1111 + n).toString(16).repeat(16)}`

/** How a node that does not know the contract quotes a refusal: by the first bytes of the custom error. */
export const selectorOf = (error: string): string => new Interface(trendRegistryAbi).getError(error)?.selector ?? error

export const contractOf = (address: string, signer: Signer): Contract => new Contract(address, trendRegistryAbi, signer)

/** Sends a call and answers with its receipt. */
export async function send(
  contract: Contract,
  verb: string,
  ...args: readonly unknown[]
): Promise<{ gasUsed: bigint; blockNumber: number }> {
  const sent = (await contract.getFunction(verb)(...args)) as ContractTransactionResponse
  const receipt = await sent.wait()
  if (receipt === null) throw new Error(`${verb} was not mined`)
  return receipt
}

/** The custom error a call runs into, with its arguments, and that nothing else happens. */
export async function expectRefusal(call: Promise<unknown>, name: string, ...args: readonly unknown[]): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (!isError(error, 'CALL_EXCEPTION')) throw error ?? new Error(`the call was to run into ${name}`)
  const spoken = { name: error.revert?.name, args: error.revert?.args.map((arg: unknown) => String(arg).toLowerCase()) }
  expect(spoken).toEqual({ name, args: args.map((arg) => String(arg).toLowerCase()) })
}

export const domainOf = (chainId: bigint, verifyingContract: string): TypedDataDomain => ({
  name: 'TrendRegistry',
  version: '1',
  chainId,
  verifyingContract
})

export const PUBLISH = {
  Publish: [
    { type: 'address', name: 'publisher' },
    { type: 'address', name: 'editor' },
    { type: 'bytes32', name: 'ref' },
    { type: 'bytes32', name: 'digest' },
    { type: 'bytes32', name: 'parent' },
    { type: 'bytes32', name: 'tree' },
    { type: 'uint256', name: 'deadline' }
  ]
}

export interface Publish {
  readonly publisher: Address
  readonly editor: Address
  readonly ref: Bytes32
  readonly digest: Bytes32
  readonly parent: Bytes32
  readonly tree: Bytes32
  readonly deadline: bigint
}

/** The arguments of `publishFor`, in their order. */
export const toArgs = (message: Publish, signature: string): readonly unknown[] => [
  message.publisher,
  message.ref,
  message.digest,
  message.parent,
  message.tree,
  message.deadline,
  message.editor,
  signature
]
