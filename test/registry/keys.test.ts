import { inspect } from 'node:util'
import { encryptKeystoreJsonSync, JsonRpcProvider, makeError, Transaction, Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { jsonRpcProvider, walletFromKey, walletFromKeystore } from '../../src/registry/account.ts'
import { type EthersRegistryOptions, ethersRegistry } from '../../src/registry/ethers.ts'
import { NONE, type RegistryCall, type RegistryWriter } from '../../src/registry/registry.ts'
import { openHardhat } from './evm.ts'
import { deadUrl, serve } from './server.ts'

const evm = await openHardhat()
afterAll(evm.close)

const CHAIN = 'eip155:31337'
/** Nobody's keys, and a word: they must show up nowhere. The first account has money, the second has none. */
const [RICH, POOR] = [`${'c0ffee'.repeat(10)}1234`, `${'facade'.repeat(10)}5678`] as const
const PASSWORD = 'canary-password-0b5e'
/** What was signed: as long as it is only sent, whoever reads an error could send it too. */
const signed: string[] = []

beforeEach(async () => {
  signed.length = 0
  await evm.reset()
  const { address } = new Wallet(RICH)
  await evm.request({ method: 'hardhat_setBalance', params: [address, '0x56bc75e2d63100000'] })
})

/** All that a logger could get out of an error. */
function everythingIn(error: unknown): string {
  const parts = [inspect(error, { depth: null, showHidden: true, maxStringLength: null, getters: true })]
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    parts.push(
      String(one),
      String(one.stack),
      JSON.stringify(one),
      JSON.stringify(one, Object.getOwnPropertyNames(one))
    )
  }
  return parts.join('\n').toLowerCase()
}

function expectNothingTold(error: unknown): void {
  expect(error).toBeInstanceOf(Error)
  const told = everythingIn(error)
  for (const secret of [RICH, POOR, PASSWORD]) expect(told).not.toContain(secret)
  for (const bytes of signed) {
    const { signature } = Transaction.from(bytes)
    // No part of it either, down to half a signature.
    for (const part of [bytes.slice(2, 62), signature!.r.slice(2), signature!.s.slice(2)]) {
      expect(told).not.toContain(part.toLowerCase())
    }
  }
}

const call = ({ account: publisher }: RegistryWriter, digest: Bytes32 = `0x${'42'.repeat(32)}`): RegistryCall => ({
  verb: 'publish',
  publisher,
  ref: NONE,
  digest,
  parent: NONE,
  tree: NONE
})

/** A node that passes on what it is asked, but says what it likes to a signed transaction. */
async function saying(reply: (bytes: string, request: string) => string | undefined): Promise<URL> {
  const { url } = await serve(async (body, response) => {
    const { id, method, params } = JSON.parse(body)
    const isSending = /^eth_sendRaw/.test(method)
    if (isSending) signed.push(params[0])
    const said = isSending ? reply(params[0], body) : undefined
    if (said !== undefined) return void response.end(said.replace('"id":0', `"id":${id}`))
    const answer = await evm.request({ method, params }).then(
      (result) => ({ result }),
      ({ code, message, data }) => ({ error: { code, message, data } })
    )
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })
  return url
}

const error = (fields: object): string => JSON.stringify({ jsonrpc: '2.0', id: 0, error: fields })

type Limits = Partial<Omit<EthersRegistryOptions, 'chain' | 'address' | 'signer'>>

async function failure(
  url: URL,
  { key = RICH, own = false, ...limits }: Limits & { key?: string; own?: boolean } = {}
) {
  const provider = own
    ? new JsonRpcProvider(url.href, 31337, { staticNetwork: true, batchMaxCount: 1 })
    : jsonRpcProvider(url, CHAIN)
  onTestFinished(() => provider.destroy())
  const signer = walletFromKey(key, provider)
  const account = await ethersRegistry({ chain: CHAIN, address: evm.address, signer, timeout: 100, ...limits })
  return await account.send([call(account)]).catch((reason: unknown) => reason)
}

describe('no error tells a key, a password or what was signed:', () => {
  test.each([
    ['a key that is too short', () => walletFromKey(RICH.slice(0, -1))],
    ['a key that is too long', () => walletFromKey(`${RICH}0`)],
    ['a keystore under another password', () => walletFromKeystore(keystore(), `${PASSWORD}!`)],
    ['a keystore that is none', () => walletFromKeystore(JSON.stringify({ key: RICH, version: 3 }), PASSWORD)]
  ])('%s', async (_, open) => {
    const reason = await Promise.resolve()
      .then(open)
      .catch((thrown: unknown) => thrown)
    expect(reason).toMatchObject({ code: 'NO_ACCOUNT' })
    expectNothingTold(reason)
  })

  test('a node that is not there', async () => {
    const { host } = await deadUrl()
    for (const own of [false, true]) {
      const url = new URL(`http://user:${PASSWORD}@${host}/${POOR}`)
      expectNothingTold(await failure(url, { own }))
    }
  })

  const quotes: readonly (readonly [string, (bytes: string, request: string) => string])[] = [
    ['in its words', (bytes) => error({ code: -32000, message: `cannot take ${bytes}` })],
    ['bare', (bytes) => error({ code: -32000, message: `cannot take ${bytes.slice(2)}: sorry` })],
    // What is cut off after so many letters leaves a part that is no longer than a hash.
    ['late in its words', (bytes) => error({ code: -32000, message: `${'so '.repeat(44)}, ${bytes}` })],
    ['as a revert', (bytes) => error({ code: 3, message: 'execution reverted', data: bytes })],
    ['in its data', (bytes, request) => error({ code: -32000, message: 'no', data: { data: bytes, request } })],
    ['as its code', (bytes) => error({ code: bytes, message: 'no' })],
    ['as a low nonce', (bytes) => error({ code: -32000, message: `nonce too low: ${bytes}`, data: bytes })],
    ['as underpriced', (bytes) => error({ code: -32000, message: `underpriced: ${bytes}`, data: bytes })],
    ['with the whole request', (_, request) => error({ code: -32603, message: `could not do ${request}` })],
    ['as its answer', (bytes) => JSON.stringify({ jsonrpc: '2.0', id: 0, result: bytes })],
    ['on a page', (bytes) => `<html>${bytes}</html>`],
    ['as another’s answer', (bytes) => JSON.stringify({ jsonrpc: '2.0', id: 77, result: bytes, error: { bytes } })]
  ]

  test.each(quotes)('a node that quotes the transaction %s', async (_, reply) => {
    const url = await saying(reply)
    for (const own of [false, true]) expectNothingTold(await failure(url, { own, maxFeePerGas: 10n ** 13n }))
    expect(signed.length).toBeGreaterThan(1)
  })

  test('an account that cannot pay', async () => {
    const url = await saying(() => undefined)
    for (const own of [false, true]) {
      const reason = await failure(url, { own, key: POOR })
      expect(reason).toMatchObject({ code: 'REGISTRY_REJECTED', details: { reason: 'InsufficientFunds' } })
      expectNothingTold(reason)
    }
  })

  test('a chain that costs too much', async () => {
    expectNothingTold(await failure(await saying(() => undefined), { maxFeePerGas: 1n }))
  })

  test('a contract that refuses', async () => {
    const url = await saying(() => undefined)
    expect(await failure(url)).not.toBeInstanceOf(Error)
    const reason = await failure(url)
    expect(reason).toMatchObject({ details: { reason: 'AlreadyRecorded' } })
    expectNothingTold(reason)
  })

  test('a transaction that is not mined in time, or no longer waited for', async () => {
    const url = await saying((bytes) => {
      return JSON.stringify({ jsonrpc: '2.0', id: 0, result: Transaction.from(bytes).hash })
    })
    const late = await failure(url, { patience: 20 })
    expect(late).toMatchObject({ code: 'TRANSACTION_PENDING' })
    expectNothingTold(late)
  })

  test('a signer that fails, and says why with the key', async () => {
    const reasons = [
      makeError('no', 'INVALID_ARGUMENT', { argument: 'privateKey', value: RICH }),
      makeError('rejected', 'ACTION_REJECTED', { action: 'signTransaction', reason: 'rejected', info: { key: RICH } }),
      Object.assign(new Error(`cannot sign with 0x${RICH}`), { key: RICH, cause: new Error(RICH) })
    ]
    for (const reason of reasons) {
      class Failing extends Wallet {
        override async signTransaction(): Promise<never> {
          throw reason
        }
      }
      const signer = new Failing(RICH, evm.provider)
      const account = await ethersRegistry({ chain: CHAIN, address: evm.address, signer })
      const told = await account.send([call(account)]).catch((thrown: unknown) => thrown)
      expect(told).toMatchObject({ code: 'NO_ACCOUNT' })
      expectNothingTold(told)
    }
  })
})

const keystore = (): string => encryptKeystoreJsonSync(new Wallet(RICH), PASSWORD, { scrypt: { N: 2, r: 8, p: 1 } })
