import type { Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openAnvil } from '../registry/anvil.ts'
import { type Fate, fateOf } from './block.ts'
import { contractOf, digest, expectRefusal, type Publish, send } from './fixture.ts'
import { addressOf, firstOf, NOW, relayOf, UNRECORDED } from './signing.ts'

const evm = await openAnvil()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, editor, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet]
const relay = relayOf(evm, relayer)
const asPublisher = contractOf(evm.address, publisher)
const asEditor = contractOf(evm.address, editor)
const ONE = firstOf(publisher)
const TWO: Publish = { ...ONE, editor: addressOf(editor), digest: digest(2), parent: ONE.digest }
const { ref: REF } = ONE

/** A signed transaction, which can be brought to the chain again and again. */
async function signed(by: Wallet, verb: string, ...args: readonly unknown[]): Promise<string> {
  const data = relay.contract.interface.encodeFunctionData(verb, args)
  return await by.signTransaction(await by.populateTransaction({ to: evm.address, data, gasLimit: 300_000 }))
}
const publishing = async (by: Wallet, { publisher: under, digest: of, parent }: Publish): Promise<string> =>
  await signed(by, 'publish', under, REF, of, parent, NONE)

async function bring(raw: string): Promise<Fate> {
  const hash = String(await evm.request({ method: 'eth_sendRawTransaction', params: [raw] }))
  // anvil answers before it makes the block.
  await expect
    .poll(async () => await evm.provider.getTransactionReceipt(hash), { interval: 5, timeout: 10_000 })
    .not.toBeNull()
  return await fateOf(evm, relay.contract, hash)
}

/** Takes the last blocks back and makes as many others, the first of them of these transactions. */
async function reorg(depth: number, ...raws: readonly string[]): Promise<readonly Fate[]> {
  const { provider } = evm
  const height = await provider.getBlockNumber()
  const before = await Promise.all([height - depth, height - depth + 1, height].map((n) => provider.getBlock(n)))
  await evm.request({ method: 'anvil_reorg', params: [depth, raws.map((raw) => [raw, 0])] })
  const after = await Promise.all([height - depth, height - depth + 1, height].map((n) => provider.getBlock(n)))
  expect(after.map((block, i) => block?.hash === before[i]?.hash)).toEqual([true, false, false])
  for (const hash of [...before[1]!.transactions, ...before[2]!.transactions]) {
    if (!after[1]!.transactions.includes(hash)) expect(await provider.getTransactionReceipt(hash)).toBeNull()
  }
  expect(after[1]!.transactions.length).toBe(raws.length)
  return await Promise.all(after[1]!.transactions.map(async (hash) => await fateOf(evm, relay.contract, hash)))
}

/** That a document is recorded in the block with which the chain ends, at that block's time. */
async function expectRecordedNow(message: Publish): Promise<void> {
  const { timestamp } = (await evm.provider.getBlock('latest'))!
  const [publishedAt, retractedAt] = [BigInt(timestamp), 0n]
  expect(await relay.recordOf(message)).toEqual({ publishedAt, retractedAt, editor: message.editor })
  expect(await relay.headOf(message)).toBe(message.digest)
}
const expectNothing = async (...messages: readonly Publish[]): Promise<void> => {
  for (const message of messages) expect(await relay.recordOf(message)).toEqual(UNRECORDED)
}

describe('a reorg that drops version 1 under version 2', () => {
  let [one, two] = ['', '']
  beforeEach(async () => {
    await send(asPublisher, 'setEditor', editor.address, NOW)
    one = await publishing(publisher, ONE)
    expect(await bring(one)).toBe('landed')
    two = await publishing(editor, TWO)
    expect(await bring(two)).toBe('landed')
    await expectRecordedNow(TWO)
  })

  test('leaves nothing of either, and refuses version 2 alone', async () => {
    await reorg(2)
    await expectNothing(ONE, TWO)
    expect(await relay.headOf(ONE)).toBe(NONE)
    expect(await bring(two)).toEqual(['StaleParent', REF, NONE])
    await expectNothing(ONE, TWO)
    expect(await relay.headOf(ONE)).toBe(NONE)

    expect(await bring(one)).toBe('landed')
    await send(asEditor, 'publish', publisher.address, REF, TWO.digest, TWO.parent, NONE)
    await expectRecordedNow(TWO)
  })

  test('takes both again in their order, at the times of their new blocks', async () => {
    await reorg(2)
    expect(await bring(one)).toBe('landed')
    await expectRecordedNow(ONE)
    expect(await bring(two)).toBe('landed')
    await expectRecordedNow(TWO)
  })

  test.each([
    ['their order', [0, 1], ['landed', 'landed']],
    ['the other order', [1, 0], [['StaleParent', REF, NONE], 'landed']]
  ] as const)('and has both in one block, in %s', async (_, order, fates) => {
    expect(await reorg(2, ...order.map((i) => [one, two][i]!))).toEqual(fates)
    const last = fates[0] === 'landed' ? TWO : ONE
    expect(await relay.headOf(ONE)).toBe(last.digest)
    expect(await relay.recordOf(ONE)).toMatchObject({ retractedAt: 0n, editor: ONE.editor })
    if (last === ONE) await expectNothing(TWO)
  })

  test('leaves a signature of version 2 unspent, which waits for version 1', async () => {
    const signature = await relay.sign(editor, TWO)
    await reorg(2)
    await expectRefusal(relay.tryOut(TWO, signature), 'StaleParent', REF, NONE)
    await expect(relay.land(TWO, signature)).rejects.toMatchObject({ code: 'CALL_EXCEPTION' })
    expect(await bring(one)).toBe('landed')
    await relay.land(TWO, signature)
    await expectRecordedNow(TWO)
  })
})

describe('a reorg that puts another document in the place of version 1', () => {
  test('refuses version 2, which was made on top of the one that is gone', async () => {
    await send(asPublisher, 'setEditor', editor.address, NOW)
    const other: Publish = { ...ONE, digest: digest(9) }
    const [one, instead] = [await publishing(publisher, ONE), await publishing(publisher, other)]
    await bring(one)
    const two = await publishing(editor, TWO)
    await bring(two)
    expect(await reorg(2, instead, two)).toEqual(['landed', ['StaleParent', REF, other.digest]])
    await expectNothing(ONE, TWO)
    expect(await relay.headOf(ONE)).toBe(other.digest)
    expect(await relay.recordOf(other)).toMatchObject({ retractedAt: 0n, editor: other.editor })
    // The transaction of version 1 has the nonce of the one that took its place.
    await expect(bring(one)).rejects.toThrow(/nonce/i)
  })
})

describe('a reorg of what a publisher said of an editor', () => {
  const bySelf: Publish = { ...ONE, editor: addressOf(editor) }
  const refusal = ['NotEditor', addressOf(publisher), addressOf(editor)]

  test('that drops its right refuses what it published by that', async () => {
    const right = await signed(publisher, 'setEditor', editor.address, NOW)
    await bring(right)
    const published = await publishing(editor, bySelf)
    expect(await bring(published)).toBe('landed')
    const signature = await relay.sign(editor, bySelf)
    expect(await reorg(2, published)).toEqual([refusal])
    await expectNothing(bySelf)
    await expectRefusal(relay.tryOut(bySelf, signature), 'NotEditor', publisher.address, editor.address)

    expect(await bring(right)).toBe('landed')
    await relay.land(bySelf, signature)
    await expectRecordedNow(bySelf)
  })

  test('that has both in one block takes them in their order alone', async () => {
    const right = await signed(publisher, 'setEditor', editor.address, NOW)
    await bring(right)
    const published = await publishing(editor, bySelf)
    await bring(published)
    expect(await reorg(2, published, right)).toEqual([refusal, 'landed'])
    await expectNothing(bySelf)
    expect(await reorg(2, right, published)).toEqual(['landed', 'landed'])
    await expectRecordedNow(bySelf)
  })

  test('that drops its end owns again what had been disowned, until that is said once more', async () => {
    await send(asPublisher, 'setEditor', editor.address, NOW)
    await bring(await publishing(editor, bySelf))
    const end = await signed(publisher, 'setEditor', editor.address, 0)
    await bring(end)
    const { publishedAt } = await relay.recordOf(bySelf)
    expect(await relay.recordOf(bySelf)).toMatchObject({ retractedAt: publishedAt })
    await reorg(1)
    expect(await relay.recordOf(bySelf)).toMatchObject({ publishedAt, retractedAt: 0n })
    await bring(end)
    expect(await relay.recordOf(bySelf)).toMatchObject({ retractedAt: publishedAt })
  })
})

describe('a reorg of a retraction', () => {
  test('leaves the document standing, until it is taken back once more', async () => {
    await bring(await publishing(publisher, ONE))
    const retraction = await signed(publisher, 'retract', leafOf(ONE.digest))
    await bring(retraction)
    const { publishedAt, retractedAt } = await relay.recordOf(ONE)
    expect(retractedAt).toBeGreaterThan(0n)
    await reorg(1)
    expect(await relay.recordOf(ONE)).toMatchObject({ publishedAt, retractedAt: 0n })
    expect(await bring(retraction)).toBe('landed')
    const { timestamp } = (await evm.provider.getBlock('latest'))!
    expect(await relay.recordOf(ONE)).toMatchObject({ publishedAt, retractedAt: BigInt(timestamp) })
  })

  test('that burnt a signature lets it live again, as if nobody had burnt it', async () => {
    const signature = await relay.sign(publisher, ONE)
    const burning = await signed(publisher, 'retract', leafOf(ONE.digest))
    await bring(burning)
    await expectRefusal(relay.tryOut(ONE, signature), 'AlreadyRecorded', leafOf(ONE.digest))
    await reorg(1)
    await relay.land(ONE, signature)
    await expectRecordedNow(ONE)
    // Brought late it does what it still can.
    expect(await bring(burning)).toBe('landed')
    expect((await relay.recordOf(ONE)).retractedAt).toBeGreaterThan(0n)
  })
})
