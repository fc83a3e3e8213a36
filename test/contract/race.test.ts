import type { Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type RegistryCall } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openAnvil } from '../registry/anvil.ts'
import { type Call, holding, inOneBlock, waiting } from './block.ts'
import { contractOf, digest, send, toArgs } from './fixture.ts'
import { addressOf, firstOf, NOW, relayOf, UNRECORDED } from './signing.ts'

const evm = await openAnvil()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, editor, other, relayer, thief] = evm.wallets as unknown as readonly [
  Wallet,
  Wallet,
  Wallet,
  Wallet,
  Wallet
]
const relay = relayOf(evm, relayer)
const MESSAGE = firstOf(publisher)
const { ref: REF } = MESSAGE
const [EARLIER, LATER] = [digest(2), digest(3)]

const call = (by: Wallet, verb: string, ...args: readonly unknown[]): Call => ({
  contract: contractOf(evm.address, by),
  verb,
  args
})
const publishing = (by: Wallet, of: Bytes32, parent: Bytes32 = NONE, under = publisher): Call =>
  call(by, 'publish', under.address, REF, of, parent, NONE)
const appoint = async (account: Wallet, until: number = 2 * NOW): Promise<void> => {
  await send(contractOf(evm.address, publisher), 'setEditor', account.address, until)
}
const recordOf = async (of: Bytes32, by = publisher): ReturnType<typeof relay.recordOf> =>
  await relay.recordOf({ ...MESSAGE, publisher: addressOf(by), digest: of })
const head = async (): Promise<string> => await relay.headOf(MESSAGE)

describe('copying a digest out of the mempool', () => {
  const author = publishing(publisher, digest(1))
  const copy = publishing(thief, digest(1), NONE, thief)

  test.each([
    ['before', [copy, author]],
    ['after', [author, copy]]
  ] as const)('and landing %s its author in the same block takes nothing from the author', async (_, order) => {
    await evm.at(NOW)
    expect(await inOneBlock(evm, order)).toEqual(['landed', 'landed'])
    const record = { publishedAt: BigInt(NOW), retractedAt: 0n }
    expect(await recordOf(digest(1))).toEqual({ ...record, editor: addressOf(publisher) })
    expect(await recordOf(digest(1), thief)).toEqual({ ...record, editor: addressOf(thief) })
    expect(await head()).toBe(digest(1))
  })

  test("and putting it under the author's name is refused in either place", async () => {
    const forged = publishing(thief, digest(1))
    const refusal = ['NotEditor', addressOf(publisher), addressOf(thief)]
    expect(await inOneBlock(evm, [forged, author])).toEqual([refusal, 'landed'])
    await evm.reset()
    expect(await inOneBlock(evm, [author, forged])).toEqual(['landed', refusal])
  })
})

describe('two editors of one ref in one block', () => {
  const racers: readonly (readonly [string, Wallet, Wallet])[] = [
    ['the first sent', editor, other],
    ['the second sent', other, editor]
  ]
  beforeEach(async () => {
    await appoint(editor)
    await appoint(other)
    await send(contractOf(evm.address, publisher), 'publish', publisher.address, REF, digest(1), NONE, NONE)
  })

  test.each(racers)('land one version, and the loser is told of it and lands on top (%s)', async (_, first, second) => {
    const fates = await inOneBlock(evm, [publishing(first, EARLIER, digest(1)), publishing(second, LATER, digest(1))])
    expect(fates).toEqual(['landed', ['StaleParent', REF, EARLIER]])
    expect(await head()).toBe(EARLIER)
    expect(await recordOf(EARLIER)).toMatchObject({ retractedAt: 0n, editor: addressOf(first) })
    expect(await recordOf(LATER)).toEqual(UNRECORDED)

    expect(await inOneBlock(evm, [publishing(second, LATER, EARLIER)])).toEqual(['landed'])
    expect(await head()).toBe(LATER)
    expect(await recordOf(LATER)).toMatchObject({ retractedAt: 0n, editor: addressOf(second) })
  })

  test.each(racers)('land one and the same document once, by whoever came first (%s)', async (_, first, second) => {
    const fates = await inOneBlock(evm, [publishing(first, EARLIER, digest(1)), publishing(second, EARLIER, digest(1))])
    expect(fates).toEqual(['landed', ['AlreadyRecorded', leafOf(EARLIER)]])
    expect(await recordOf(EARLIER)).toMatchObject({ editor: addressOf(first) })
    expect(await head()).toBe(EARLIER)
  })

  test('each on top of the other land both, if the block has them in that order', async () => {
    const [below, above] = [publishing(editor, EARLIER, digest(1)), publishing(other, LATER, EARLIER)]
    expect(await inOneBlock(evm, [above, below])).toEqual([['StaleParent', REF, digest(1)], 'landed'])
    await evm.reset()
    await appoint(editor)
    await appoint(other)
    await send(contractOf(evm.address, publisher), 'publish', publisher.address, REF, digest(1), NONE, NONE)
    expect(await inOneBlock(evm, [below, above])).toEqual(['landed', 'landed'])
    expect(await head()).toBe(LATER)
  })

  test('that write through this library are told the same, and try again on what won', async () => {
    const open = async (signer: Wallet): ReturnType<typeof ethersRegistry> =>
      await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer })
    const writers = await Promise.all([open(editor), open(other)])
    const version = (of: Bytes32, parent: Bytes32): RegistryCall => ({
      verb: 'publish',
      publisher: addressOf(publisher),
      ref: REF,
      digest: of,
      parent,
      tree: NONE
    })
    const digests = [EARLIER, LATER] as const
    const fates = await holding(evm, async () => {
      const racing = Promise.allSettled(writers.map((writer, i) => writer.send([version(digests[i]!, digest(1))])))
      await expect.poll(async () => await waiting(evm), { interval: 10, timeout: 10_000 }).toBe(2)
      await evm.mine()
      return await racing
    })
    const winner = fates.findIndex(({ status }) => status === 'fulfilled')
    const won = digests[winner]!
    const [lost, loser] = [digests[1 - winner]!, writers[1 - winner]!]
    expect(fates[1 - winner]).toMatchObject({
      status: 'rejected',
      reason: { code: 'REGISTRY_REJECTED', details: { reason: 'StaleParent', args: { ref: REF, head: won } } }
    })
    await loser.send([version(lost, won)])
    expect(await head()).toBe(lost)
    expect(await recordOf(won)).toMatchObject({ editor: writers[winner]!.account })
    expect(await recordOf(lost)).toMatchObject({ editor: loser.account })
  })
})

describe('two relayers of one signature in one block', () => {
  test.each([
    ['the honest one', relayer, thief],
    ['the other', thief, relayer]
  ])('publish once, and the second pays in vain, whoever it is (first: %s)', async (_, first, second) => {
    const args = toArgs(MESSAGE, await relay.sign(publisher, MESSAGE))
    await evm.at(NOW)
    const fates = await inOneBlock(evm, [call(first, 'publishFor', ...args), call(second, 'publishFor', ...args)])
    expect(fates).toEqual(['landed', ['AlreadyRecorded', leafOf(MESSAGE.digest)]])
    // Nothing of the record depends on who brought it.
    expect(await recordOf(MESSAGE.digest)).toEqual({
      publishedAt: BigInt(NOW),
      retractedAt: 0n,
      editor: MESSAGE.editor
    })
    expect(await head()).toBe(MESSAGE.digest)
  })

  test('of whom one lifted the signature for its own name gain nothing by it', async () => {
    const signature = await relay.sign(publisher, MESSAGE)
    const lifted = { ...MESSAGE, publisher: addressOf(thief), editor: addressOf(thief) }
    const fates = await inOneBlock(evm, [
      call(thief, 'publishFor', ...toArgs(lifted, signature)),
      call(relayer, 'publishFor', ...toArgs(MESSAGE, signature))
    ])
    expect(fates).toEqual([['BadSignature', addressOf(thief)], 'landed'])
    expect(await recordOf(MESSAGE.digest, thief)).toEqual(UNRECORDED)
  })

  test('of many signatures: one that was taken out and sent first fails the others with it', async () => {
    const messages = [1, 2, 3].map((n) => ({ ...MESSAGE, ref: refOf(`trend-${n}`), digest: digest(n) }))
    const calls = await Promise.all(
      messages.map(async (message) => toArgs(message, await relay.sign(publisher, message)))
    )
    const datas = calls.map((args) => relay.contract.interface.encodeFunctionData('publishFor', [...args]))
    const fates = await inOneBlock(evm, [call(thief, 'publishFor', ...calls[1]!), call(relayer, 'multicall', datas)])
    expect(fates).toEqual(['landed', ['AlreadyRecorded', leafOf(digest(2))]])
    expect(await inOneBlock(evm, [call(relayer, 'multicall', datas.toSpliced(1, 1))])).toEqual(['landed'])
    for (const { digest: of } of messages) expect(await recordOf(of)).not.toEqual(UNRECORDED)
  })
})

describe('an editor that is ended in the block in which it publishes', () => {
  const published = publishing(editor, digest(1))
  const ended = (until: number): Call => call(publisher, 'setEditor', editor.address, until)
  const stands = { publishedAt: BigInt(NOW), retractedAt: 0n, editor: addressOf(editor) }
  const disowned = { ...stands, retractedAt: BigInt(NOW) }
  beforeEach(async () => {
    await appoint(editor)
    await evm.at(NOW)
  })

  test.each([
    ['at the time of the block', NOW, stands],
    ['a second before', NOW - 1, disowned],
    ['for all it ever did', 0, disowned]
  ] as const)('and came first, %s: it landed, and that counts for what it says', async (_, until, record) => {
    expect(await inOneBlock(evm, [published, ended(until)])).toEqual(['landed', 'landed'])
    expect(await recordOf(digest(1))).toEqual(record)
    expect(await head()).toBe(digest(1))
  })

  test.each([
    ['a second before', NOW - 1],
    ['for all it ever did', 0]
  ])('and came second, %s: it is refused', async (_, until) => {
    const refusal = ['NotEditor', addressOf(publisher), addressOf(editor)]
    expect(await inOneBlock(evm, [ended(until), published])).toEqual(['landed', refusal])
    expect(await recordOf(digest(1))).toEqual(UNRECORDED)
    expect(await head()).toBe(NONE)
  })

  test('and came second, at the time of the block: it landed, for that second is still its own', async () => {
    expect(await inOneBlock(evm, [ended(NOW), published])).toEqual(['landed', 'landed'])
    expect(await recordOf(digest(1))).toEqual(stands)
    // The publisher who did not mean that says so afterwards.
    expect(await inOneBlock(evm, [ended(NOW - 1)])).toEqual(['landed'])
    expect(await recordOf(digest(1))).toEqual(disowned)
  })

  test('while a relayer brings what it signed: as if the editor had sent it', async () => {
    const message = { ...MESSAGE, editor: addressOf(editor) }
    const brought = call(relayer, 'publishFor', ...toArgs(message, await relay.sign(editor, message)))
    const refusal = ['NotEditor', addressOf(publisher), addressOf(editor)]
    expect(await inOneBlock(evm, [ended(0), brought])).toEqual(['landed', refusal])
    await evm.reset()
    await appoint(editor)
    await evm.at(NOW)
    expect(await inOneBlock(evm, [brought, ended(0)])).toEqual(['landed', 'landed'])
    expect(await recordOf(digest(1))).toEqual(disowned)
  })
})

describe('burning a signature in the block that brings it', () => {
  test('comes too late only to keep it from being published: it is published and taken back', async () => {
    const brought = call(relayer, 'publishFor', ...toArgs(MESSAGE, await relay.sign(publisher, MESSAGE)))
    const burnt = call(publisher, 'retract', leafOf(MESSAGE.digest))
    await evm.at(NOW)
    expect(await inOneBlock(evm, [brought, burnt])).toEqual(['landed', 'landed'])
    const [publishedAt, retractedAt] = [BigInt(NOW), BigInt(NOW)]
    expect(await recordOf(MESSAGE.digest)).toEqual({ publishedAt, retractedAt, editor: MESSAGE.editor })
    await evm.reset()
    await evm.at(NOW)
    const refusal = ['AlreadyRecorded', leafOf(MESSAGE.digest)]
    expect(await inOneBlock(evm, [burnt, brought])).toEqual(['landed', refusal])
    expect(await recordOf(MESSAGE.digest)).toEqual({ ...UNRECORDED, retractedAt })
  })
})
