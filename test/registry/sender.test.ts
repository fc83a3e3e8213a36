import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { JsonRpcProvider, Transaction, Wallet } from 'ethers'
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startDevChain } from '../../scripts/dev-chain.ts'
import type { Bytes32 } from '../../src/block/cid.ts'
import { isArchiveError } from '../../src/errors.ts'
import { jsonRpcProvider } from '../../src/registry/account.ts'
import { type EthersRegistryOptions, ethersRegistry } from '../../src/registry/ethers.ts'
import { httpRequest } from '../../src/registry/http.ts'
import {
  NONE,
  type Registry,
  type RegistryCall,
  type RegistryWriter,
  type SendEvent
} from '../../src/registry/registry.ts'
import { openEvm } from './evm.ts'
import { serve, serveRpc } from './server.ts'

const CHAIN = 'eip155:31337'
const GWEI = 10n ** 9n

const folder = mkdtempSync(join(tmpdir(), 'sender-'))
const chain = await startDevChain({ stateFile: join(folder, 'chain.json') })
const provider = jsonRpcProvider(chain.url, CHAIN)
const evm = await openEvm(provider)
const node = httpRequest(chain.url)
const tell = async (method: string, ...params: readonly unknown[]): Promise<unknown> => await node({ method, params })

const baseFee = async (wei: bigint): Promise<void> => {
  await tell('anvil_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)
}

beforeEach(async () => {
  await evm.reset()
  await baseFee(GWEI)
})
afterEach(async () => {
  await tell('anvil_dropAllTransactions')
  await tell('evm_setIntervalMining', 0)
  await tell('evm_setAutomine', true)
})
afterAll(async () => {
  provider.destroy()
  await chain.stop()
  rmSync(folder, { recursive: true })
})

type Account = Registry & RegistryWriter
type Limits = Partial<Omit<EthersRegistryOptions, 'chain' | 'address' | 'signer'>>

const [{ privateKey: KEY }] = evm.wallets as [Wallet]

/** A registry object of the first account, over a node that may be another's. */
async function open(limits: Limits = {}, url: string | URL = chain.url): Promise<Account> {
  const connection = jsonRpcProvider(url, CHAIN)
  onTestFinished(() => connection.destroy())
  const signer = new Wallet(KEY, connection)
  return await ethersRegistry({ chain: CHAIN, address: evm.address, signer, ...limits })
}

let last = 0
/** A call that depends on no other. */
const anew = ({ account: publisher }: Account): RegistryCall => {
  last += 1
  return { verb: 'publish', publisher, ref: NONE, digest: digest(last), parent: NONE, tree: NONE }
}
const digest = (n: number): Bytes32 => `0x${n.toString(16).padStart(64, '7')}`

const mining = async (seconds: number | undefined): Promise<void> => {
  await tell('evm_setAutomine', false)
  if (seconds !== undefined) await tell('evm_setIntervalMining', seconds)
}
const nonceAt = async (tag: 'latest' | 'pending', account = evm.wallets[0]!.address): Promise<number> =>
  Number(await tell('eth_getTransactionCount', account, tag))
const inPool = async (): Promise<number> => (await nonceAt('pending')) - (await nonceAt('latest'))

/** A node that passes on what it is asked, unless `reply` has an answer of its own; and what it was asked. */
async function between(reply: (method: string, params: readonly unknown[]) => unknown) {
  const asked: string[] = []
  const { url } = await serveRpc(async (method, params) => {
    asked.push(method)
    return (await reply(method, params)) ?? (await node({ method, params }))
  })
  return { url, asked }
}

/** What a node says that leaves a request open. */
const never = async (): Promise<never> => await new Promise(() => undefined)

const unsupported = (method: string, ...methods: readonly string[]): void => {
  if (methods.includes(method)) throw { code: -32601, toString: () => 'Method not found' }
}

/** What a transaction offers for a unit of gas, at most and as its priority fee. */
const offered = async (transaction: Bytes32): Promise<readonly bigint[]> => {
  const sent = (await tell('eth_getTransactionByHash', transaction)) as Readonly<Record<string, string>>
  return [BigInt(sent.maxFeePerGas ?? sent.gasPrice!), BigInt(sent.maxPriorityFeePerGas ?? 0)]
}

describe('fifty publications', () => {
  test('go one after another, without an error', async () => {
    const account = await open()
    const before = await nonceAt('latest')
    for (let i = 0; i < 50; i++) await account.send([anew(account)])
    expect(await nonceAt('latest')).toBe(before + 50)
  })

  test.each([
    ['at once', undefined],
    ['at once, where a block is made every second', 1]
  ])('go %s', async (_, seconds) => {
    const account = await open()
    const before = await nonceAt('latest')
    if (seconds !== undefined) await mining(seconds)
    const receipts = await Promise.all(Array.from({ length: 50 }, async () => await account.send([anew(account)])))
    expect(new Set(receipts.map(({ transaction }) => transaction)).size).toBe(50)
    expect(await nonceAt('latest')).toBe(before + 50)
  })

  test.each([
    ['', undefined],
    [', where a block is made every second', 1]
  ])('and fifty more from another object of the same account go at once%s', async (_, seconds) => {
    const accounts = [await open(), await open()]
    const before = await nonceAt('latest')
    if (seconds !== undefined) await mining(seconds)
    await Promise.all(accounts.flatMap((account) => Array.from({ length: 50 }, () => account.send([anew(account)]))))
    expect(await nonceAt('latest')).toBe(before + 100)
  })
})

/** Publishes in a process of its own, with the same key. */
async function inAnotherProcess(count: number): Promise<void> {
  const at = (file: string): string => new URL(`../../src/registry/${file}`, import.meta.url).href
  const script = `
    import { jsonRpcProvider, walletFromKey } from '${at('account.ts')}'
    import { ethersRegistry } from '${at('ethers.ts')}'
    const signer = walletFromKey(process.env.KEY, jsonRpcProvider('${chain.url}', '${CHAIN}'))
    const account = await ethersRegistry({ chain: '${CHAIN}', address: '${evm.address}', signer })
    const none = '0x' + '0'.repeat(64)
    for (let i = 1; i <= ${count}; i++) {
      const digest = '0x' + i.toString(16).padStart(64, '8')
      await account.send([{ verb: 'publish', publisher: account.account, ref: none, digest, parent: none, tree: none }])
    }
    process.exit(0)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, KEY },
    stdio: ['ignore', 'inherit', 'inherit']
  })
  const code = await new Promise((resolve) => other.once('exit', resolve))
  expect(code).toBe(0)
}

test('two processes of one account do not get into each other’s way', async () => {
  const account = await open()
  const before = await nonceAt('latest')
  let isDone = false
  const theirs = inAnotherProcess(25).finally(() => {
    isDone = true
  })
  let ours = 0
  for (; !isDone || ours < 25; ours++) await account.send([anew(account)])
  await theirs
  expect(await nonceAt('latest')).toBe(before + 25 + ours)
})

describe('a send', () => {
  test('asks five things, in three round trips, once the chain is known', async () => {
    const { url, asked } = await between(() => undefined)
    const account = await open({}, url)
    await account.send([anew(account)])
    asked.length = 0
    await account.send([anew(account)])
    expect(asked.slice(0, 3).toSorted()).toEqual(['eth_estimateGas', 'eth_feeHistory', 'eth_getTransactionCount'])
    expect(asked.slice(3)).toEqual(['eth_sendRawTransactionSync', 'eth_getBlockByNumber'])
  })

  test.each([
    ['does not know', -32601],
    ['forbids', -32600]
  ])('falls back where the node %s the newer method, and does not ask for it again', async (_, code) => {
    const { url, asked } = await between((method) => {
      if (method === 'eth_sendRawTransactionSync') throw { code, toString: () => 'no such thing here' }
    })
    const account = await open({}, url)
    await account.send([anew(account)])
    await account.send([anew(account)])
    const of = (wanted: string): number => asked.filter((method) => method === wanted).length
    expect([of('eth_sendRawTransactionSync'), of('eth_sendRawTransaction')]).toEqual([1, 2])
  })

  test('whose time is up in the node waits on for the same transaction', async () => {
    const { url, asked } = await between(async (method, [bytes]) => {
      if (method !== 'eth_sendRawTransactionSync') return
      await tell('eth_sendRawTransaction', bytes)
      throw { code: 4, toString: () => 'added to the mempool, but not processed in 2s' }
    })
    const account = await open({}, url)
    const before = await nonceAt('latest')
    await account.send([anew(account)])
    expect(await nonceAt('latest')).toBe(before + 1)
    expect(asked).not.toContain('eth_sendRawTransaction')
  })

  test('does not wait for ever on a request that the node leaves open', async () => {
    const { url } = await between((method) => (method === 'eth_sendRawTransactionSync' ? never() : undefined))
    const account = await open({ patience: 100 }, url)
    const before = await nonceAt('latest')
    await account.send([anew(account)])
    expect(await nonceAt('latest')).toBe(before + 1)
  })

  test.each([
    ['after the node has mined it', true],
    ['before the node has heard it', false]
  ])('whose connection drops %s is not sent under another nonce', async (_, passOn) => {
    let drops = 0
    const { url } = await serve(async (body, response) => {
      const { id, method, params } = JSON.parse(body)
      if (/^eth_sendRaw/.test(method) && drops < 3) {
        drops += 1
        if (passOn) await tell(method, ...params).catch(() => undefined)
        response.destroy()
        return
      }
      const answer = await node({ method, params }).then(
        (result) => ({ result }),
        ({ code, message }) => ({ error: { code, message } })
      )
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })
    const account = await open({}, url)
    const before = await nonceAt('latest')
    const events: SendEvent[] = []
    const { transaction } = await account.send([anew(account)], { onProgress: (event) => events.push(event) })
    expect(events).toEqual([{ type: 'sent', transaction }])
    expect(drops).toBeGreaterThan(1)
    expect(await nonceAt('pending')).toBe(before + 1)
  })

  test('follows what is under way from here, also where the node has not heard of that yet', async () => {
    const { url } = await between(async (method, [address]) =>
      method === 'eth_getTransactionCount' ? await tell(method, address, 'latest') : undefined
    )
    const account = await open({}, url)
    await mining(undefined)
    const sends = Array.from({ length: 3 }, async () => await account.send([anew(account)]))
    await expect.poll(inPool, { interval: 10, timeout: 5_000 }).toBe(3)
    await evm.mine()
    expect(new Set((await Promise.all(sends)).map(({ block }) => block.hash)).size).toBe(1)
  })

  test('of the very bytes that another process has sent is theirs too', async () => {
    const accounts = [await open(), await open()]
    const call = anew(accounts[0]!)
    await mining(undefined)
    const sends = accounts.map(async (account) => await account.send([call]))
    await expect.poll(inPool, { interval: 10 }).toBe(1)
    await sleep(200)
    expect(await inPool()).toBe(1)
    await evm.mine()
    const [one, other] = await Promise.all(sends)
    expect(one?.transaction).toBe(other?.transaction)
  })

  test('tells what it cost', async () => {
    const account = await open()
    const { transaction, gasUsed, gasPrice, fee, l1Fee } = await account.send([anew(account)])
    const receipt = (await tell('eth_getTransactionReceipt', transaction)) as Readonly<Record<string, string>>
    expect(gasPrice).toBe(BigInt(receipt.effectiveGasPrice!))
    expect(fee).toBe(gasUsed * gasPrice!)
    expect(l1Fee).toBeUndefined()
  })

  test('tells what a rollup took for its data', async () => {
    const { url } = await between(async (method, params) => {
      if (!/Sync|Receipt/.test(method)) return
      const receipt = (await node({ method, params })) as object | null
      return receipt === null ? null : { ...receipt, l1Fee: '0x2386f26fc10000' }
    })
    const account = await open({}, url)
    const { gasUsed, gasPrice, fee, l1Fee } = await account.send([anew(account)])
    expect(l1Fee).toBe(10n ** 16n)
    expect(fee).toBe(gasUsed * gasPrice! + 10n ** 16n)
  })
})

describe('a receipt', () => {
  test('counts only while its block is canonical', async () => {
    const hashes: unknown[] = []
    const { url } = await between(async (method, params) => {
      if (!/Sync|Receipt/.test(method)) return
      const receipt = (await node({ method, params })) as { blockHash: string } | null
      if (receipt === null || hashes.length >= 2) return receipt
      hashes.push(receipt.blockHash)
      return { ...receipt, blockHash: `0x${'ee'.repeat(32)}` }
    })
    const account = await open({}, url)
    const { block } = await account.send([anew(account)])
    expect(block.hash).toBe(hashes[0])
    expect(hashes).toHaveLength(2)
  })

  test('of a block that is reorganised away is none, and its transaction is sent again', async () => {
    const account = await open()
    await account.send([anew(account)])
    let lost: unknown
    const { url } = await between(async (method, [height]) => {
      if (method !== 'eth_getBlockByNumber' || height === 'latest' || lost !== undefined) return
      lost = ((await tell(method, height, false)) as { readonly hash: string }).hash
      await tell('anvil_reorg', 1, [])
    })
    const late = await open({ patience: 100 }, url)
    const call = anew(late)
    const { block } = await late.send([call])
    expect(lost).toMatch(/^0x/)
    expect(block.hash).not.toBe(lost)
    const at = await late.block('latest')
    expect((await late.record(late.account, digest(last), [], at)).publishedAt).toBeGreaterThan(0)
  })

  test.each([
    ['of another transaction', { transactionHash: `0x${'dd'.repeat(32)}` }],
    ['without a block', { blockNumber: null, blockHash: null }],
    ['with text for numbers', { gasUsed: 'lots' }]
  ])('%s is none', async (_, broken) => {
    const { url } = await between(async (method, params) => {
      if (!/Sync|Receipt/.test(method)) return
      return { ...((await node({ method, params })) as object), ...broken }
    })
    const account = await open({ timeout: 100 }, url)
    await expect(account.send([anew(account)])).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
  })
})

describe('a fee', () => {
  test('is twice the base fee and what others give, and no more than the cap', async () => {
    const call = (account: Account) => [anew(account)]
    const account = await open()
    await account.send(call(account))
    await baseFee(10n * GWEI)
    const [most, priority] = await offered((await account.send(call(account))).transaction)
    expect(most).toBe(20n * GWEI + priority!)
    await baseFee(10n * GWEI)
    const capped = await open({ maxFeePerGas: 15n * GWEI })
    expect(await offered((await capped.send(call(capped))).transaction)).toEqual([15n * GWEI, priority])
  })

  test('that is higher than the cap is not paid, and not even a dry run looks cheaper', async () => {
    const account = await open({ maxFeePerGas: 5n * GWEI })
    const before = await nonceAt('pending')
    await baseFee(10n * GWEI)
    const refusal = expect.objectContaining({
      code: 'FEE_TOO_HIGH',
      details: { asked: expect.stringMatching(/^1[01]\d{9}$/), most: String(5n * GWEI) }
    })
    await expect(account.send([anew(account)])).rejects.toEqual(refusal)
    await expect(account.estimate([anew(account)])).rejects.toEqual(refusal)
    expect(await nonceAt('pending')).toBe(before)
  })

  test('is foretold', async () => {
    const account = await open()
    const call = [anew(account)]
    const { gas, fee, maxFee, maxFeePerGas } = await account.estimate(call)
    const receipt = await account.send(call)
    expect(receipt.fee).toBeLessThanOrEqual(maxFee)
    expect(receipt.gasPrice).toBeLessThanOrEqual(maxFeePerGas)
    expect(fee).toBeLessThanOrEqual(maxFee)
    expect(receipt.gasUsed).toBeLessThanOrEqual(gas)
  })

  test('is one price where the chain has no base fee', async () => {
    const { url } = await between((method) => {
      if (method === 'eth_gasPrice') return `0x${(7n * GWEI).toString(16)}`
      return unsupported(method, 'eth_feeHistory')
    })
    const account = await open({}, url)
    const { transaction } = await account.send([anew(account)])
    const { type } = (await tell('eth_getTransactionByHash', transaction)) as { readonly type: string }
    expect([type, (await offered(transaction))[0]]).toEqual(['0x0', 7n * GWEI])
  })

  test('that the node finds too low is raised until it does not', async () => {
    const least = 5n * GWEI
    const { url, asked } = await between((method, [bytes]) => {
      if (!/^eth_sendRaw/.test(method)) return
      const { maxPriorityFeePerGas } = Transaction.from(String(bytes))
      if (maxPriorityFeePerGas! < least) throw { code: -32000, toString: () => 'transaction underpriced' }
    })
    const account = await open({}, url)
    const { transaction } = await account.send([anew(account)])
    const [, priority] = await offered(transaction)
    expect(priority).toBeGreaterThanOrEqual(least)
    expect(priority).toBeLessThan(2n * least)
    expect(asked.filter((method) => method === 'eth_sendRawTransactionSync').length).toBeLessThan(10)
    const capped = await open({ maxFeePerGas: 3n * GWEI }, url)
    await expect(capped.send([anew(capped)])).rejects.toMatchObject({ code: 'FEE_TOO_HIGH' })
  })
})

describe('a transaction that no block takes', () => {
  test('is replaced by one that offers at least an eighth more, and either counts', async () => {
    const account = await open({ patience: 150 })
    await mining(undefined)
    const events: SendEvent[] = []
    const sending = account.send([anew(account)], { onProgress: (event) => events.push(event) })
    await expect.poll(inPool, { interval: 10 }).toBe(1)
    await baseFee(50n * GWEI)
    await expect.poll(() => events.length, { interval: 10, timeout: 5_000 }).toBeGreaterThan(1)
    expect(await inPool()).toBe(1)
    await evm.mine()
    const { transaction } = await sending
    const [sent, replaced] = events as [Extract<SendEvent, { type: 'sent' }>, Extract<SendEvent, { type: 'replaced' }>]
    expect([sent.type, replaced.type]).toEqual(['sent', 'replaced'])
    expect(replaced).toMatchObject({ replaced: sent.transaction, transaction })
    expect(replaced.maxFeePerGas).toBeGreaterThan(100n * GWEI)
    expect(await inPool()).toBe(0)
  })

  test('counts too when it is mined after it was replaced', async () => {
    const raws: string[] = []
    const { url } = await between(async (method, [bytes]) => {
      if (method === 'eth_sendRawTransactionSync') throw { code: -32601, toString: () => 'no' }
      if (method !== 'eth_sendRawTransaction') return
      raws.push(String(bytes))
      // The node takes all of them, and keeps the first.
      return raws.length === 1 ? await tell(method, bytes) : Transaction.from(String(bytes)).hash
    })
    const account = await open({ patience: 100 }, url)
    await mining(undefined)
    const sending = account.send([anew(account)])
    await expect.poll(() => raws.length, { interval: 10, timeout: 5_000 }).toBe(2)
    await evm.mine()
    expect((await sending).transaction).toBe(Transaction.from(raws[0]!).hash)
    const [before, after] = raws.map((raw) => Transaction.from(raw)) as [Transaction, Transaction]
    expect(after.nonce).toBe(before.nonce)
    expect(after.maxFeePerGas! * 8n).toBeGreaterThanOrEqual(before.maxFeePerGas! * 9n)
    expect(after.maxPriorityFeePerGas! * 8n).toBeGreaterThanOrEqual(before.maxPriorityFeePerGas! * 9n)
  })

  test('is not paid for beyond the cap, but brought back where the node has dropped it', async () => {
    const account = await open({ patience: 100, maxFeePerGas: 3n * GWEI })
    await mining(undefined)
    const events: SendEvent[] = []
    const sending = account.send([anew(account)], { onProgress: (event) => events.push(event) })
    await expect.poll(inPool, { interval: 10 }).toBe(1)
    await baseFee(50n * GWEI)
    await tell('anvil_dropAllTransactions')
    await expect.poll(inPool, { interval: 10 }).toBe(0)
    await baseFee(GWEI)
    await expect.poll(inPool, { interval: 10, timeout: 5_000 }).toBe(1)
    await evm.mine()
    const { transaction } = await sending
    expect((await offered(transaction))[0]).toBeLessThanOrEqual(3n * GWEI)
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  })

  test('is told with all that were sent in its place, when the time is up', async () => {
    const account = await open({ patience: 100, timeout: 600 })
    await mining(undefined)
    const events: SendEvent[] = []
    const error = await account
      .send([anew(account)], { onProgress: (event) => events.push(event) })
      .catch((reason: unknown) => reason)
    const sent = events.flatMap((event) => (event.type === 'queued' ? [] : [event.transaction]))
    expect(sent.length).toBeGreaterThan(1)
    expect(error).toMatchObject({
      code: 'TRANSACTION_PENDING',
      details: { account: account.account, nonce: await nonceAt('latest'), transactions: sent }
    })
  })

  test('is told when the wait is aborted, at whatever moment', async () => {
    await mining(undefined)
    let pending = 0
    for (const delay of [0, 2, 5, 10, 20, 50, 150]) {
      const account = await open({ patience: 100 })
      const before = await inPool()
      const controller = new AbortController()
      const sending = account.send([anew(account)], { signal: controller.signal })
      setTimeout(() => controller.abort(new Error('enough')), delay)
      const error = await sending.catch((reason: unknown) => reason)
      await sleep(50)
      const isSent = (await inPool()) > before
      if (isSent) pending += 1
      const told = { code: 'TRANSACTION_PENDING', cause: { message: 'enough' } }
      // What was cut off on its way may have got there, so that is told as well.
      const isTold = isSent || isArchiveError(error)
      expect(error, `after ${delay} ms`).toMatchObject(isTold ? told : { message: 'enough' })
    }
    expect(pending).toBeGreaterThan(0)
  })

  test('does not keep others of the account waiting for their turn once they are aborted', async () => {
    const { url } = await between((method) => (method === 'eth_estimateGas' ? never() : undefined))
    const account = await open({}, url)
    const controller = new AbortController()
    const first = account.send([anew(account)], { signal: controller.signal })
    const second = account.send([anew(account)], { signal: AbortSignal.timeout(20) })
    await expect(second).rejects.toMatchObject({ name: 'TimeoutError' })
    controller.abort('stop')
    await expect(first).rejects.toBe('stop')
  })

  test('that another process has replaced by something else is sent anew', async () => {
    const account = await open()
    await mining(undefined)
    const call = anew(account)
    const sending = account.send([call])
    await expect.poll(inPool, { interval: 10 }).toBe(1)
    const other = await open({ speedUp: true })
    const theirs = other.send([anew(other)])
    await expect
      .poll(async () => Number(await tell('eth_getBlockTransactionCountByNumber', 'pending')), { interval: 10 })
      .toBe(1)
    await sleep(300)
    await tell('evm_setAutomine', true)
    await evm.mine()
    const [ours, replaced] = await Promise.all([sending, theirs])
    expect(ours.transaction).not.toBe(replaced.transaction)
    const at = await account.block('latest')
    expect((await account.record(account.account, digest(last - 1), [], at)).publishedAt).toBeGreaterThan(0)
    expect((await account.record(account.account, digest(last), [], at)).publishedAt).toBeGreaterThan(0)
  })
})

describe('what an earlier process has sent', () => {
  /** A transaction of the account that no block takes, as somebody else sent it. */
  async function stick(fees: { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }): Promise<Bytes32> {
    await mining(undefined)
    const wallet = new Wallet(KEY)
    const nonce = await nonceAt('pending')
    const bytes = await wallet.signTransaction({
      type: 2,
      chainId: 31337,
      to: wallet.address,
      gasLimit: 21_000,
      nonce,
      ...fees
    })
    return (await tell('eth_sendRawTransaction', bytes)) as Bytes32
  }
  const CHEAP = { maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: GWEI }

  test('is waited for before anything is read', async () => {
    await stick(CHEAP)
    const account = await open()
    const events: SendEvent[] = []
    let isSettled = false
    const settling = account.settle({ onProgress: (event) => events.push(event) }).then(() => {
      isSettled = true
    })
    await expect.poll(() => events, { interval: 10 }).toEqual([{ type: 'queued', behind: 1 }])
    await sleep(50)
    expect(isSettled).toBe(false)
    await evm.mine()
    await settling
    await account.settle()
  })

  test('and is stuck is told, with the way out', async () => {
    await stick(CHEAP)
    await baseFee(50n * GWEI)
    const account = await open({ patience: 100 })
    const nonce = await nonceAt('latest')
    await expect(account.settle()).rejects.toMatchObject({
      code: 'TRANSACTION_PENDING',
      message: `an earlier transaction of ${account.account} with nonce ${nonce} was not mined within 100 ms; it may still be`,
      details: { account: account.account, nonce, transactions: [] }
    })
    await expect(account.settle({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('is what a transaction says it waits behind', async () => {
    await stick(CHEAP)
    await baseFee(50n * GWEI)
    const account = await open({ patience: 100, timeout: 400 })
    const events: SendEvent[] = []
    const error = await account
      .send([anew(account)], { onProgress: (event) => events.push(event) })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TRANSACTION_PENDING', details: { nonce: (await nonceAt('latest')) + 1 } })
    expect(events.slice(0, 2)).toEqual([
      { type: 'sent', transaction: (error as { details: { transactions: string[] } }).details.transactions[0] },
      { type: 'queued', behind: 1 }
    ])
  })

  test.each([
    ['little', CHEAP],
    ['a priority fee far above what others give', { maxFeePerGas: 45n * GWEI, maxPriorityFeePerGas: 40n * GWEI }]
  ])('and offers %s is replaced when asked', async (_, fees) => {
    const old = await stick(fees)
    await baseFee(50n * GWEI)
    const account = await open({ speedUp: true, patience: 100 })
    await account.settle()
    const nonce = await nonceAt('latest')
    const sending = account.send([anew(account)])
    const left = async (): Promise<unknown> => await tell('eth_getTransactionByHash', old)
    expect(await left()).not.toBeNull()
    await expect.poll(left, { interval: 10, timeout: 5_000 }).toBeNull()
    expect(await inPool()).toBe(1)
    await evm.mine()
    const { transaction } = await sending
    const mined = (await tell('eth_getTransactionByHash', transaction)) as { readonly nonce: string }
    expect(Number(mined.nonce)).toBe(nonce)
    expect(await inPool()).toBe(0)
    expect((await offered(transaction))[1]).toBeLessThan(4n * fees.maxPriorityFeePerGas)
  })
})

describe('the wallet of a browser', () => {
  /** A node with accounts of its own, which speaks as a wallet does; and what it was asked to send. */
  async function wallet(reply: (method: string, params: readonly unknown[]) => unknown = () => undefined) {
    const { url, asked } = await between(reply)
    const connection = new JsonRpcProvider(url.href, 31337, { staticNetwork: true, batchMaxCount: 1 })
    onTestFinished(() => connection.destroy())
    return { signer: await connection.getSigner(0), asked }
  }
  const options = { chain: CHAIN, address: evm.address } as const

  test('signs and sends itself, with nonces of its own', async () => {
    const { signer, asked } = await wallet()
    const account = await ethersRegistry({ ...options, signer })
    const before = await nonceAt('latest')
    const receipts = await Promise.all(Array.from({ length: 5 }, async () => await account.send([anew(account)])))
    expect(new Set(receipts.map(({ transaction }) => transaction)).size).toBe(5)
    expect(await nonceAt('latest')).toBe(before + 5)
    expect(asked.filter((method) => /eth_sendRaw|TransactionCount|feeHistory/.test(method))).toEqual([])
  })

  test('is told the most to offer where there is a cap', async () => {
    const { signer } = await wallet()
    const account = await ethersRegistry({ ...options, signer, maxFeePerGas: 3n * GWEI })
    const { transaction } = await account.send([anew(account)])
    expect((await offered(transaction))[0]).toBeLessThanOrEqual(3n * GWEI)
    await baseFee(10n * GWEI)
    await expect(account.send([anew(account)])).rejects.toMatchObject({ code: 'FEE_TOO_HIGH' })
  })

  test('that says no is told from one that says nothing, or nothing that makes sense', async () => {
    const declining = await wallet((method) => {
      if (method === 'eth_sendTransaction') throw { code: 4001, toString: () => 'User rejected the request.' }
    })
    const account = await ethersRegistry({ ...options, signer: declining.signer })
    await expect(account.send([anew(account)])).rejects.toMatchObject({ code: 'NO_ACCOUNT' })

    const odd = await wallet((method) => (method === 'eth_sendTransaction' ? 'done' : undefined))
    const talker = await ethersRegistry({ ...options, signer: odd.signer })
    await expect(talker.send([anew(talker)])).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })

    const silent = await wallet((method) => (method === 'eth_sendTransaction' ? never() : undefined))
    const other = await ethersRegistry({ ...options, signer: silent.signer })
    await expect(other.send([anew(other)], { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      code: 'TRANSACTION_PENDING',
      message: expect.stringContaining('was asked to send'),
      details: { transactions: [] }
    })
  })
})
