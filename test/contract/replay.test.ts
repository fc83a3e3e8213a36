import { concat, getCreate2Address, keccak256, toBeHex, type Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../src/document/publisher.ts'
import { creationCode, PROXY } from '../../src/registry/bytecode.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { keyOf, leafOf } from '../../src/registry/tree.ts'
import { openAnvil } from '../registry/anvil.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, expectRefusal, send, toArgs } from './fixture.ts'
import { addressOf, firstOf, NOW, relayOf, UNRECORDED } from './signing.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, editor, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet]
const relay = relayOf(evm, relayer)
const asPublisher = contractOf(evm.address, publisher)
const MESSAGE = firstOf(publisher)

describe('a signature is good once', () => {
  test('because a record is', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    await relay.land(MESSAGE, signature)
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('also within one transaction, which then changes nothing', async () => {
    const call = relay.contract.interface.encodeFunctionData('publishFor', [
      ...toArgs(MESSAGE, await relay.sign(publisher, MESSAGE))
    ])
    const twice = relay.contract.getFunction('multicall').staticCall([call, call])
    await expectRefusal(twice, 'AlreadyRecorded', leafOf(MESSAGE.digest))
    await send(relay.contract, 'multicall', [call])
    expect(await relay.headOf(MESSAGE)).toBe(MESSAGE.digest)
  })

  test('also where the publisher has published the same by itself', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    await send(asPublisher, 'publish', publisher.address, NONE, MESSAGE.digest, NONE, NONE)
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
    expect(await relay.headOf(MESSAGE)).toBe(NONE)
  })

  test('and one of several for the same document, whichever is sent first', async () => {
    const other = { ...MESSAGE, ref: refOf('another') }
    const [signature, otherSignature] = [await relay.sign(publisher, MESSAGE), await relay.sign(publisher, other)]
    await relay.land(other, otherSignature)
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('and dead with the others of its transaction, if one of them was sent before by somebody else', async () => {
    const messages = [1, 2, 3].map((n) => ({ ...MESSAGE, ref: NONE, digest: digest(n) }))
    const signed = await Promise.all(
      messages.map(async (message) => [message, await relay.sign(publisher, message)] as const)
    )
    const calls = signed.map(([message, signature]) =>
      relay.contract.interface.encodeFunctionData('publishFor', [...toArgs(message, signature)])
    )
    await relay.land(...signed[1]!)
    const together = relay.contract.getFunction('multicall').staticCall(calls)
    await expectRefusal(together, 'AlreadyRecorded', leafOf(digest(2)))
    await send(relay.contract, 'multicall', calls.toSpliced(1, 1))
    for (const message of messages) expect(await relay.recordOf(message)).not.toEqual(UNRECORDED)
  })
})

describe('a signature is good in one place', () => {
  test('and not in a contract of the same code at another address', async () => {
    const salt = toBeHex(7, 32)
    await (await relayer.sendTransaction({ to: PROXY, data: concat([salt, creationCode]) })).wait()
    const address = getCreate2Address(PROXY, salt, keccak256(creationCode)) as Address
    expect(await evm.provider.getCode(address)).toBe(await evm.provider.getCode(evm.address))
    const twin = relayOf({ address }, relayer)
    const signature = await relay.sign(publisher, MESSAGE)
    await twin.expectBad(MESSAGE, signature)
    await relay.tryOut(MESSAGE, signature)
    await twin.tryOut(MESSAGE, await twin.sign(publisher, MESSAGE))
  })

  test('and not in the same contract at the same address of another chain', async () => {
    const other = await openHardhat({ chainId: 1 })
    try {
      expect(other.address).toBe(evm.address)
      const elsewhere = relayOf(other, other.wallets[2]!, 1n)
      const signature = await relay.sign(publisher, MESSAGE)
      await relay.land(MESSAGE, signature)
      await elsewhere.expectBad(MESSAGE, signature)
      expect(await elsewhere.recordOf(MESSAGE)).toEqual(UNRECORDED)
      await elsewhere.land(MESSAGE, await elsewhere.sign(publisher, MESSAGE))
    } finally {
      await other.close()
    }
  })

  test.each(['name', 'version', 'chainId', 'verifyingContract'] as const)('named by its %s', async (field) => {
    const others = { name: 'TrendRegister', version: '2', chainId: 1n, verifyingContract: publisher.address }
    await relay.expectBad(MESSAGE, await relay.sign(publisher, MESSAGE, { ...relay.domain, [field]: others[field] }))
  })

  test('and not without naming one of them', async () => {
    for (const field of ['name', 'version', 'chainId', 'verifyingContract']) {
      const { [field]: _, ...domain } = { ...relay.domain } as Record<string, unknown>
      await relay.expectBad(MESSAGE, await relay.sign(publisher, MESSAGE, domain))
    }
  })

  test('which a chain that takes another id ceases to be', async () => {
    const anvil = await openAnvil()
    try {
      const before = relayOf(anvil, anvil.wallets[2]!)
      const [first, second] = [MESSAGE, { ...MESSAGE, digest: digest(2), parent: digest(1) }]
      const signatures = [await before.sign(publisher, first), await before.sign(publisher, second)] as const
      await before.land(first, signatures[0])
      await before.tryOut(second, signatures[1])

      await anvil.request({ method: 'anvil_setChainId', params: [31338] })
      const forked = anvil.wallets[2]!.connect(anvil.connect(31338n))
      const after = relayOf(anvil, forked, 31338n)
      expect(await after.headOf(first)).toBe(first.digest)
      await after.expectBad(second, signatures[1])
      await after.land(second, await after.sign(publisher, second))
      expect(await after.headOf(first)).toBe(second.digest)
    } finally {
      await anvil.close()
    }
  })
})

describe('a signature is good for a time', () => {
  test('to the last second of its deadline, and not one longer', async () => {
    const message = { ...MESSAGE, deadline: BigInt(NOW) }
    const signature = await relay.sign(publisher, message)
    await evm.at(NOW + 1)
    await evm.mine()
    await expectRefusal(relay.tryOut(message, signature), 'Expired', NOW)
    await evm.reset()
    await evm.at(NOW)
    await relay.land(message, signature)
  })

  test('that another deadline does not lengthen', async () => {
    const message = { ...MESSAGE, deadline: 1n }
    const signature = await relay.sign(publisher, message)
    await expectRefusal(relay.tryOut(message, signature), 'Expired', 1)
    await relay.expectBad({ ...message, deadline: BigInt(NOW) }, signature)
  })

  test('for ever where the deadline says so, so that only burning ends it', async () => {
    const message = { ...MESSAGE, deadline: 2n ** 256n - 1n }
    const signature = await relay.sign(publisher, message)
    await evm.at(NOW * 200)
    await evm.mine()
    await relay.tryOut(message, signature)
    await send(asPublisher, 'retract', leafOf(message.digest))
    await expectRefusal(relay.tryOut(message, signature), 'AlreadyRecorded', leafOf(message.digest))
  })
})

describe('a signature that was not sent', () => {
  test('is burnt by retracting its key, by the publisher and by nobody else', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    await send(relay.contract, 'retract', leafOf(MESSAGE.digest))
    await relay.tryOut(MESSAGE, signature)
    await send(asPublisher, 'retract', leafOf(MESSAGE.digest))
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('for an edition is burnt by the key of the edition, not by the leaf of its document', async () => {
    const message = { ...MESSAGE, tree: digest(9) }
    const signature = await relay.sign(publisher, message)
    await send(asPublisher, 'retract', leafOf(message.digest))
    await relay.tryOut(message, signature)
    const key = keyOf(message.digest, message.tree)
    await send(asPublisher, 'retract', key)
    await expectRefusal(relay.tryOut(message, signature), 'AlreadyRecorded', key)
  })

  test('dies with its editor, and lives again with a new right', async () => {
    const message = { ...MESSAGE, editor: addressOf(editor) }
    const signature = await relay.sign(editor, message)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await send(asPublisher, 'setEditor', editor.address, 1)
    await expectRefusal(relay.tryOut(message, signature), 'NotEditor', publisher.address, editor.address)
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await relay.land(message, signature)
  })

  test('cannot tell a ref that was moved away and back, which is why deadlines are short', async () => {
    const [a, b, c] = [digest(2), digest(3), digest(4)]
    const message = { ...MESSAGE, digest: c, parent: a }
    const signature = await relay.sign(publisher, message)
    await expectRefusal(relay.tryOut(message, signature), 'StaleParent', MESSAGE.ref, NONE)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, a, NONE)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, b, a)
    await expectRefusal(relay.tryOut(message, signature), 'StaleParent', MESSAGE.ref, b)
    await send(asPublisher, 'point', publisher.address, MESSAGE.ref, a, b)
    await relay.land(message, signature)
  })
})
