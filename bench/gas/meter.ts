import { setTimeout as sleep } from 'node:timers/promises'
import {
  concat,
  dataLength,
  getAddress,
  getCreateAddress,
  HDNodeWallet,
  Interface,
  type JsonRpcApiProvider,
  type Log,
  type Result,
  Wallet
} from 'ethers'
import { hasZeroByte } from './samples.ts'
import { type Artifact, compile } from './solidity.ts'

/** A contract where it is. */
export interface Target {
  readonly address: string
  readonly coder: Interface
}

/** A transaction that succeeded. */
export interface Spent {
  readonly gas: number
  readonly hash: string
  /** As it was signed and sent. */
  readonly raw: string
  readonly logs: readonly Log[]
}

export interface Deployed extends Target {
  readonly gas: number
  /** Bytes of code at the address. */
  readonly size: number
}

/** A chain that is asked what things cost. Every transaction is alone in its block, at a time that is set. */
export interface Meter {
  readonly provider: JsonRpcApiProvider
  readonly chainId: bigint
  /** Accounts with money, whose addresses have no zero byte. */
  readonly accounts: readonly Wallet[]
  readonly deploy: (from: Wallet, artifact: Artifact, ...args: readonly unknown[]) => Promise<Deployed>
  readonly send: (from: Wallet, to: Target, verb: string, ...args: readonly unknown[]) => Promise<Spent>
  /** Asks a contract, for nothing. */
  readonly ask: (to: Target, verb: string, ...args: readonly unknown[]) => Promise<Result>
  /** Asks a contract by way of another one, and says what that one paid. */
  readonly read: (to: Target, verb: string, ...args: readonly unknown[]) => Promise<{ gas: number; answer: Result }>
  /** Gas and size of what is at an address, by the transaction that brought it. */
  readonly weigh: (address: string, transaction: string) => Promise<{ gas: number; size: number }>
  /** The time of the newest block, in seconds. */
  readonly now: () => number
  /** Does something from this block on, and then makes the chain forget it. */
  readonly apart: <Result>(act: () => Promise<Result>) => Promise<Result>
}

/** Accounts of the benchmark alone: a mnemonic of BIP-39's test vectors. */
const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
/** Far ahead of the chain's own clock, so that no block is later than it is told to be. */
const START = 4_000_000_000
const BLOCK_TIME = 12
/** Fees of the size that people pay: their bytes are part of a transaction. */
const FEES = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
/** One below what a transaction may use at most (EIP-7825), and as long in bytes as most limits are. */
const GAS_LIMIT = 0xff_ffffn
const PATIENCE = 60_000

interface Receipt {
  readonly status: string
  readonly gasUsed: string
  readonly logs: readonly Log[]
}

/** Takes over a dev chain that nothing was published on. */
export async function openMeter(provider: JsonRpcApiProvider): Promise<Meter> {
  const chainId = BigInt(await provider.send('eth_chainId', []))
  const accounts = Array.from({ length: 3 }, (_, i) => {
    const { privateKey } = HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${i}`)
    return new Wallet(privateKey, provider)
  })
  for (const { address } of accounts) {
    if (hasZeroByte(address)) throw new Error(`${address} has a zero byte`)
    await provider.send('hardhat_setBalance', [address, '0x21e19e0c9bab2400000'])
  }
  let time = START

  async function mined(hash: string): Promise<Receipt> {
    for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(2)) {
      const receipt = (await provider.send('eth_getTransactionReceipt', [hash])) as Receipt | null
      if (receipt !== null) return receipt
    }
    throw new Error(`${hash} was not mined`)
  }

  async function transact(from: Wallet, to: Target | null, data: string): Promise<Spent & { readonly nonce: number }> {
    const nonce = Number(await provider.send('eth_getTransactionCount', [from.address, 'latest']))
    const call = { type: 2, chainId, nonce, data, gasLimit: GAS_LIMIT, ...FEES }
    const raw = await from.signTransaction(to === null ? call : { ...call, to: to.address })
    time += BLOCK_TIME
    await provider.send('evm_setNextBlockTimestamp', [time])
    const hash = await provider.send('eth_sendRawTransaction', [raw])
    const { status, gasUsed, logs } = await mined(hash)
    if (BigInt(status) !== 1n) throw new Error(`${hash} failed after ${Number(gasUsed)} gas`)
    return { gas: Number(gasUsed), hash, raw, logs, nonce }
  }

  const codeSize = async (address: string): Promise<number> =>
    dataLength(await provider.send('eth_getCode', [address, 'latest']))

  async function ask(to: Target, verb: string, ...args: readonly unknown[]): Promise<Result> {
    const data = to.coder.encodeFunctionData(verb, args)
    return to.coder.decodeFunctionResult(verb, await provider.send('eth_call', [{ to: to.address, data }, 'latest']))
  }

  const meter = {
    provider,
    chainId,
    accounts,
    ask,
    async deploy(from: Wallet, { abi, bytecode }: Artifact, ...args: readonly unknown[]): Promise<Deployed> {
      const coder = new Interface(abi)
      const { gas, nonce } = await transact(from, null, concat([bytecode, coder.encodeDeploy(args)]))
      const address = getCreateAddress({ from: from.address, nonce })
      return { address, coder, gas, size: await codeSize(address) }
    },
    send: async (from: Wallet, to: Target, verb: string, ...args: readonly unknown[]) =>
      await transact(from, to, to.coder.encodeFunctionData(verb, args)),
    async weigh(address: string, transaction: string) {
      const { gasUsed } = await mined(transaction)
      return { gas: Number(gasUsed), size: await codeSize(address) }
    },
    now: () => time,
    async apart<Result>(act: () => Promise<Result>): Promise<Result> {
      const start = time
      const block = await provider.send('evm_snapshot', [])
      const result = await act()
      await provider.send('evm_revert', [block])
      time = start
      return result
    }
  }
  const probe = await meter.deploy(accounts[0]!, compile('Probe'))
  return {
    ...meter,
    async read(to, verb, ...args) {
      const [cost, answer] = await ask(probe, 'read', to.address, to.coder.encodeFunctionData(verb, args))
      return { gas: Number(cost), answer: to.coder.decodeFunctionResult(verb, answer) }
    }
  }
}

/** What a contract told in a transaction by events of this name. */
export const eventsOf = ({ logs }: Spent, { address, coder }: Target, name: string): readonly Result[] =>
  logs
    .filter((log) => getAddress(log.address) === address)
    .flatMap((log) => coder.parseLog(log) ?? [])
    .filter((event) => event.name === name)
    .map(({ args }) => args)
