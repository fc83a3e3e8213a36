import type { Contract, Wallet } from 'ethers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, expectRefusal, send } from './fixture.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const REF = refOf('a-trend')
const [publisher, editor, thief] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet]
const asPublisher: Contract = contractOf(evm.address, publisher)
const asEditor: Contract = contractOf(evm.address, editor)
const asThief: Contract = contractOf(evm.address, thief)
const verify = async (by: Wallet, of: string, proof: readonly string[] = []) =>
  await asPublisher.getFunction('verify')(by.address, of, proof)
const publishArgs = (by: Wallet, of = digest(1), ref = REF, parent: string = NONE): readonly unknown[] => [
  by.address,
  ref,
  of,
  parent,
  NONE
]

describe('taking a name', () => {
  test('takes it under the own account only', async () => {
    await send(asThief, 'publish', ...publishArgs(thief, digest(9)))
    expect(await asPublisher.getFunction('heads')(publisher.address, REF)).toBe(NONE)
    await send(asPublisher, 'publish', ...publishArgs(publisher))
    expect(await asPublisher.getFunction('heads')(thief.address, REF)).toBe(digest(9))
  })
})

describe("an editor's stolen key", () => {
  test('erases nothing, retracts nothing, appoints nobody', async () => {
    await send(asPublisher, 'setEditor', editor.address, 4_000_000_000)
    await send(asPublisher, 'publish', ...publishArgs(publisher))
    await send(asEditor, 'retract', leafOf(digest(1)))
    await send(asEditor, 'setEditor', thief.address, 4_000_000_000)
    const args = publishArgs(publisher, digest(2), REF, digest(1))
    await expectRefusal(
      asThief.getFunction('publish').staticCall(...args),
      'NotEditor',
      publisher.address,
      thief.address
    )
    const record = await verify(publisher, digest(1))
    expect(record.publishedAt).toBeGreaterThan(0n)
    expect(record.retractedAt).toBe(0n)
    await expectRefusal(
      asEditor.getFunction('point').staticCall(publisher.address, REF, NONE, digest(1)),
      'ZeroDigest',
      REF
    )
  })

  test('is cut off at the moment of the theft, and what came before stays', async () => {
    const theft = 4_000_000_000
    await send(asPublisher, 'setEditor', editor.address, theft + 1000)
    await evm.at(theft)
    await send(asEditor, 'publish', ...publishArgs(publisher, digest(1), NONE))
    await evm.at(theft + 1)
    await send(asEditor, 'publish', ...publishArgs(publisher, digest(2), NONE))
    await send(asPublisher, 'setEditor', editor.address, theft)
    expect((await verify(publisher, digest(1))).retractedAt).toBe(0n)
    expect((await verify(publisher, digest(2))).retractedAt).toBe(BigInt(theft + 1))
  })
})

describe('a publisher', () => {
  test('cannot disown itself by its own line among the editors', async () => {
    await send(asPublisher, 'publish', ...publishArgs(publisher))
    await send(asPublisher, 'setEditor', publisher.address, 1)
    expect((await verify(publisher, digest(1))).retractedAt).toBe(0n)
    await send(asPublisher, 'publish', ...publishArgs(publisher, digest(2), REF, digest(1)))
  })
})

describe('calls in calls', () => {
  test('are still those of the sender', async () => {
    const { interface: coder } = asThief
    const inner = coder.encodeFunctionData('publish', [...publishArgs(publisher)])
    const nested = coder.encodeFunctionData('multicall', [[inner]])
    await expectRefusal(
      asThief.getFunction('multicall').staticCall([nested]),
      'NotEditor',
      publisher.address,
      thief.address
    )
    await send(asPublisher, 'multicall', [nested])
    expect((await verify(publisher, digest(1))).editor).toBe(publisher.address)
  })

  test('answer with what each call answers, so that many documents can be verified at once', async () => {
    await send(asPublisher, 'publish', ...publishArgs(publisher))
    const { interface: coder } = asPublisher
    const calls = [1, 2].map((n) => coder.encodeFunctionData('verify', [publisher.address, digest(n), []]))
    const answers = (await asThief.getFunction('multicall').staticCall(calls)) as readonly string[]
    const editors = answers.map((answer) => coder.decodeFunctionResult('verify', answer).editor as string)
    expect(editors).toEqual([publisher.address, `0x${'0'.repeat(40)}`])
  })

  test('change nothing when there are none', async () => {
    await send(asPublisher, 'multicall', [])
  })
})

describe('value', () => {
  test('is taken by no function, and not without one', async () => {
    const { interface: coder } = asPublisher
    const datas = [
      coder.encodeFunctionData('publish', [...publishArgs(publisher)]),
      coder.encodeFunctionData('point', [publisher.address, REF, digest(1), NONE]),
      coder.encodeFunctionData('retract', [leafOf(digest(1))]),
      coder.encodeFunctionData('setEditor', [editor.address, 1]),
      coder.encodeFunctionData('multicall', [[]]),
      '0x'
    ]
    for (const data of datas) {
      const call = { to: evm.address, data, value: 1n }
      await expect(publisher.call(call), data).rejects.toMatchObject({ code: 'CALL_EXCEPTION' })
    }
    await expect(publisher.call({ to: evm.address, data: '0x12345678' })).rejects.toMatchObject({
      code: 'CALL_EXCEPTION'
    })
  })
})

describe('logs', () => {
  test('replay to the heads of the state', async () => {
    await send(asPublisher, 'setEditor', editor.address, 4_000_000_000)
    await send(asPublisher, 'publish', ...publishArgs(publisher))
    await send(asEditor, 'point', publisher.address, REF, digest(2), digest(1))
    await send(asPublisher, 'publish', ...publishArgs(publisher, digest(3), NONE))
    await send(asEditor, 'publish', ...publishArgs(publisher, digest(4), REF, digest(2)))
    await send(asPublisher, 'point', publisher.address, refOf('b'), digest(5), NONE)
    await send(asPublisher, 'point', publisher.address, refOf('b'), NONE, digest(5))
    const heads = new Map<string, string>()
    const names: string[] = []
    for (const log of await asPublisher.queryFilter('*', 0)) {
      if (!('fragment' in log)) throw new Error('a log of no event')
      names.push(log.fragment.name)
      const { ref, digest: named } = log.args
      if ((log.fragment.name === 'Published' && ref !== NONE) || log.fragment.name === 'Pointed') heads.set(ref, named)
    }
    expect(names).toEqual(['EditorSet', 'Published', 'Pointed', 'Published', 'Published', 'Pointed', 'Pointed'])
    for (const [ref, named] of heads) {
      expect(await asPublisher.getFunction('heads')(publisher.address, ref)).toBe(named)
    }
    expect([...heads.values()]).toEqual([digest(4), NONE])
  })
})
