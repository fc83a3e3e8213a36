import { type Contract, concat, Signature, TypedDataEncoder, toBeHex, type Wallet, ZeroAddress } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, domainOf, expectRefusal, PUBLISH, type Publish, send, toArgs } from './fixture.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const NOW = 4_000_000_000
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const [publisher, editor, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet]
const addressOf = ({ address }: Wallet): Address => address.toLowerCase() as Address
const home = domainOf(31337n, evm.address)
const asRelayer: Contract = contractOf(evm.address, relayer)
const asPublisher: Contract = contractOf(evm.address, publisher)

const MESSAGE: Publish = {
  publisher: addressOf(publisher),
  editor: addressOf(publisher),
  ref: refOf('a-trend'),
  digest: digest(1),
  parent: NONE,
  tree: NONE,
  deadline: BigInt(NOW + 3600)
}
const sign = async (signer: Wallet, message: Publish, domain = home): Promise<string> =>
  await signer.signTypedData(domain, PUBLISH, message)
const relay = async (message: Publish, signature: string): Promise<unknown> =>
  await asRelayer.getFunction('publishFor').staticCall(...toArgs(message, signature), { gasLimit: 300_000 })
const land = async (message: Publish, signature: string): Promise<unknown> =>
  await send(asRelayer, 'publishFor', ...toArgs(message, signature))
/** That the contract finds the signature to be none of the editor's. */
const expectBad = async (message: Publish, signature: string): Promise<void> =>
  await expectRefusal(relay(message, signature), 'BadSignature', message.editor)
const recordOf = async ({ publisher: by, digest: of }: Publish): Promise<Readonly<Record<string, unknown>>> =>
  (await asRelayer.getFunction('verify')(by, of, [])).toObject()

describe('a signature', () => {
  test('of the publisher lets anyone publish once, in the name of the publisher', async () => {
    const signature = await sign(publisher, MESSAGE)
    await evm.at(NOW)
    await land(MESSAGE, signature)
    expect(await recordOf(MESSAGE)).toMatchObject({ publishedAt: BigInt(NOW), editor: publisher.address })
    expect(await asRelayer.getFunction('heads')(MESSAGE.publisher, MESSAGE.ref)).toBe(MESSAGE.digest)
    await expectRefusal(relay(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('of an editor counts while it is one, and names it in the record', async () => {
    const message = { ...MESSAGE, editor: addressOf(editor) }
    const signature = await sign(editor, message)
    await expectRefusal(relay(message, signature), 'NotEditor', publisher.address, editor.address)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await evm.at(NOW)
    await land(message, signature)
    expect(await recordOf(message)).toMatchObject({ editor: editor.address })
  })

  test('of an editor that was ended is dead, and lives again with a new right', async () => {
    const message = { ...MESSAGE, editor: addressOf(editor) }
    const signature = await sign(editor, message)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await send(asPublisher, 'setEditor', editor.address, 1)
    await expectRefusal(relay(message, signature), 'NotEditor', publisher.address, editor.address)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await relay(message, signature)
  })

  test('is good to the last second of its deadline, and not one longer', async () => {
    const message = { ...MESSAGE, deadline: BigInt(NOW) }
    const signature = await sign(publisher, message)
    await evm.at(NOW + 1)
    await evm.mine()
    await expectRefusal(relay(message, signature), 'Expired', NOW)
    await evm.reset()
    await evm.at(NOW)
    await land(message, signature)
  })

  test('is good on one chain and for one contract', async () => {
    const others = [
      { ...home, chainId: 1n },
      { ...home, verifyingContract: ZeroAddress },
      { ...home, name: 'TrendRegister' },
      { ...home, version: '2' }
    ]
    for (const domain of others) {
      await expectBad(MESSAGE, await sign(publisher, MESSAGE, domain))
    }
  })

  test('covers every field', async () => {
    const signature = await sign(publisher, MESSAGE)
    await relay(MESSAGE, signature)
    const changes: readonly Partial<Publish>[] = [
      { publisher: addressOf(editor) },
      { editor: addressOf(editor) },
      { ref: refOf('another') },
      { digest: digest(2) },
      { parent: digest(2) },
      { tree: digest(2) },
      { deadline: MESSAGE.deadline + 1n }
    ]
    expect(changes.length).toBe(PUBLISH.Publish.length)
    for (const change of changes) await expectBad({ ...MESSAGE, ...change }, signature)
  })

  test('has one spelling: 65 bytes, a low s, v 27 or 28', async () => {
    const { r, s, v, yParity, compactSerialized } = Signature.from(await sign(publisher, MESSAGE))
    const highS = toBeHex(CURVE_ORDER - BigInt(s), 32)
    const spellings = [
      '0x',
      compactSerialized,
      concat([r, highS, toBeHex(v === 27 ? 28 : 27)]),
      concat([r, s, toBeHex(yParity, 1)]),
      concat([r, s, toBeHex(29)]),
      concat([r, s, toBeHex(v), '0x00']),
      concat([r, s]),
      concat([NONE, NONE, toBeHex(v)]),
      concat([r, NONE, toBeHex(v)]),
      concat([NONE, s, toBeHex(v)]),
      concat([toBeHex(CURVE_ORDER, 32), s, toBeHex(v)])
    ]
    for (const spelling of spellings) await expectBad(MESSAGE, spelling)
    await relay(MESSAGE, concat([r, s, toBeHex(v)]))
  })

  test('of nobody is none', async () => {
    const message = { ...MESSAGE, publisher: ZeroAddress as Address, editor: ZeroAddress as Address }
    await expectBad(message, concat([NONE, NONE, '0x1b']))
    await expectBad(message, `0x${'11'.repeat(64)}1d`)
  })

  test('of a document as a document is not one to publish it', async () => {
    const types = { Document: PUBLISH.Publish.filter(({ name }) => name === 'publisher' || name === 'digest') }
    const signature = await publisher.signTypedData(home, types, MESSAGE)
    await expectBad(MESSAGE, signature)
  })

  test('that was not sent is burnt by retracting its key', async () => {
    const signature = await sign(publisher, MESSAGE)
    await send(asPublisher, 'retract', leafOf(MESSAGE.digest))
    await expectRefusal(relay(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('cannot tell a ref that was moved away and back, which is why deadlines are short', async () => {
    const [a, b, c] = [digest(2), digest(3), digest(4)]
    const message = { ...MESSAGE, digest: c, parent: a }
    const signature = await sign(publisher, message)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, a, NONE)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, b, a)
    await expectRefusal(relay(message, signature), 'StaleParent', MESSAGE.ref, b)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, a, b)
    await relay(message, signature)
  })
})

describe('a contract wallet', () => {
  /** ERC-1271 in 20 bytes: says yes to the one hash in its slot 0. */
  const APPROVES_ONE = '0x6004355f5414631626ba7e60e01b025f5260205ff3'
  const SAYS = {
    nothing: '0x00',
    'another word': '0x60015f5260205ff3',
    'the magic, cut short': '0x631626ba7e60e01b5f5260045ff3',
    'no, by reverting': '0x5f5ffd',
    'nothing, by burning all gas': '0x5b5f56'
  }
  const WALLET: Address = `0x${'a11ce'.repeat(8)}`
  const message: Publish = { ...MESSAGE, publisher: WALLET, editor: WALLET }
  const become = async (code: string, approved: string = NONE): Promise<void> => {
    await evm.request({ method: 'hardhat_setCode', params: [WALLET, code] })
    await evm.request({ method: 'hardhat_setStorageAt', params: [WALLET, '0x0', approved] })
  }

  test('publishes what it approved, whatever the signature looks like', async () => {
    for (const [i, signature] of ['0x', '0x1234', `0x${'ab'.repeat(500)}`].entries()) {
      const one = { ...message, ref: NONE, digest: digest(10 + i) }
      await become(APPROVES_ONE, TypedDataEncoder.hash(home, PUBLISH, one))
      await land(one, signature)
      expect(String((await recordOf(one)).editor).toLowerCase()).toBe(WALLET)
    }
  })

  test('publishes nothing that it did not approve', async () => {
    await become(APPROVES_ONE, TypedDataEncoder.hash(home, PUBLISH, { ...message, digest: digest(2) }))
    await expectBad(message, '0x')
  })

  test('is not spoken for by another wallet of the same owner', async () => {
    const sibling: Address = `0x${'b0b01'.repeat(8)}`
    await become(APPROVES_ONE, TypedDataEncoder.hash(home, PUBLISH, message))
    await evm.request({ method: 'hardhat_setCode', params: [sibling, APPROVES_ONE] })
    const approved = TypedDataEncoder.hash(home, PUBLISH, message)
    await evm.request({ method: 'hardhat_setStorageAt', params: [sibling, '0x0', approved] })
    await expectBad({ ...message, publisher: sibling, editor: sibling }, '0x')
  })

  test.each(Object.entries(SAYS))('that answers %s approves nothing', async (_, code) => {
    await become(code)
    await expectBad(message, '0x')
  })

  test('is asked even where a key would recover to it, so an account that was given code speaks by its code', async () => {
    const signature = await sign(publisher, MESSAGE)
    await relay(MESSAGE, signature)
    await evm.request({ method: 'hardhat_setCode', params: [publisher.address, SAYS['another word']] })
    await expectBad(MESSAGE, signature)
  })
})
