import {
  AbiCoder,
  concat,
  dataLength,
  dataSlice,
  hexlify,
  Interface,
  type TransactionRequest,
  TypedDataEncoder,
  toBeHex,
  toUtf8Bytes,
  type Wallet,
  ZeroAddress,
  ZeroHash
} from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { PROXY } from '../../src/registry/bytecode.ts'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { kitOf } from './compile.ts'
import { contractOf, digest, expectRefusal, PUBLISH, type Publish, selectorOf, send, toArgs } from './fixture.ts'
import { joined, openSafes, safeAt, setupOf } from './safe.ts'
import { addressOf, firstOf, NOW, relayOf } from './signing.ts'

const evm = await openHardhat()
afterAll(evm.close)

const [account, publisher, relayer, ...owners] = evm.wallets as unknown as readonly [
  Wallet,
  Wallet,
  Wallet,
  Wallet,
  Wallet,
  Wallet
]
const deploy = kitOf('Delegates.t.sol')
const plain = await deploy('PlainDelegate', relayer)
const nested = await deploy('NestedDelegate', relayer)
const safes = await openSafes(relayer)
await evm.keep()
beforeEach(evm.reset)

const relay = relayOf(evm, relayer)
const asAccount = contractOf(evm.address, account)
const { interface: coder } = asAccount
const MESSAGE = firstOf(account)
const TYPE = new TypedDataEncoder(PUBLISH).encodeType('Publish')
const hashOf = (message: Publish): string => TypedDataEncoder.hash(relay.domain, PUBLISH, message)

/** The relayer's transaction, with a tuple signed by the account on its list (EIP-7702). */
async function delegating(delegate: string, transaction: TransactionRequest = { to: ZeroAddress }): Promise<unknown> {
  const authorization = await account.authorize({
    address: delegate,
    chainId: 31337n,
    nonce: await account.getNonce()
  })
  const sent = await relayer.sendTransaction({ type: 4, authorizationList: [authorization], ...transaction })
  return await sent.wait()
}
async function delegate(to: string): Promise<void> {
  await delegating(to)
  const code = to === ZeroAddress ? '0x' : concat(['0xef0100', to])
  expect(await evm.provider.getCode(account.address)).toBe(code)
}

describe('an account that delegated', () => {
  test('to code that takes the signature of its key publishes by that', async () => {
    const signature = await relay.sign(account, MESSAGE)
    await delegate(plain)
    await relay.expectBad(MESSAGE, await relay.sign(publisher, MESSAGE))
    await relay.expectBad({ ...MESSAGE, digest: digest(2) }, signature)
    await relay.land(MESSAGE, signature)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ retractedAt: 0n, editor: MESSAGE.editor })
    expect(await relay.headOf(MESSAGE)).toBe(MESSAGE.digest)
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('is an editor like any other account', async () => {
    const message = { ...firstOf(publisher), editor: addressOf(account) }
    const signature = await relay.sign(account, message)
    await delegate(plain)
    await expectRefusal(relay.tryOut(message, signature), 'NotEditor', publisher.address, account.address)
    await send(contractOf(evm.address, publisher), 'setEditor', account.address, NOW)
    await relay.land(message, signature)
    expect(await relay.recordOf(message)).toMatchObject({ editor: message.editor })
  })

  test('to code that wants signatures nested publishes by a nested one, and by no plain one', async () => {
    const signature = await nestedSignature(MESSAGE)
    // 65 bytes of the key, the registry's domain, what was signed, its type and how long that is.
    expect(dataLength(signature)).toBe(65 + 32 + 32 + TYPE.length + 2)
    await relay.expectBad(MESSAGE, signature)
    await delegate(nested)
    await relay.expectBad(MESSAGE, await relay.sign(account, MESSAGE))
    await relay.expectBad({ ...MESSAGE, digest: digest(2) }, signature)
    await relay.expectBad(MESSAGE, await nestedSignature({ ...MESSAGE, digest: digest(2) }))
    await relay.land(MESSAGE, signature)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ editor: MESSAGE.editor })
  })

  test.each([
    ['a Safe that has no owners yet', safes.singleton],
    ['code that knows nothing of signatures', PROXY],
    ['the registry', evm.address],
    ['an account without code', `0x${'dead'.repeat(10)}`],
    ['an account that delegated too', publisher.address],
    ['a precompile', toBeHex(1, 20)]
  ])('to %s publishes by no signature', async (_, to) => {
    const signature = await relay.sign(account, MESSAGE)
    await relay.tryOut(MESSAGE, signature)
    await delegate(to)
    for (const one of [signature, '0x', await nestedSignature(MESSAGE)]) await relay.expectBad(MESSAGE, one)
  })

  test('and took that back publishes by the signature of its key again', async () => {
    const signature = await relay.sign(account, MESSAGE)
    await delegate(safes.singleton)
    await relay.expectBad(MESSAGE, signature)
    await delegate(ZeroAddress)
    await relay.land(MESSAGE, signature)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ editor: MESSAGE.editor })
  })

  test('and is a Safe now publishes by the signatures of its owners, and not of its key', async () => {
    await delegate(safes.singleton)
    const safe = safeAt(addressOf(account), relayer)
    const setup = setupOf(owners, 2, safes.handler)
    await (await relayer.sendTransaction({ to: account.address, data: setup })).wait()
    const [one, two, three] = await Promise.all(owners.map(async (owner) => await safe.sign(owner, hashOf(MESSAGE))))
    await relay.expectBad(MESSAGE, await relay.sign(account, MESSAGE))
    await relay.expectBad(MESSAGE, joined([await safe.sign(account, hashOf(MESSAGE)), one!]))
    await relay.expectBad(MESSAGE, joined([one!]))
    await relay.tryOut(MESSAGE, joined([one!, two!]))
    await relay.land(MESSAGE, joined([two!, three!]))
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ editor: MESSAGE.editor })
  })

  test('in the very transaction that brings its signature is asked as what it is by then', async () => {
    const signature = await relay.sign(account, MESSAGE)
    const data = coder.encodeFunctionData('publishFor', [...toArgs(MESSAGE, signature)])
    const publishing = { to: evm.address, data, gasLimit: 300_000 }
    await expect(delegating(nested, publishing)).rejects.toThrow(selectorOf('BadSignature'))
    await delegating(plain, publishing)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ editor: MESSAGE.editor })
  })
})

describe('an account that delegated and sends by itself', () => {
  test.each([
    ['plain', plain],
    ['nested', nested],
    ['a Safe', safes.singleton],
    ['none', PROXY]
  ])('publishes, appoints and takes back as before (%s)', async (_, to) => {
    await delegate(to)
    const me = account.address
    await send(asAccount, 'publish', me, MESSAGE.ref, digest(1), NONE, NONE)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ retractedAt: 0n, editor: MESSAGE.editor })
    await send(asAccount, 'setEditor', relayer.address, NOW)
    await send(relay.contract, 'publish', me, MESSAGE.ref, digest(2), digest(1), NONE)
    await send(asAccount, 'retract', leafOf(digest(1)))
    expect((await relay.recordOf(MESSAGE)).retractedAt).toBeGreaterThan(0n)
    await send(asAccount, 'point', me, MESSAGE.ref, NONE, digest(2))
    expect(await relay.headOf(MESSAGE)).toBe(NONE)
  })

  test('sends several calls at once through its delegate, and nobody else can', async () => {
    await delegate(nested)
    const me = account.address
    const calls = [
      coder.encodeFunctionData('publish', [me, MESSAGE.ref, digest(1), NONE, NONE]),
      coder.encodeFunctionData('publish', [me, MESSAGE.ref, digest(2), digest(1), NONE])
    ].map((data) => [evm.address, 0, data])
    const batch = AbiCoder.defaultAbiCoder().encode(['tuple(address,uint256,bytes)[]'], [calls])
    const mode = `0x01${'00'.repeat(31)}`
    const data = new Interface(['function execute(bytes32,bytes)']).encodeFunctionData('execute', [mode, batch])
    await expect(relayer.call({ to: me, data })).rejects.toMatchObject({ code: 'CALL_EXCEPTION' })
    await (await account.sendTransaction({ to: me, data })).wait()
    expect(await relay.recordOf({ ...MESSAGE, digest: digest(2) })).toMatchObject({ editor: MESSAGE.editor })
    expect(await relay.headOf(MESSAGE)).toBe(digest(2))
  })
})

/** The account's signature of a message inside its own domain (ERC-7739), with what it takes to check that. */
async function nestedSignature(message: Publish): Promise<string> {
  const types = {
    ...PUBLISH,
    TypedDataSign: [
      { type: 'Publish', name: 'contents' },
      { type: 'string', name: 'name' },
      { type: 'string', name: 'version' },
      { type: 'uint256', name: 'chainId' },
      { type: 'address', name: 'verifyingContract' },
      { type: 'bytes32', name: 'salt' }
    ]
  }
  const own = {
    name: 'NestedDelegate',
    version: '1',
    chainId: 31337n,
    verifyingContract: addressOf(account)
  }
  const signature = await account.signTypedData(relay.domain, types, { contents: message, ...own, salt: ZeroHash })
  const contents = TypedDataEncoder.hashStruct('Publish', PUBLISH, message)
  const type = hexlify(toUtf8Bytes(TYPE))
  const length = dataSlice(toBeHex(TYPE.length, 32), 30)
  return concat([signature, TypedDataEncoder.hashDomain(relay.domain), contents, type, length])
}
