import type { Contract, ContractTransactionResponse } from 'ethers'
import { expect } from 'vitest'
import type { Evm } from '../registry/evm.ts'

/** A call that becomes a transaction of its own. */
export interface Call {
  readonly contract: Contract
  readonly verb: string
  readonly args: readonly unknown[]
}

/** What became of a call: it landed, or it ran into a custom error with these arguments. */
export type Fate = 'landed' | readonly [name: string, ...args: readonly string[]]

const GAS_LIMIT = 300_000
const GWEI = 10n ** 9n

/**
 * Makes one block of the calls, in their order. They are sent in reverse, each for a higher price than the one before:
 * that is how whoever reads the mempool gets ahead.
 */
export async function inOneBlock(evm: Evm, calls: readonly Call[]): Promise<readonly Fate[]> {
  const sent: string[] = []
  await holding(evm, async () => {
    for (const { contract, verb, args } of calls.toReversed()) {
      const bid = { gasLimit: GAS_LIMIT, gasPrice: BigInt(10 + sent.length) * GWEI }
      const { hash }: ContractTransactionResponse = await contract.getFunction(verb)(...args, bid)
      sent.push(hash)
    }
    await evm.mine()
  })
  const block = await evm.provider.getBlock('latest')
  expect(block?.transactions, 'all of them in one block, in this order').toEqual(sent.toReversed())
  return await Promise.all(calls.map(async ({ contract }, i) => await fateOf(evm, contract, block!.transactions[i]!)))
}

/** Does something while the chain makes no block by itself. */
export async function holding<Result>(evm: Evm, act: () => Promise<Result>): Promise<Result> {
  await evm.request({ method: 'evm_setAutomine', params: [false] })
  try {
    return await act()
  } finally {
    await evm.request({ method: 'evm_setAutomine', params: [true] })
  }
}

/** How many transactions wait for a block. */
export async function waiting(evm: Evm): Promise<number> {
  const { pending } = (await evm.request({ method: 'txpool_status', params: [] })) as { readonly pending: string }
  return Number(pending)
}

/** What became of a transaction, as it ran in its place in the block. */
export async function fateOf(evm: Evm, { interface: coder }: Contract, hash: string): Promise<Fate> {
  const receipt = await evm.provider.getTransactionReceipt(hash)
  if (receipt === null) throw new Error(`${hash} is in no block`)
  if (receipt.status === 1) return 'landed'
  const params = [hash, { tracer: 'callTracer' }]
  const { output } = (await evm.request({ method: 'debug_traceTransaction', params })) as { readonly output?: string }
  const error = coder.parseError(output ?? '0x')
  if (error === null) throw new Error(`${hash} failed without a reason`)
  return [error.name, ...error.args.map((arg: unknown) => String(arg).toLowerCase())]
}
