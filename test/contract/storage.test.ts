import { AbiCoder, keccak256, toBeHex, type Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { keyOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, send } from './fixture.ts'

const evm = await openHardhat()
afterAll(evm.close)

const [publisher, editor] = evm.wallets as unknown as readonly [Wallet, Wallet]
const contract = contractOf(evm.address, publisher)
const UNTIL = 4_000_000_000n
const KEY = keyOf(digest(1), digest(2))

/** Where Solidity keeps `mapping[outer][inner]` of the mapping in `slot`. */
function slotOf(slot: number, outer: string, [type, inner]: readonly ['address' | 'bytes32', string]): string {
  const coder = AbiCoder.defaultAbiCoder()
  const mapping = keccak256(coder.encode(['address', 'uint256'], [outer, slot]))
  return keccak256(coder.encode([type, 'bytes32'], [inner, mapping]))
}
const wordAt = async (slot: string): Promise<bigint> => BigInt(await evm.provider.getStorage(evm.address, slot))

beforeAll(async () => {
  await send(contract, 'setEditor', editor.address, UNTIL)
  await send(
    contractOf(evm.address, editor),
    'publish',
    publisher.address,
    refOf('a-trend'),
    digest(1),
    NONE,
    digest(2)
  )
  await send(contract, 'retract', KEY)
})

describe('the storage that state proofs read', () => {
  test('keeps records in slot 0: published, retracted, editor, from the low end', async () => {
    const word = await wordAt(slotOf(0, publisher.address, ['bytes32', KEY]))
    const { publishedAt, retractedAt, editor: by } = await contract.getFunction('records')(publisher.address, KEY)
    expect(publishedAt).toBeGreaterThan(0n)
    expect(word & 0xff_ffff_ffffn).toBe(publishedAt)
    expect((word >> 40n) & 0xff_ffff_ffffn).toBe(retractedAt)
    expect(retractedAt).toBeGreaterThan(publishedAt)
    expect(word >> 80n).toBe(BigInt(by))
    expect(by).toBe(editor.address)
    expect(word >> 240n).toBe(0n)
  })

  test('keeps heads in slot 1', async () => {
    expect(await wordAt(slotOf(1, publisher.address, ['bytes32', refOf('a-trend')]))).toBe(BigInt(digest(1)))
  })

  test('keeps editors in slot 2', async () => {
    expect(await wordAt(slotOf(2, publisher.address, ['address', editor.address]))).toBe(UNTIL)
  })

  test('has nothing anywhere that the code was given at its construction', async () => {
    for (let slot = 0; slot < 16; slot++) expect(await wordAt(toBeHex(slot, 32)), `slot ${slot}`).toBe(0n)
  })
})
