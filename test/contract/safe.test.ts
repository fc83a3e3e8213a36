import { concat, dataLength, Interface, Signature, TypedDataEncoder, toBeHex, Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, expectRefusal, PUBLISH, type Publish, send } from './fixture.ts'
import { approvedBy, joined, openSafes, type Part, type Safe } from './safe.ts'
import { addressOf, firstOf, NOW, relayOf, UNRECORDED } from './signing.ts'

const evm = await openHardhat()
afterAll(evm.close)

const [payer, publisher, relayer, ...owners] = evm.wallets as unknown as readonly [
  Wallet,
  Wallet,
  Wallet,
  Wallet,
  Wallet,
  Wallet
]
const [alice, bob, carol] = owners
const stranger = new Wallet(`0x${'5a'.repeat(32)}`)
const safes = await openSafes(payer)
const team = await safes.create(owners, 2)
const single = await safes.create([alice], 1)
await evm.keep()
beforeEach(evm.reset)

const relay = relayOf(evm, relayer)
const asPublisher = contractOf(evm.address, publisher)
const { interface: coder } = asPublisher
const hashOf = (message: Publish): string => TypedDataEncoder.hash(relay.domain, PUBLISH, message)
/** The signatures of some owners, for the message and the Safe. */
const signedBy = async (safe: Safe, message: Publish, signers: readonly Wallet[]): Promise<string> =>
  joined(await Promise.all(signers.map(async (owner) => await safe.sign(owner, hashOf(message)))))

/** What a Safe's linked list of owners begins with. */
const FIRST_IN_LIST = '0x0000000000000000000000000000000000000001'

describe('a Safe as the publisher', () => {
  const MESSAGE = firstOf(team)

  test.each([
    ['the first and the second', [alice, bob]],
    ['the second and the third', [bob, carol]],
    ['the third and the first', [carol, alice]],
    ['all three', owners]
  ])('publishes by the signatures of as many owners as it asks for: %s', async (_, signers) => {
    const signature = await signedBy(team, MESSAGE, signers)
    expect(dataLength(signature)).toBe(65 * signers.length)
    await evm.at(NOW)
    await relay.land(MESSAGE, signature)
    expect(await relay.recordOf(MESSAGE)).toEqual({
      publishedAt: BigInt(NOW),
      retractedAt: 0n,
      editor: team.address
    })
    expect(await relay.headOf(MESSAGE)).toBe(MESSAGE.digest)
    await expectRefusal(relay.tryOut(MESSAGE, signature), 'AlreadyRecorded', leafOf(MESSAGE.digest))
  })

  test('publishes not by one of them, nor by one twice, nor with a stranger, nor in disorder', async () => {
    const [one, two] = await Promise.all([alice, bob].map(async (owner) => await team.sign(owner, hashOf(MESSAGE))))
    const other = await team.sign(stranger, hashOf(MESSAGE))
    const inOrder = joined([one!, two!])
    const swapped = concat([`0x${inOrder.slice(132)}`, inOrder.slice(0, 132)])
    const bad = [one!.words, concat([one!.words, one!.words]), joined([one!, other]), swapped, inOrder.slice(0, -2)]
    for (const signature of bad) await relay.expectBad(MESSAGE, signature)
    await relay.tryOut(MESSAGE, inOrder)
  })

  test('publishes nothing that its owners signed for themselves, or for another of their Safes', async () => {
    const plain = await Promise.all(
      [alice, bob].map(
        async (owner): Promise<Part> => ({ owner: addressOf(owner), words: await relay.sign(owner, MESSAGE) })
      )
    )
    await relay.expectBad(MESSAGE, joined(plain))
    const sibling = await safes.create(owners, 2)
    await relay.expectBad(MESSAGE, await signedBy(sibling, MESSAGE, [alice, bob]))
    const theirs = firstOf(sibling)
    await relay.expectBad(theirs, await signedBy(team, theirs, [alice, bob]))
    await relay.tryOut(theirs, await signedBy(sibling, theirs, [alice, bob]))
  })

  test('publishes what they signed, field by field', async () => {
    const signature = await signedBy(team, MESSAGE, [alice, bob])
    const changes: readonly Partial<Publish>[] = [
      { digest: digest(2) },
      { parent: digest(2) },
      { tree: digest(2) },
      { deadline: MESSAGE.deadline + 1n }
    ]
    for (const change of changes) await relay.expectBad({ ...MESSAGE, ...change }, signature)
  })

  test('publishes by what its owners approved on the chain', async () => {
    const hash = team.messageHash(hashOf(MESSAGE))
    const signature = joined([approvedBy(alice), approvedBy(bob)])
    await send(team.by(alice), 'approveHash', hash)
    await relay.expectBad(MESSAGE, signature)
    await send(team.by(bob), 'approveHash', hash)
    await relay.land(MESSAGE, signature)
    await relay.expectBad({ ...MESSAGE, digest: digest(2) }, signature)
  })

  test('publishes by owners whose wallets sign text only, and by a mixture of every kind', async () => {
    const text = await team.signAsText(alice, hashOf(MESSAGE))
    await relay.tryOut(MESSAGE, joined([text, await team.signAsText(bob, hashOf(MESSAGE))]))
    await relay.tryOut(MESSAGE, joined([text, await team.sign(bob, hashOf(MESSAGE))]))
    await send(team.by(carol), 'approveHash', team.messageHash(hashOf(MESSAGE)))
    await relay.land(MESSAGE, joined([text, approvedBy(carol)]))
  })

  test('publishes by an owner that is a Safe itself', async () => {
    const parent = await safes.create([alice, { address: team.address }], 2)
    const message = firstOf(parent)
    const inner = parent.messageHash(hashOf(message))
    const ofTeam = joined(await Promise.all([bob, carol].map(async (owner) => await team.sign(owner, inner))))
    const signature = joined([await parent.sign(alice, hashOf(message)), parent.signAsContract(team, ofTeam)])
    expect(dataLength(signature)).toBe(130 + 32 + 130)
    const half = joined([await parent.sign(alice, hashOf(message)), parent.signAsContract(team, ofTeam.slice(0, 132))])
    await relay.expectBad(message, half)
    await relay.land(message, signature)
    expect(await relay.recordOf(message)).toMatchObject({ editor: parent.address })
  })

  test('publishes by no signature at all, where it signed the message on the chain', async () => {
    await relay.expectBad(MESSAGE, '0x')
    const data = new Interface(['function signMessage(bytes)']).encodeFunctionData('signMessage', [hashOf(MESSAGE)])
    await team.execute([alice, carol], safes.signMessageLib, data, 1)
    await relay.land(MESSAGE, '0x')
    await relay.expectBad({ ...MESSAGE, digest: digest(2) }, '0x')
  })

  test('says itself what is a signature of it, so a twin with a high s counts, and still only once', async () => {
    const message = firstOf(single)
    const { r, s, v } = Signature.from((await single.sign(alice, hashOf(message))).words)
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const twin = concat([r, toBeHex(order - BigInt(s), 32), toBeHex(v === 27 ? 28 : 27)])
    await relay.land(message, twin)
    await expectRefusal(relay.tryOut(message, concat([r, s, toBeHex(v)])), 'AlreadyRecorded', leafOf(message.digest))
  })

  test('with one owner publishes by 65 bytes, which are not those of the owner as an account', async () => {
    const message = firstOf(single)
    await relay.expectBad(message, await relay.sign(alice, message))
    const signature = await signedBy(single, message, [alice])
    expect(dataLength(signature)).toBe(65)
    await relay.expectBad(firstOf(alice), signature)
    await relay.land(message, signature)
    expect(await relay.recordOf(firstOf(alice))).toEqual(UNRECORDED)
  })

  test('sends by itself too, and takes back and appoints as any publisher', async () => {
    const call = (verb: string, ...args: readonly unknown[]): Promise<unknown> =>
      team.execute([alice, bob], evm.address, coder.encodeFunctionData(verb, [...args]))
    await call('publish', team.address, MESSAGE.ref, digest(1), NONE, NONE)
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ retractedAt: 0n, editor: team.address })
    await call('setEditor', relayer.address, NOW)
    await send(relay.contract, 'publish', team.address, MESSAGE.ref, digest(2), digest(1), NONE)
    await evm.at(NOW)
    await call('retract', leafOf(digest(1)))
    expect(await relay.recordOf(MESSAGE)).toMatchObject({ retractedAt: BigInt(NOW) })
    await call('point', team.address, MESSAGE.ref, NONE, digest(2))
    expect(await relay.headOf(MESSAGE)).toBe(NONE)
  })
})

describe('a Safe as an editor', () => {
  const message: Publish = { ...firstOf(publisher), editor: team.address }

  test('publishes for an account by the signatures of its owners, while it is an editor', async () => {
    const signature = await signedBy(team, message, [alice, bob])
    await expectRefusal(relay.tryOut(message, signature), 'NotEditor', publisher.address, team.address)
    await send(asPublisher, 'setEditor', team.address, NOW)
    await relay.expectBad({ ...message, editor: addressOf(publisher) }, signature)
    await relay.land(message, signature)
    expect(await relay.recordOf(message)).toMatchObject({ retractedAt: 0n, editor: team.address })
    await send(asPublisher, 'setEditor', team.address, 0)
    const { publishedAt, retractedAt } = await relay.recordOf(message)
    expect(retractedAt).toBe(publishedAt)
  })

  test('is refused the signature of an owner that left it, and takes that of the one who came', async () => {
    await send(asPublisher, 'setEditor', team.address, NOW)
    const old = await signedBy(team, message, [alice, bob])
    await relay.tryOut(message, old)

    const { interface: safe } = team.by(payer)
    const current = (await team.by(payer).getFunction('getOwners')()) as readonly string[]
    const previous = current[current.indexOf(bob.address) - 1] ?? FIRST_IN_LIST
    const swap = safe.encodeFunctionData('swapOwner', [previous, bob.address, stranger.address])
    await team.execute([alice, carol], team.address, swap)

    await relay.expectBad(message, old)
    await relay.land(message, await signedBy(team, message, [alice, stranger]))
  })

  test('needs as many signatures as it asks for when they are brought', async () => {
    await send(asPublisher, 'setEditor', team.address, NOW)
    const two = await signedBy(team, message, [alice, bob])
    const change = team.by(payer).interface.encodeFunctionData('changeThreshold', [3])
    await team.execute([alice, bob], team.address, change)
    await relay.expectBad(message, two)
    await relay.land(message, await signedBy(team, message, owners))
  })

  test('that is not deployed on this chain yet signs nothing', async () => {
    await send(asPublisher, 'setEditor', team.address, NOW)
    const signature = await signedBy(team, message, [alice, bob])
    await evm.request({ method: 'hardhat_setCode', params: [team.address, '0x'] })
    await relay.expectBad(message, signature)
  })
})
