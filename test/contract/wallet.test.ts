import { Contract, concat, getCreateAddress, TypedDataEncoder, toBeHex, type Wallet } from 'ethers'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../src/document/publisher.ts'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { kitOf } from './compile.ts'
import { contractOf, digest, PUBLISH, type Publish, selectorOf, send, toArgs } from './fixture.ts'
import { firstOf, NOW, relayOf, UNRECORDED } from './signing.ts'

const deploy = kitOf('Wallets.t.sol')
const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet]
const relay = relayOf(evm, relayer)
const asPublisher = contractOf(evm.address, publisher)

/** `isValidSignature(bytes32,bytes)`, which is also the answer that means yes. */
const MAGIC = '0x1626ba7e'
const YES = concat([MAGIC, `0x${'00'.repeat(28)}`])
const PLENTY = 16_000_000

const wallet = async (name: string, ...args: readonly unknown[]): Promise<Publish> =>
  firstOf({ address: await deploy(name, relayer, ...args) })
const strictOf = ({ publisher: address }: Publish): Contract =>
  new Contract(address, ['function approve(bytes32 hash, bytes signature)'], relayer)
const hashOf = (message: Publish): string => TypedDataEncoder.hash(relay.domain, PUBLISH, message)

describe('a contract wallet', () => {
  test.each([0, 1, 31, 32, 64, 65, 66, 130, 4096])('publishes by a signature of %i bytes', async (length) => {
    const message = await wallet('StrictWallet')
    const signature = `0x${'a7'.repeat(length)}`
    await send(strictOf(message), 'approve', hashOf(message), signature)
    await relay.land(message, signature)
    expect(await relay.recordOf(message)).toMatchObject({ editor: message.editor })
    expect(await relay.headOf(message)).toBe(message.digest)
  })

  test('is given the very bytes that were sent, of any length', async () => {
    const message = await wallet('StrictWallet')
    const strict = strictOf(message)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), async (sent, other) => {
        fc.pre(Buffer.compare(sent, other) !== 0)
        const [signature, another] = [sent, other].map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
        await send(strict, 'approve', hashOf(message), signature)
        await relay.tryOut(message, signature!)
        await relay.expectBad(message, another!)
      }),
      { numRuns: 40 }
    )
  })

  test('publishes nothing that it did not approve', async () => {
    const message = await wallet('StrictWallet')
    await send(strictOf(message), 'approve', hashOf({ ...message, digest: digest(2) }), '0x')
    await relay.expectBad(message, '0x')
  })

  test('is an editor like any other account', async () => {
    const { editor } = await wallet('StrictWallet')
    const message = { ...firstOf(publisher), editor }
    await send(strictOf({ ...message, publisher: editor }), 'approve', hashOf(message), '0x')
    await expect(relay.tryOut(message, '0x')).rejects.toMatchObject({ revert: { name: 'NotEditor' } })
    await send(asPublisher, 'setEditor', editor, NOW)
    await relay.land(message, '0x')
    expect(await relay.recordOf(message)).toMatchObject({ editor })
  })

  test('is not spoken for by another wallet that approved the same', async () => {
    const [message, sibling] = [await wallet('StrictWallet'), await wallet('StrictWallet')]
    await send(strictOf(sibling), 'approve', hashOf(message), '0x')
    await relay.expectBad(message, '0x')
    await send(strictOf(message), 'approve', hashOf(message), '0x')
    await relay.expectBad({ ...message, publisher: sibling.publisher, editor: sibling.editor }, '0x')
    await relay.tryOut(message, '0x')
  })

  test('cannot sign before it is deployed', async () => {
    const message = firstOf({ address: `0x${'a11ce'.repeat(8)}` })
    for (const signature of ['0x', concat([NONE, NONE, '0x1b'])]) await relay.expectBad(message, signature)
  })

  test('is asked even where a key would recover to it, so an account that was given code speaks by its code', async () => {
    const message = firstOf(publisher)
    const signature = await relay.sign(publisher, message)
    await relay.tryOut(message, signature)
    const silent = await evm.provider.getCode(await deploy('FixedWallet', relayer, '0x', false))
    await evm.request({ method: 'hardhat_setCode', params: [publisher.address, silent] })
    await relay.expectBad(message, signature)
  })
})

describe('an answer', () => {
  test('of one word, the magic and zeros, means yes', async () => {
    await relay.tryOut(await wallet('FixedWallet', YES, false), '0x')
  })

  test.each([
    ['nothing', '0x'],
    ['the magic alone, without the rest of its word', MAGIC],
    ['a word that lacks its last byte', YES.slice(0, -2)],
    ['the magic at the wrong end of the word', toBeHex(MAGIC, 32)],
    ['the magic and one more bit', `${YES.slice(0, -1)}1`],
    ['the magic twice', concat([MAGIC, MAGIC, `0x${'00'.repeat(24)}`])],
    ['the magic in the second word', concat([NONE, YES])],
    ['true', toBeHex(1, 32)],
    ['every bit', `0x${'ff'.repeat(32)}`],
    ['the magic of the draft before ERC-1271', concat(['0x20c13b0b', `0x${'00'.repeat(28)}`])],
    ['the hash that it was asked about', hashOf(firstOf(publisher))]
  ])('of %s means no', async (_, answer) => {
    await relay.expectBad(await wallet('FixedWallet', answer, false), '0x')
  })

  test.each([
    ['nothing', '0x'],
    ['the magic word', YES]
  ])('that reverts with %s means no', async (_, answer) => {
    await relay.expectBad(await wallet('FixedWallet', answer, true), '0x')
  })

  test('of the magic with any other word behind it means yes, for only the first is looked at', async () => {
    await relay.tryOut(await wallet('FixedWallet', concat([YES, digest(1)]), false), '0x')
  })
})

describe('a wallet that wastes gas', () => {
  test('approves nothing, and what is left suffices to say so', async () => {
    const message = await wallet('WastefulWallet')
    for (const limit of [100_000, 1_000_000, PLENTY]) await relay.expectBad(message, '0x', limit)
  })

  test('costs a relayer what it offered and no more, and one who tries it out first nothing', async () => {
    const message = await wallet('WastefulWallet')
    const publishFor = relay.contract.getFunction('publishFor')
    await expect(publishFor.estimateGas(...toArgs(message, '0x'))).rejects.toMatchObject({ code: 'CALL_EXCEPTION' })
    await expect(relay.land(message, '0x', 200_000)).rejects.toThrow(selectorOf('BadSignature'))
    const [transaction] = (await evm.provider.getBlock('latest'))!.transactions
    const receipt = await evm.provider.getTransactionReceipt(transaction!)
    expect(receipt).toMatchObject({ from: relayer.address, status: 0 })
    expect(receipt!.gasUsed).toBeLessThanOrEqual(200_000n)
    expect(await relay.recordOf(message)).toEqual(UNRECORDED)
    expect(await relay.headOf(message)).toBe(NONE)
  })

  test('by a megabyte of answer pays for it alone: it is not copied', async () => {
    const long = await wallet('LongWindedWallet', 2 ** 20, false)
    const short = await wallet('LongWindedWallet', 32, false)
    const asked = async ({ publisher: address }: Publish): Promise<bigint> => {
      const data = concat([MAGIC, digest(1), toBeHex(64, 32), NONE])
      return await evm.provider.estimateGas({ to: address, data })
    }
    const { gasUsed: forLong } = await relay.land(long, '0x', PLENTY)
    const { gasUsed: forShort } = await relay.land(short, '0x', PLENTY)
    const own = (await asked(long)) - (await asked(short))
    expect(own).toBeGreaterThan(2_000_000n)
    // EIP-150 keeps some gas back, so an estimate is a little more than what is used.
    expect(forLong - forShort).toBeLessThanOrEqual((own * 102n) / 100n)
    await relay.expectBad(await wallet('LongWindedWallet', 2 ** 20, true), '0x', PLENTY)
  })
})

describe('a wallet that is asked', () => {
  test('can write nothing down, so one that has to approves nothing', async () => {
    const message = await wallet('RememberingWallet')
    await relay.expectBad(message, '0x')
    const direct = new Contract(message.publisher, ['function isValidSignature(bytes32, bytes)'], relayer)
    await send(direct, 'isValidSignature', NONE, '0x')
  })

  const { interface: coder } = asPublisher
  /** The address of the wallet that is made next. */
  const nextWallet = async (): Promise<Address> =>
    getCreateAddress({ from: relayer.address, nonce: await relayer.getNonce() }).toLowerCase() as Address
  const relayed = { ...firstOf(publisher), ref: NONE, digest: digest(7) }
  const ATTEMPTS: Readonly<Record<string, (self: Address) => Promise<string>>> = {
    publish: async (self) => coder.encodeFunctionData('publish', [self, NONE, digest(7), NONE, NONE]),
    publishFor: async () =>
      coder.encodeFunctionData('publishFor', [...toArgs(relayed, await relay.sign(publisher, relayed))]),
    point: async (self) => coder.encodeFunctionData('point', [self, digest(7), digest(7), NONE]),
    retract: async () => coder.encodeFunctionData('retract', [leafOf(digest(1))]),
    setEditor: async () => coder.encodeFunctionData('setEditor', [publisher.address, NOW]),
    multicall: async () =>
      coder.encodeFunctionData('multicall', [[coder.encodeFunctionData('retract', [leafOf(digest(1))])]])
  }

  test.each(Object.keys(ATTEMPTS))('cannot use the moment to %s', async (verb) => {
    const attempt = await ATTEMPTS[verb]!(await nextWallet())
    const message = await wallet('ReachingWallet', evm.address, attempt)
    // It says yes because its attempt came to nothing …
    await relay.land(message, '0x', PLENTY)
    expect(await relay.recordOf(message)).toMatchObject({ retractedAt: 0n, editor: message.editor })
    expect(await relay.recordOf(relayed)).toEqual(UNRECORDED)
    expect(await relay.contract.getFunction('editors')(message.publisher, publisher.address)).toBe(0n)
    // … and the attempt is a good one, where it is not made while being asked.
    const direct = new Contract(message.publisher, ['function reach() returns (bool)'], relayer)
    expect(await direct.getFunction('reach').staticCall()).toBe(true)
  })

  test('may read meanwhile', async () => {
    const reading = coder.encodeFunctionData('heads', [publisher.address, NONE])
    // It says no because its attempt came to something.
    await relay.expectBad(await wallet('ReachingWallet', evm.address, reading), '0x')
  })
})
