import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HDNodeWallet, type JsonRpcApiProvider, keccak256, TypedDataEncoder, Wallet } from 'ethers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startDevChain } from '../../scripts/dev-chain.ts'
import { parseAddress } from '../../src/document/publisher.ts'
import { DEV_KEY, jsonRpcProvider } from '../../src/registry/account.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY } from '../../src/registry/bytecode.ts'
import { type DeployEvent, deployRegistry, planDeployment } from '../../src/registry/deploy.ts'
import { requestOf } from '../../src/registry/ethers.ts'
import { NONE } from '../../src/registry/registry.ts'
import {
  contractOf,
  digest,
  domainOf,
  expectRefusal,
  PUBLISH,
  type Publish,
  send,
  toArgs
} from '../contract/fixture.ts'
import { type BareChain, type BareChainOptions, openBareChain } from './evm.ts'

const PHRASE = 'test test test test test test test test test test test junk'
const [KEY, OTHER_KEY] = [1, 2].map(
  (i) => HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${i}`).privateKey
) as [string, string]
/** Who deploys the proxy, by a signature that nobody made. */
const PROXY_SENDER = '0x3fab184622dc19b6109349b94811493bf2a45362'
/** What it leaves at the address of the proxy. */
const PROXY_CODE = `0x7f${'ff'.repeat(31)}e03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3`

interface Opened extends BareChain {
  readonly signer: Wallet
  readonly tell: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** Wei the account has. */
  readonly purse: () => Promise<bigint>
}

async function open(options: BareChainOptions = {}): Promise<Opened> {
  const chain = await openBareChain(options)
  onTestFinished(chain.close)
  const signer = new Wallet(KEY, chain.provider)
  return {
    ...chain,
    signer,
    tell: async (method, ...params) => await chain.request({ method, params }),
    purse: async () => await chain.provider.getBalance(signer)
  }
}

const codeDigestOn = async (provider: JsonRpcApiProvider): Promise<string> => keccak256(await provider.getCode(ADDRESS))
const isProxys = (method: string, [raw]: readonly unknown[]): boolean =>
  method === 'eth_sendRawTransaction' && String(raw).startsWith('0xf8a58085174876e800')
const refused = (code: string, details: object): object =>
  expect.objectContaining({ code, details: expect.objectContaining(details) })

describe('deploying', () => {
  test.each([31337, 10])('puts the same code at the same address of chain %i, and only once', async (chainId) => {
    const { provider, signer } = await open({ chainId })
    expect(await provider.getCode(PROXY)).toBe('0x')
    const first = await deployRegistry(signer)
    expect(first).toMatchObject({ address: ADDRESS, deployed: true, transaction: expect.stringMatching(/^0x/) })
    expect(await codeDigestOn(provider)).toBe(CODE_DIGEST)
    const nonce = await signer.getNonce()
    expect(await deployRegistry(signer)).toEqual({ address: ADDRESS, deployed: false, block: first.block })
    expect(await signer.getNonce()).toBe(nonce)
  })

  test('makes two chains alike in all but what is signed for them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deploy-'))
    const anvil = await startDevChain({ stateFile: join(folder, 'chain.json'), kind: 'anvil' })
    const here = jsonRpcProvider(anvil.url, 'eip155:31337')
    onTestFinished(async () => {
      here.destroy()
      await anvil.stop()
      await rm(folder, { recursive: true })
    })
    const { provider: there } = await open({ chainId: 84532 })
    const chains = [here, there].map((provider) => new Wallet(KEY, provider)) as [Wallet, Wallet]
    for (const signer of chains) {
      expect((await deployRegistry(signer)).address).toBe(ADDRESS)
      expect(await codeDigestOn(signer.provider as JsonRpcApiProvider)).toBe(CODE_DIGEST)
    }

    const domains = [31337n, 84532n].map((id) => domainOf(id, ADDRESS)) as [object, object]
    expect(TypedDataEncoder.hashDomain(domains[0])).not.toBe(TypedDataEncoder.hashDomain(domains[1]))
    const publisher = parseAddress(chains[0].address)
    const fields = { publisher, editor: publisher, ref: digest(1), digest: digest(2), parent: NONE, tree: NONE }
    const message: Publish = { ...fields, deadline: 4_000_000_000n }
    const args = toArgs(message, await chains[0].signTypedData(domains[0], PUBLISH, message))
    await expectRefusal(
      contractOf(ADDRESS, chains[1])
        .getFunction('publishFor')
        .staticCall(...args),
      'BadSignature',
      publisher
    )
    await send(contractOf(ADDRESS, chains[0]), 'publishFor', ...args)
  })

  test('tells how far it is', async () => {
    const { signer } = await open()
    const told: DeployEvent[] = []
    await deployRegistry(signer, { onProgress: (event) => void told.push(event) })
    expect(told.map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type))).toEqual([
      ...['sent fund', 'mined fund', 'sent proxy', 'mined proxy', 'sent registry', 'mined registry']
    ])
  })

  test('uses the proxy that is there', async () => {
    const { signer, tell, provider } = await open()
    await tell('hardhat_setCode', PROXY, PROXY_CODE)
    expect(await deployRegistry(signer)).toMatchObject({ deployed: true })
    expect(await codeDigestOn(provider)).toBe(CODE_DIGEST)
    expect(await signer.getNonce()).toBe(1)
  })
})

describe('a plan', () => {
  test('says what would be sent and what it costs, and sends nothing', async () => {
    const { signer, request, provider, purse } = await open()
    const before = await purse()
    const plan = await planDeployment(request)
    expect(plan).toMatchObject({ chain: 'eip155:31337', address: ADDRESS, codeDigest: CODE_DIGEST })
    expect(plan.steps).toMatchObject([
      { step: 'fund', to: PROXY_SENDER, value: 10n ** 16n },
      { step: 'proxy', signed: expect.stringMatching(/^0xf8a5/) },
      { step: 'registry', to: PROXY }
    ])
    expect(plan.cost).toBe(plan.gas * plan.gasPrice + 10n ** 16n)
    expect([await provider.getBlockNumber(), await purse()]).toEqual([0, before])

    await deployRegistry(signer)
    const gasOf = async (block: number): Promise<bigint> => (await provider.getBlock(block))?.gasUsed ?? 0n
    const used = Number((await gasOf(1)) + (await gasOf(3)))
    expect(Number(plan.gas) / used).toBeGreaterThan(0.98)
    expect(Number(plan.gas) / used).toBeLessThan(1.02)
    expect(await planDeployment(request)).toMatchObject({ steps: [], gas: 0n, cost: 0n, block: 3n })
  })

  test('is no more than the call of the proxy where that is there', async () => {
    const { signer, request, provider, tell } = await open()
    await tell('hardhat_setCode', PROXY, PROXY_CODE)
    const { steps, gas } = await planDeployment(request)
    expect(steps).toMatchObject([{ step: 'registry' }])
    await deployRegistry(signer)
    const used = Number((await provider.getBlock('latest'))?.gasUsed ?? 0n)
    expect(Number(gas) / used).toBeGreaterThan(0.98)
    expect(Number(gas) / used).toBeLessThan(1.02)
  })
})

describe('a deployment that was cut short', () => {
  test('after the proxy was paid for does not pay again', async () => {
    let isDown = true
    const { signer, provider, tell } = await open({
      says: async (ask, method, params) => {
        const isPaid =
          isProxys(method, params) && BigInt(String(await tell('eth_getBalance', PROXY_SENDER, 'latest'))) > 0n
        if (isPaid && isDown) throw new Error('the node went away')
        return await ask()
      }
    })
    await expect(deployRegistry(signer)).rejects.toEqual(refused('REGISTRY_UNAVAILABLE', { reason: 'no answer' }))
    expect(await provider.getBalance(PROXY_SENDER)).toBe(10n ** 16n)
    const plan = await planDeployment(requestOf(signer))
    expect(plan.steps.map(({ step }) => step)).toEqual(['proxy', 'registry'])
    isDown = false
    expect(await deployRegistry(signer)).toMatchObject({ deployed: true })
    expect(await signer.getNonce()).toBe(2)
  })

  test('after the proxy was sent waits for it, and does not mind that the node knows it already', async () => {
    const { signer, tell } = await open()
    const stop = new AbortController()
    const first = deployRegistry(signer, {
      signal: stop.signal,
      onProgress: async (event) => {
        if (event.type === 'mined' && event.step === 'fund') await tell('evm_setAutomine', false)
        if (event.type === 'sent' && event.step === 'proxy') stop.abort('stop')
      }
    })
    await expect(first).rejects.toMatchObject({ code: 'TRANSACTION_PENDING', cause: 'stop' })
    const onProgress = async (event: DeployEvent): Promise<void> => {
      if (event.type === 'sent') await tell('evm_mine')
    }
    expect(await deployRegistry(signer, { onProgress })).toMatchObject({ deployed: true })
    expect(await signer.getNonce()).toBe(2)
  })

  test('after the proxy came goes on with the registry', async () => {
    let isDown = true
    const { signer, provider } = await open({
      says: async (ask, method, [call]) => {
        const isRegistry = method === 'eth_estimateGas' && 'from' in Object(call) && Object(call).to === PROXY
        if (isRegistry && isDown) throw new Error('the node went away')
        return await ask()
      }
    })
    await expect(deployRegistry(signer)).rejects.toEqual(refused('REGISTRY_UNAVAILABLE', { reason: 'no answer' }))
    expect(await provider.getCode(PROXY)).not.toBe('0x')
    isDown = false
    const { steps } = await planDeployment(requestOf(signer))
    expect(steps.map(({ step }) => step)).toEqual(['registry'])
    expect(await deployRegistry(signer)).toMatchObject({ deployed: true })
  })

  test('finds it there where another account brings it while it plans', async () => {
    let isFirst = true
    const { signer, provider, tell } = await open({
      says: async (ask, method) => {
        if (method === 'eth_estimateGas' && isFirst) {
          isFirst = false
          await deployRegistry(new Wallet(OTHER_KEY, provider))
        }
        return await ask()
      }
    })
    await tell('hardhat_setCode', PROXY, PROXY_CODE)
    expect(await deployRegistry(signer)).toMatchObject({ address: ADDRESS, deployed: false })
    expect(await signer.getNonce()).toBe(0)
  })

  test('after the registry was sent waits for it, and sends nothing more', async () => {
    const { signer, tell } = await open()
    const stop = new AbortController()
    const first = deployRegistry(signer, {
      signal: stop.signal,
      onProgress: async (event) => {
        if (event.type === 'mined' && event.step === 'proxy') await tell('evm_setAutomine', false)
        if (event.type === 'sent' && event.step === 'registry') stop.abort('stop')
      }
    })
    await expect(first).rejects.toMatchObject({ code: 'TRANSACTION_PENDING', cause: 'stop' })
    const told: DeployEvent[] = []
    const again = deployRegistry(signer, {
      onProgress: (event) => {
        told.push(event)
        // Not before it was looked at more than once.
        setTimeout(async () => await tell('evm_mine'), 400)
      }
    })
    expect(await again).toMatchObject({ deployed: false })
    expect(told.filter(({ type }) => type === 'queued')).toEqual([{ type: 'queued', behind: 1 }])
    expect(told.map(({ type }) => type)).not.toContain('sent')
    expect(await signer.getNonce()).toBe(2)
  })

  test('is not gone on with while a transaction of the account is stuck', async () => {
    const { signer, tell } = await open()
    await tell('evm_setAutomine', false)
    await signer.sendTransaction({ to: signer.address, gasLimit: 21_000 })
    await expect(deployRegistry(signer, { timeout: 100 })).rejects.toMatchObject({
      code: 'TRANSACTION_PENDING',
      details: { account: parseAddress(signer.address), nonce: 0 }
    })
    const onProgress = async (event: DeployEvent): Promise<void> => {
      if (event.type === 'sent') await tell('evm_mine')
    }
    expect(await deployRegistry(signer, { speedUp: true, onProgress })).toMatchObject({ deployed: true })
  })

  test('offers no more than it may, and spends nothing where the chain asks for more', async () => {
    const { signer, purse } = await open()
    const before = await purse()
    await expect(deployRegistry(signer, { maxFeePerGas: 1n })).rejects.toMatchObject({ code: 'FEE_TOO_HIGH' })
    expect(await purse()).toBe(before)
    expect(await deployRegistry(signer, { maxFeePerGas: 10n ** 10n })).toMatchObject({ deployed: true })
  })

  test('does not take the 100 gwei of the proxy for what the chain asks', async () => {
    const { signer, provider } = await open()
    const { transaction = '' } = await deployRegistry(signer)
    expect((await provider.getTransaction(transaction))?.maxFeePerGas).toBeLessThan(10n ** 10n)
  })

  test('while somebody else deployed finds the registry there', async () => {
    let isLate = true
    const { signer, provider } = await open({
      says: async (ask, method, [call]) => {
        const isRegistry = method === 'eth_estimateGas' && 'from' in Object(call) && Object(call).to === PROXY
        if (isRegistry && isLate) {
          isLate = false
          await deployRegistry(new Wallet(OTHER_KEY, provider))
        }
        return await ask()
      }
    })
    expect(await deployRegistry(signer)).toMatchObject({ address: ADDRESS, deployed: false })
    expect(await codeDigestOn(provider)).toBe(CODE_DIGEST)
  })
})

test('a deployment that put nothing at the address is none, whatever its receipt says', async () => {
  const { signer } = await open({
    says: async (ask, method, [address]) => (method === 'eth_getCode' && address === ADDRESS ? '0x' : await ask())
  })
  await expect(deployRegistry(signer)).rejects.toEqual(refused('REGISTRY_UNAVAILABLE', { reason: 'no code' }))
})

describe('nothing is spent where', () => {
  /** That deploying is refused and leaves the account as it was. */
  async function refuses({ signer, purse }: Opened, reason: object, options: object = {}): Promise<void> {
    const before = await purse()
    await expect(deployRegistry(signer, options)).rejects.toEqual(reason)
    expect(await purse()).toBe(before)
  }

  test.each(['london', 'merge'] as const)('the chain is too old to run the registry: %s', async (hardfork) => {
    const chain = await open({ hardfork })
    const reason = refused('UNSUPPORTED_RUNTIME', { needs: 'an EVM of Shanghai or newer' })
    await refuses(chain, reason)
    await expect(planDeployment(chain.request)).rejects.toEqual(reason)
    // Its creation alone shows nothing: the code comes about, and is dead.
    const created = await chain.provider.call({ data: creationCode })
    expect(keccak256(created)).toBe(CODE_DIGEST)
  })

  test.each(['shanghai', 'cancun', 'prague', 'osaka'] as const)('there is no reason: not on %s', async (hardfork) => {
    const { signer } = await open({ hardfork })
    expect(await deployRegistry(signer)).toMatchObject({ deployed: true })
  })

  test('there is other code at the address of the registry, or of the proxy', async () => {
    const chain = await open()
    await chain.tell('hardhat_setCode', ADDRESS, '0x00')
    await refuses(chain, refused('REGISTRY_UNAVAILABLE', { reason: 'other code' }))
    await chain.tell('hardhat_setCode', ADDRESS, '0x')
    await chain.tell('hardhat_setCode', PROXY, '0x00')
    await refuses(chain, refused('REGISTRY_UNAVAILABLE', { reason: 'other code' }))
  })

  test('another chain is meant than the node serves', async () => {
    const chain = await open({ chainId: 10 })
    const reason = refused('REGISTRY_UNAVAILABLE', { reason: 'wrong chain' })
    await refuses(chain, reason, { chain: 'eip155:84532' })
    await expect(planDeployment(chain.request, { chain: 'eip155:84532' })).rejects.toEqual(reason)
    expect(await deployRegistry(chain.signer, { chain: 'eip155:10' })).toMatchObject({ deployed: true })
  })

  test.each(['only replay-protected (EIP-155) transactions allowed over RPC', 'REPLAY_PROTECTED_SIGNATURE_REQUIRED'])(
    'the node takes no transaction without a chain: %s',
    async (words) => {
      const chain = await open({
        says: async (ask, method, params) => {
          if (isProxys(method, params)) throw new Error(words)
          return await ask()
        }
      })
      await refuses(
        chain,
        expect.objectContaining({
          code: 'REGISTRY_UNAVAILABLE',
          message: expect.stringMatching(/only transactions that name their chain \(EIP-155\)/),
          hint: expect.stringMatching(/--rpc\.allow-unprotected-txs.*0xf8a5/)
        })
      )
    }
  )

  test('gas costs more than the transaction of the proxy offers', async () => {
    const chain = await open()
    await chain.tell('hardhat_setNextBlockBaseFeePerGas', `0x${(10n ** 11n + 1n).toString(16)}`)
    await chain.tell('evm_mine')
    await refuses(chain, refused('REGISTRY_REJECTED', { reason: 'Underpriced' }))
  })

  test('the account cannot pay for all of it', async () => {
    const { request, provider, tell } = await open()
    const signer = new Wallet(`0x${'42'.repeat(32)}`, provider)
    const { cost } = await planDeployment(request)
    await tell('hardhat_setBalance', signer.address, `0x${(cost - 1n).toString(16)}`)
    const args = expect.objectContaining({ balance: String(cost - 1n), needed: String(cost) })
    await expect(deployRegistry(signer)).rejects.toEqual(
      refused('REGISTRY_REJECTED', { reason: 'InsufficientFunds', args })
    )
    expect(await provider.getBlockNumber()).toBe(0)
  })

  test('the account can pay what it costs, but not what it has to offer at most', async () => {
    const { request, provider, tell } = await open()
    const signer = new Wallet(`0x${'42'.repeat(32)}`, provider)
    await tell('hardhat_setCode', PROXY, PROXY_CODE)
    const { cost } = await planDeployment(request)
    await tell('hardhat_setBalance', signer.address, `0x${cost.toString(16)}`)
    await expect(deployRegistry(signer)).rejects.toEqual(refused('REGISTRY_REJECTED', { reason: 'InsufficientFunds' }))
    expect(await provider.getBlockNumber()).toBe(0)
  })

  test('the key is the one that everybody has, except on the dev chain', async () => {
    const { provider } = await open({ chainId: 10 })
    await expect(deployRegistry(new Wallet(DEV_KEY, provider))).rejects.toMatchObject({ code: 'NO_ACCOUNT' })
    expect(await provider.getBlockNumber()).toBe(0)
  })

  test.each(['eth_chainId', 'eth_blockNumber', 'eth_call', 'eth_gasPrice', 'eth_estimateGas', 'eth_getBalance'])(
    'the node makes no sense: %s',
    async (what) => {
      const chain = await open({ says: async (ask, method) => (method === what ? 'nonsense' : await ask()) })
      const error = await planDeployment(chain.request).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: what === 'eth_call' ? 'UNSUPPORTED_RUNTIME' : 'REGISTRY_UNAVAILABLE' })
    }
  )
})

test('the registry needs no instruction that is younger than Shanghai', () => {
  const code = Buffer.from(creationCode.slice(2), 'hex')
  // What a constructor without arguments does ends with INVALID; the rest is the code itself.
  const runtime = code.subarray(code.indexOf(0xfe) + 1)
  expect(keccak256(runtime)).toBe(CODE_DIGEST)
  const opcodes = new Set<number>()
  for (let i = 0; i < runtime.length; i++) {
    const opcode = runtime[i]!
    opcodes.add(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f
  }
  const younger: Readonly<Record<string, number>> = {
    CLZ: 0x1e,
    BLOBHASH: 0x49,
    BLOBBASEFEE: 0x4a,
    TLOAD: 0x5c,
    TSTORE: 0x5d,
    MCOPY: 0x5e
  }
  for (const [name, opcode] of Object.entries(younger)) expect(opcodes.has(opcode), name).toBe(false)
  expect(opcodes.has(0x5f), 'PUSH0').toBe(true)
})
