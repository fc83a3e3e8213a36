import { concat, namehash, toBeHex, Wallet, ZeroAddress, zeroPadValue } from 'ethers'
import { afterAll, describe, expect, test } from 'vitest'
import type { Chain } from '../../src/document/publisher.ts'
import { resolveEns } from '../../src/registry/ens.ts'
import type { Request } from '../../src/registry/request.ts'
import { openNames } from './ens.ts'
import { openBareChain } from './evm.ts'

const chain = await openBareChain({ chainId: 1 })
afterAll(chain.close)
const owner = new Wallet(`0x${'01'.repeat(32)}`, chain.provider)
await chain.request({ method: 'hardhat_setBalance', params: [owner.address, toBeHex(10n ** 20n)] })
const names = await openNames(owner, chain.request, 'hardhat')

const ALICE = '0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb'
const TEN = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const request: Request = Object.assign(chain.request, { trust: 'rpc:names' })

const setAddr = async (name: string, ...args: readonly unknown[]): Promise<void> => {
  const signature = args.length === 1 ? 'setAddr(bytes32,address)' : 'setAddr(bytes32,uint256,bytes)'
  await (await names.resolver.getFunction(signature)(namehash(name), ...args)).wait()
}
await names.name('alice.eth')
await setAddr('alice.eth', ALICE)
await setAddr('alice.eth', 0x8000000an, TEN)

const resolve = (name: string, on: Chain = 'eip155:1') => resolveEns(request, name, on)

describe('a name of the name service', () => {
  test('means the account that its owner set, and says where that was read and whose word it is', async () => {
    const block = await chain.provider.getBlock('finalized')
    expect(await resolve('alice.eth')).toEqual({
      name: 'alice.eth',
      publisher: `eip155:1:${ALICE}`,
      resolver: String(await names.resolver.getAddress()).toLowerCase(),
      coinType: 60n,
      block: { number: BigInt(block!.number), hash: block!.hash },
      trust: 'rpc:names'
    })
  })

  test('means on another chain the account that its owner set for that chain, and no other', async () => {
    expect(await resolve('alice.eth', 'eip155:10')).toMatchObject({
      publisher: `eip155:10:${TEN}`,
      coinType: 0x8000000an
    })
    await expect(resolve('alice.eth', 'eip155:8453')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('has no address for eip155:8453')
    })
  })

  test('is spelled as ENSIP-15 spells it', async () => {
    expect(await resolve('ALICE.eth')).toMatchObject({ name: 'alice.eth', publisher: `eip155:1:${ALICE}` })
    for (const typed of ['ａlice.eth', 'ali\u200bce.eth'])
      expect(await resolve(typed)).toMatchObject({ name: 'alice.eth' })
  })

  test.each([
    ['of two scripts', 'аlice.eth'],
    ['with a turned direction', 'ali\u202ece.eth'],
    ['with a space', 'ali ce.eth'],
    ['with an empty label', 'alice..eth'],
    ['of one label', 'alice'],
    ['of nothing', ''],
    ['with a label that only looks encoded', 'xn--lice-5xa.eth'],
    ['with an underscore within', 'al_ice.eth'],
    ['that does not end', `${'a'.repeat(300)}.eth`],
    ['with a slash', 'alice.eth/x'],
    ['with half of a pair', 'ali\ud800ce.eth']
  ])('%s is refused before anybody is asked', async (_, name) => {
    const asked: Request = async () => await Promise.reject(new Error('was asked'))
    await expect(resolveEns(asked, name, 'eip155:1')).rejects.toMatchObject({ code: 'INVALID_NAME' })
  })

  test('that nobody has, that has no resolver, or that means nobody or the zero address, is not found', async () => {
    await names.name('nobody.eth', ZeroAddress)
    await names.name('silent.eth')
    await names.name('zero.eth')
    await setAddr('zero.eth', ZeroAddress)
    await names.name('account.eth', owner.address)
    for (const name of ['unknown.eth', 'nobody.eth', 'silent.eth', 'zero.eth', 'account.eth', 'sub.alice.eth']) {
      await expect(resolve(name)).rejects.toMatchObject({ code: 'NOT_FOUND', details: { name } })
    }
  })

  test('may be answered for by the resolver of a name above it, on the chain', async () => {
    await names.name('wild.eth', await names.deploy('WildcardResolver', TEN))
    expect(await resolve('any.thing.wild.eth')).toMatchObject({ publisher: `eip155:1:${TEN}` })
    expect(await resolve('any.wild.eth', 'eip155:10')).toMatchObject({ publisher: `eip155:10:${TEN}` })
  })

  test('is not answered for by a resolver above it that knows nothing of wildcards', async () => {
    await names.name('one.eth', await names.deployFixed(zeroPadValue(ALICE, 32), false))
    expect(await resolve('one.eth')).toMatchObject({ publisher: `eip155:1:${ALICE}` })
    await expect(resolve('below.one.eth')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('that a gateway would answer for is not found, and no gateway is asked', async () => {
    await names.name('away.eth', await names.deploy('OffchainResolver'))
    await expect(resolve('away.eth')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('ERC-3668')
    })
  })

  test.each([
    ['reverts', '0x', true],
    ['reverts at length', `0x${'ab'.repeat(5000)}`, true],
    ['says nothing', '0x', false],
    ['says a word with more than an address', `0x${'ff'.repeat(32)}`, false],
    ['says half a word', `0x${'00'.repeat(12)}ab16`, false],
    ['says two words', concat([zeroPadValue(ALICE, 32), zeroPadValue(ALICE, 32)]), false],
    ['says bytes that point at themselves', zeroPadValue('0x00', 32), false],
    ['says bytes longer than there are', concat([zeroPadValue('0x20', 32), `0x${'ff'.repeat(32)}`]), false]
  ])('means nobody where its resolver %s', async (_, answer, reverts) => {
    await names.name('odd.eth', await names.deployFixed(answer, reverts))
    for (const on of ['eip155:1', 'eip155:10'] as const) {
      await expect(resolve('odd.eth', on)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  test('is not taken from a node that does not answer, serves another chain, or answers with something else', async () => {
    const says =
      (method: string, answer: unknown): Request =>
      async (call) =>
        call.method === method ? answer : await request(call)
    const dead: Request = async () => await Promise.reject(new Error('down'))
    const cases: readonly (readonly [Request, string])[] = [
      [dead, 'no answer'],
      [says('eth_chainId', '0xaa36a7'), 'wrong chain'],
      [says('eth_chainId', 'one'), 'wrong chain'],
      [says('eth_getBlockByNumber', null), 'malformed answer'],
      [says('eth_call', 7), 'malformed answer'],
      [says('eth_call', `0x${'00'.repeat(5000)}`), 'malformed answer']
    ]
    for (const [node, reason] of cases) {
      await expect(resolveEns(node, 'alice.eth', 'eip155:1')).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        details: { reason }
      })
    }
    await expect(resolveEns(request, 'alice.eth', 'eip155:1', { signal: AbortSignal.abort('stop') })).rejects.toBe(
      'stop'
    )
  })

  test('has no address on a chain whose number is beyond what names have', async () => {
    await expect(resolve('alice.eth', 'eip155:2147483648')).rejects.toMatchObject({ code: 'INVALID_NAME' })
  })
})
