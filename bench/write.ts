/**
 * `npm run bench:write`: from a call to the receipt of its transaction, on a real anvil, beside what people would use
 * instead and beside the least that any sender has to do, in the same run; then fifty in a row. `--quick` takes fewer.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Contract, HDNodeWallet, Interface, type JsonRpcApiProviderOptions, JsonRpcProvider, Wallet } from 'ethers'
import { startDevChain } from '../scripts/dev-chain.ts'
import type { Bytes32 } from '../src/block/cid.ts'
import type { Address } from '../src/document/publisher.ts'
import { trendRegistryAbi } from '../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../src/registry/account.ts'
import { deployRegistry } from '../src/registry/deploy.ts'
import { ethersRegistry } from '../src/registry/ethers.ts'
import { httpRequest } from '../src/registry/http.ts'
import { NONE } from '../src/registry/registry.ts'
import { benchCase, type Case, type Comparison, compare, lines, machine } from './compare.ts'

const CHAIN = 'eip155:31337'
const CHAIN_ID = 31337
const PHRASE = 'test test test test test test test test test test test junk'
/** How long ethers takes a nonce for fresh (`cacheTimeout`): of two publications within that time one fails. */
const CACHE_TIMEOUT = 250

/** One way of publishing: a digest goes in, and it resolves when the transaction is mined. */
interface Way {
  readonly name: string
  readonly publish: (digest: Bytes32) => Promise<unknown>
  /** Milliseconds it needs between two publications, which are not measured. */
  readonly pause: number
  readonly close: () => void
}

/** A way and an account of its own, so that no way waits for another's nonce. */
type Make = (url: string, registry: Address, key: string) => Promise<Way>

const keyOf = (index: number): string => HDNodeWallet.fromPhrase(PHRASE, '', `m/44'/60'/0'/0/${index}`).privateKey

let last = Date.now()
const freshDigest = (): Bytes32 => {
  last += 1
  return `0x${last.toString(16).padStart(64, 'b')}`
}

export const ours: Make = async (url, address, key) => {
  const provider = jsonRpcProvider(url, CHAIN)
  const account = await ethersRegistry({ chain: CHAIN, address, signer: walletFromKey(key, provider) })
  const publisher = account.account
  return {
    name: 'trend-archive',
    pause: 0,
    publish: async (digest) =>
      await account.send([{ verb: 'publish', publisher, ref: NONE, digest, parent: NONE, tree: NONE }]),
    close: () => provider.destroy()
  }
}

const withEthers =
  (name: string, pause: number, options?: JsonRpcApiProviderOptions): Make =>
  async (url, address, key) => {
    const provider = options === undefined ? new JsonRpcProvider(url) : new JsonRpcProvider(url, CHAIN_ID, options)
    const wallet = new Wallet(key, provider)
    const publish = new Contract(address, trendRegistryAbi, wallet).getFunction('publish')
    return {
      name,
      pause,
      publish: async (digest) => await (await publish(wallet.address, NONE, digest, NONE, NONE)).wait(),
      close: () => provider.destroy()
    }
  }

/** What ethers' own documentation shows. */
export const asDocumented: Make = withEthers('ethers, as its documentation shows', CACHE_TIMEOUT + 20)
const tuned = withEthers('ethers, tuned: no batches, no cache, polls often', 0, {
  staticNetwork: true,
  batchMaxCount: 1,
  cacheTimeout: -1,
  pollingInterval: 20
})

/** The least: transactions that were signed before, one request each. It asks for no price, tries nothing out, checks nothing. */
async function limit(url: string, address: Address, key: string): Promise<Case> {
  const request = httpRequest(url)
  const wallet = new Wallet(key)
  const contract = new Interface(trendRegistryAbi)
  return benchCase({
    name: 'eth_sendRawTransactionSync of what was signed before (limit)',
    prepare: async () => {
      const params = [wallet.address, 'pending']
      const nonce = Number(await request({ method: 'eth_getTransactionCount', params }))
      const data = contract.encodeFunctionData('publish', [wallet.address, NONE, freshDigest(), NONE, NONE])
      const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n, gasLimit: 100_000 }
      return await wallet.signTransaction({ type: 2, chainId: CHAIN_ID, to: address, data, nonce, ...fees })
    },
    run: async (signed) => {
      const receipt = await request({ method: 'eth_sendRawTransactionSync', params: [signed] })
      if ((receipt as { readonly status: string }).status !== '0x1') throw new Error('the publication failed')
    }
  })
}

const caseOf = ({ name, publish, pause }: Way): Case =>
  benchCase({
    name,
    prepare: async () => await sleep(pause),
    run: async () => await publish(freshDigest())
  })

/** From a call to its receipt, in the ways that are named; without any, in all of them. */
export async function benchWrite(url: string, repetitions: number, makes = [ours, tuned, asDocumented]) {
  const provider = jsonRpcProvider(url, CHAIN)
  const { address } = await deployRegistry(walletFromKey(DEV_KEY, provider))
  provider.destroy()
  const ways = await Promise.all(makes.map((make, i) => make(url, address, keyOf(i + 2))))
  try {
    const cases = [await limit(url, address, keyOf(1)), ...ways.map(caseOf)]
    return { address, comparison: await compare('publish to receipt', 1, cases, repetitions) }
  } finally {
    for (const { close } of ways) close()
  }
}

/** How many times as quick as another a way is: by their medians, or by the least of each, which noise does not touch. */
export function timesQuicker(
  { rows }: Comparison,
  name: string,
  than: string,
  by: 'median' | 'least' = 'median'
): number {
  const timeOf = (wanted: string): number => rows.find((row) => row.name.startsWith(wanted))![by]
  return timeOf(than) / timeOf(name)
}

interface Row {
  readonly name: string
  readonly publications: number
  readonly errors: number
  readonly milliseconds: number
}

/** So many publications, one after another or at once, and how many of them failed. */
async function row(name: string, count: number, ways: readonly Way[], atOnce: boolean): Promise<Row> {
  const began = performance.now()
  let errors = 0
  const one = async ({ publish }: Way): Promise<void> => {
    await publish(freshDigest()).catch(() => {
      errors += 1
    })
  }
  const all = ways.flatMap((way) => Array.from({ length: count }, () => way))
  if (atOnce) await Promise.all(all.map(one))
  else for (const way of all) await one(way)
  for (const { close } of ways) close()
  return { name, publications: all.length, errors, milliseconds: performance.now() - began }
}

async function benchRows(url: string, address: Address, count: number): Promise<readonly Row[]> {
  const request = httpRequest(url)
  const mineEvery = async (seconds: number): Promise<void> => {
    await request({ method: 'evm_setAutomine', params: [seconds === 0] })
    await request({ method: 'evm_setIntervalMining', params: [seconds] })
  }
  const key = keyOf(6)
  const rows: Row[] = [
    await row('ethers, as documented, one after another', count, [await asDocumented(url, address, keyOf(7))], false),
    await row('ethers, tuned, one after another', count, [await tuned(url, address, keyOf(8))], false),
    await row('ethers, tuned, at once', count, [await tuned(url, address, keyOf(9))], true),
    await row('trend-archive, one after another', count, [await ours(url, address, key)], false),
    await row('trend-archive, at once', count, [await ours(url, address, key)], true),
    await row(
      'trend-archive, two of one account at once',
      count,
      [await ours(url, address, key), await ours(url, address, key)],
      true
    )
  ]
  await mineEvery(1)
  rows.push(
    await row('trend-archive, at once, a block a second', count, [await ours(url, address, key)], true),
    await row(
      'trend-archive, two of one account at once, a block a second',
      count,
      [await ours(url, address, key), await ours(url, address, key)],
      true
    ),
    await row('trend-archive, one after another, a block a second', count, [await ours(url, address, key)], false)
  )
  await mineEvery(0)
  return rows
}

function rowLines(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(({ name }) => name.length))
  return [
    `${'in a row'.padEnd(width)}  published    errors        ms`,
    ...rows.map(({ name, publications, errors, milliseconds }) => {
      const figures = [publications - errors, errors, Math.round(milliseconds)]
      return `${name.padEnd(width)}${figures.map((figure) => String(figure).padStart(10)).join('')}`
    })
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))
  const chain = await startDevChain({ stateFile: join(folder, 'chain.json'), kind: 'anvil' })
  try {
    console.log(machine())
    const { address, comparison } = await benchWrite(chain.url, values.quick ? 3 : 25)
    console.log(`\n${lines(comparison).join('\n')}`)
    for (const than of ['ethers, tuned', 'ethers, as']) {
      const row = comparison.rows.find(({ name }) => name.startsWith(than))!
      console.log(`${timesQuicker(comparison, 'trend-archive', than).toFixed(1)} times as quick as ${row.name}`)
    }
    console.log(`\n${rowLines(await benchRows(chain.url, address, values.quick ? 5 : 50)).join('\n')}`)
  } finally {
    await chain.stop()
    rmSync(folder, { recursive: true })
  }
  process.exit()
}
