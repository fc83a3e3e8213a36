import { Contract, FetchRequest, Interface, JsonRpcProvider, makeError, type TransactionRequest, Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type Registry, type RegistryCall, type RegistryWriter } from '../../src/registry/registry.ts'
import { openHardhat } from './evm.ts'
import { deadUrl, serveRpc } from './server.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const CHAIN = 'eip155:31337'
const REF = refOf('a-trend')
const digest = (n: number): Bytes32 => `0x${(0x1111 + n).toString(16).repeat(16)}`
const open = async (index = 0, timeout?: number): Promise<Registry & RegistryWriter> =>
  await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[index]!, timeout })
const publish = (publisher: Address, n: number, parent: Bytes32 = NONE, ref = REF): RegistryCall => ({
  verb: 'publish',
  publisher,
  ref,
  digest: digest(n),
  parent,
  tree: NONE
})
const automine = async (on: boolean): Promise<void> => {
  await evm.request({ method: 'evm_setAutomine', params: [on] })
}
const pendingCount = async (): Promise<number> => {
  const block = await evm.request({ method: 'eth_getBlockByNumber', params: ['pending', false] })
  return (block as { readonly transactions: readonly unknown[] }).transactions.length
}
const everythingIn = (error: unknown): string => {
  const parts: string[] = []
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    parts.push(String(one), String(one.stack), JSON.stringify(one, Object.getOwnPropertyNames(one)))
  }
  return parts.join('\n')
}

describe('sending', () => {
  test('goes on one after the other, and all at once', async () => {
    const registry = await open()
    for (let i = 1; i <= 5; i++) await registry.send([publish(registry.account, i, i === 1 ? NONE : digest(i - 1))])
    const receipts = await Promise.all(
      [11, 12, 13, 14, 15].map(async (n) => await registry.send([publish(registry.account, n, NONE, NONE)]))
    )
    expect(new Set(receipts.map(({ transaction }) => transaction)).size).toBe(5)
    const at = await registry.block('latest')
    expect(await registry.head(registry.account, REF, at)).toBe(digest(5))
    for (const n of [1, 5, 11, 15]) {
      expect((await registry.record(registry.account, digest(n), [], at)).publishedAt).toBeGreaterThan(0)
    }
  })

  test('goes on after a refusal', async () => {
    const registry = await open()
    const [refused, sent] = await Promise.allSettled([
      registry.send([publish(registry.account, 1, digest(9))]),
      registry.send([publish(registry.account, 2)])
    ])
    expect([refused.status, sent.status]).toEqual(['rejected', 'fulfilled'])
  })

  test('sends one call as itself and several as a multicall', async () => {
    const registry = await open()
    const selectorOf = async (calls: readonly RegistryCall[]): Promise<string | undefined> => {
      const { transaction } = await registry.send(calls)
      const data = (await evm.provider.getTransaction(transaction))?.data ?? '0x'
      return new Interface(trendRegistryAbi).parseTransaction({ data })?.name
    }
    expect(await selectorOf([publish(registry.account, 1)])).toBe('publish')
    expect(await selectorOf([publish(registry.account, 2, digest(1)), { verb: 'retract', node: digest(3) }])).toBe(
      'multicall'
    )
  })

  test('says what came in between when the try went well and the block did not', async () => {
    const publisher = await open()
    await publisher.send([publish(publisher.account, 1)])
    const tried = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    /** Waits between the try and the sending. */
    class Slow extends Wallet {
      override async signTransaction(transaction: TransactionRequest): Promise<string> {
        tried.resolve()
        await gate.promise
        return await super.signTransaction(transaction)
      }
    }
    const signer = new Slow(evm.wallets[1]!.privateKey, evm.provider)
    const editor = await ethersRegistry({ chain: CHAIN, address: evm.address, signer })
    const contract = new Contract(evm.address, trendRegistryAbi, evm.wallets[0]!)
    await (await contract.getFunction('setEditor')(editor.account, 4_000_000_000)).wait()

    const late = Promise.allSettled([editor.send([publish(publisher.account, 3, digest(1))])])
    await tried.promise
    await publisher.send([publish(publisher.account, 2, digest(1))])
    await automine(false)
    gate.resolve()
    await expect.poll(pendingCount, { interval: 10 }).toBe(1)
    await evm.mine()
    await automine(true)
    expect(await late).toMatchObject([
      {
        status: 'rejected',
        reason: {
          code: 'REGISTRY_REJECTED',
          details: {
            reason: 'StaleParent',
            args: { ref: REF, head: digest(2) },
            transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/)
          }
        }
      }
    ])
  })

  test('gives up waiting in time, and names the transaction that may still be mined', async () => {
    const registry = await open(0, 60)
    await automine(false)
    const error = await registry.send([publish(registry.account, 1)]).catch((reason: unknown) => reason)
    await automine(true)
    const transaction = expect.stringMatching(/^0x[0-9a-f]{64}$/)
    expect(error).toMatchObject({
      code: 'TRANSACTION_PENDING',
      details: { nonce: expect.any(Number), transactions: [transaction] }
    })
    expect(String(error)).toMatch(/0x[0-9a-f]{64} was not mined within 60 ms/)
  })

  test('stops waiting when told to, and names the transaction all the same', async () => {
    const registry = await open()
    await automine(false)
    const controller = new AbortController()
    setTimeout(() => controller.abort('stop'), 50)
    const { signal } = controller
    await expect(registry.send([publish(registry.account, 1)], { signal })).rejects.toMatchObject({
      code: 'TRANSACTION_PENDING',
      details: { transactions: [expect.stringMatching(/^0x[0-9a-f]{64}$/)] },
      cause: 'stop'
    })
    await automine(true)
  })

  test('takes as many calls as a transaction can hold, and says so where there are more', async () => {
    const registry = await open()
    const points = (count: number): readonly RegistryCall[] =>
      Array.from({ length: count }, (_, i) => ({
        verb: 'point',
        publisher: registry.account,
        ref: refOf(`trend-${count}-${i}`),
        digest: digest(i),
        parent: NONE
      }))
    expect((await registry.send(points(600))).gasUsed).toBeLessThan(16_777_216n)
    await expect(registry.send(points(700))).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      details: { reason: 'Reverted' },
      hint: expect.stringContaining('fewer calls')
    })
  })

  test('tells a node that cannot estimate from a contract that refuses', async () => {
    const { url } = await serveRpc(async (method, params) => {
      if (method === 'eth_estimateGas') throw new Error('upstream timed out')
      return await evm.request({ method, params })
    })
    const provider = jsonRpcProvider(url, CHAIN)
    onTestFinished(() => provider.destroy())
    const registry = await ethersRegistry({
      chain: CHAIN,
      address: evm.address,
      signer: walletFromKey(DEV_KEY, provider)
    })
    await expect(registry.send([publish(registry.account, 1)])).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      details: { reason: 'no answer' },
      message: expect.stringContaining('upstream timed out')
    })
  })

  test('tries again when another process of the account has sent first', async () => {
    let lies = 2
    const { url } = await serveRpc(async (method, params) => {
      const answer = await evm.request({ method, params })
      if (method !== 'eth_getTransactionCount' || lies-- <= 0) return answer
      return `0x${(Number(answer) - 1).toString(16)}`
    })
    const provider = jsonRpcProvider(url, CHAIN)
    onTestFinished(() => provider.destroy())
    const signer = walletFromKey(DEV_KEY, provider)
    const registry = await ethersRegistry({ chain: CHAIN, address: evm.address, signer })
    const before = await (await open()).send([publish(registry.account, 1)])
    const { block } = await registry.send([publish(registry.account, 2, digest(1))])
    expect(block.number).toBe(before.block.number + 1n)
    expect(lies).toBeLessThan(0)
  })

  test('says that an account cannot pay', async () => {
    const signer = new Wallet(`0x${'42'.repeat(32)}`, evm.provider)
    const registry = await ethersRegistry({ chain: CHAIN, address: evm.address, signer })
    await expect(registry.send([publish(registry.account, 1)])).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      details: { reason: 'InsufficientFunds' }
    })
  })

  test('sends nothing to an account without code, nor to another chain', async () => {
    const [signer] = evm.wallets
    const lost: Address = `0x${'ab'.repeat(20)}`
    const before = await signer!.getNonce()
    const nowhere = await ethersRegistry({ chain: CHAIN, address: lost, signer: signer! })
    await expect(nowhere.send([publish(nowhere.account, 1)])).rejects.toMatchObject({ details: { reason: 'no code' } })
    const elsewhere = await ethersRegistry({ chain: 'eip155:1', address: evm.address, signer: evm.wallets[1]! })
    await expect(elsewhere.send([publish(elsewhere.account, 1)])).rejects.toMatchObject({
      details: { reason: 'wrong chain' }
    })
    expect(await signer!.getNonce()).toBe(before)
  })
})

describe('an account', () => {
  test('that declines to sign is told from a chain that refuses', async () => {
    class Declining extends Wallet {
      override async signTransaction(): Promise<never> {
        throw makeError('user rejected action', 'ACTION_REJECTED', { action: 'signTransaction', reason: 'rejected' })
      }
    }
    const signer = new Declining(DEV_KEY, evm.provider)
    const registry = await ethersRegistry({ chain: CHAIN, address: evm.address, signer })
    await expect(registry.send([publish(registry.account, 1)])).rejects.toMatchObject({ code: 'NO_ACCOUNT' })
  })

  test('brings along whom its node is', async () => {
    const url = await deadUrl()
    const provider = jsonRpcProvider(url, CHAIN)
    const signer = walletFromKey(DEV_KEY, provider)
    const options = { chain: CHAIN, address: evm.address, signer } as const
    expect((await ethersRegistry(options)).trust).toBe(`rpc:${url.host}`)
    expect((await ethersRegistry({ ...options, trust: 'light client' })).trust).toBe('light client')
    expect((await open()).trust).toBe('rpc')
    provider.destroy()
  })

  test('has to be connected to a node', async () => {
    const options = { chain: CHAIN, address: evm.address, signer: new Wallet(DEV_KEY) } as const
    await expect(ethersRegistry(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('that everybody has the key of is for the dev chain only', async () => {
    const options = { chain: 'eip155:1', address: evm.address, signer: evm.wallets[0]! } as const
    await expect(ethersRegistry(options)).rejects.toMatchObject({ code: 'NO_ACCOUNT' })
  })
})

describe('an error', () => {
  const SECRETS = ['s3cret', 'k3y', 't0ken', DEV_KEY.slice(2)]
  const failuresOf = async (registry: Registry & RegistryWriter): Promise<readonly unknown[]> => {
    const at = { number: 1n, hash: digest(1), timestamp: 1, finality: 'unsafe' } as const
    const calls = [publish(registry.account, 1)]
    const settled = await Promise.allSettled([
      registry.send(calls),
      registry.estimate(calls),
      registry.block('latest'),
      registry.head(registry.account, REF, at)
    ])
    return settled.map((one) => (one.status === 'rejected' ? one.reason : undefined))
  }

  test('of a node that is down names neither key nor path', async () => {
    const url = new URL(`http://u:s3cret@${(await deadUrl()).host}/k3y?token=t0ken`)
    const provider = jsonRpcProvider(url, CHAIN)
    const signer = walletFromKey(DEV_KEY, provider)
    for (const error of await failuresOf(await ethersRegistry({ chain: CHAIN, address: evm.address, signer }))) {
      expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', details: { reason: 'no answer' } })
      for (const secret of SECRETS) expect(everythingIn(error)).not.toContain(secret)
    }
    provider.destroy()
  })

  test("of a provider of the caller's names neither key nor path", async () => {
    const { url, host } = await serveRpc(() => '0x7a69')
    const request = new FetchRequest(`http://${host}/k3y?token=t0ken`)
    request.setHeader('authorization', 's3cret')
    // The library puts the request into what it throws.
    request.processFunc = async (_, response) => {
      response.throwThrottleError = () => undefined as never
      Object.defineProperty(response, 'statusCode', { value: 401 })
      return response
    }
    const provider = new JsonRpcProvider(request, 31337, { staticNetwork: true, batchMaxCount: 1 })
    const signer = walletFromKey(DEV_KEY, provider)
    for (const error of await failuresOf(await ethersRegistry({ chain: CHAIN, address: evm.address, signer }))) {
      expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
      for (const secret of SECRETS) expect(everythingIn(error)).not.toContain(secret)
    }
    provider.destroy()
    expect(url.host).toBe(host)
  })

  test('of a node that refuses the transaction repeats neither it nor the key', async () => {
    let raw = ''
    const { url } = await serveRpc(async (method, params) => {
      if (method !== 'eth_sendRawTransaction') return await evm.request({ method, params })
      raw = String(params[0])
      throw { code: -32003, toString: () => 'nonce too low' }
    })
    const provider = jsonRpcProvider(url, CHAIN)
    const registry = await ethersRegistry({
      chain: CHAIN,
      address: evm.address,
      signer: walletFromKey(DEV_KEY, provider)
    })
    const error = await registry.send([publish(registry.account, 1)]).catch((reason: unknown) => reason)
    provider.destroy()
    expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    expect(String(error)).toMatch(/nonce/)
    expect(raw).toMatch(/^0x02/)
    for (const secret of [...SECRETS, raw.slice(2, 60)]) expect(everythingIn(error)).not.toContain(secret)
  })
})
