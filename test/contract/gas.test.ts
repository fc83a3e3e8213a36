import type { Wallet } from 'ethers'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { editionTree, leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from '../registry/evm.ts'
import { contractOf, digest, domainOf, PUBLISH, send, toArgs } from './fixture.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const [publisher, relayer] = evm.wallets as unknown as readonly [Wallet, Wallet]
const contract = contractOf(evm.address, publisher)
const { interface: coder } = contract
const me = publisher.address
const REF = refOf('a-trend')
const gasOf = async (verb: string, ...args: readonly unknown[]): Promise<number> =>
  Number((await send(contract, verb, ...args)).gasUsed)

/** What each call may cost, in gas, with digests that have no zero byte. */
function expectAtMost(bar: number, what: string, gas: number): void {
  console.log(`gas  ${what.padEnd(34)} ${String(gas).padStart(7)}  of ${bar}`)
  expect(gas, what).toBeLessThanOrEqual(bar)
  // A bar far above the cost holds nothing.
  expect(gas, `${what}: lower its bar`).toBeGreaterThan(bar * 0.9)
}

test('no call costs more than it did', async () => {
  expectAtMost(71_000, 'publish, first of a ref', await gasOf('publish', me, REF, digest(1), NONE, NONE))
  expectAtMost(54_000, 'publish, next', await gasOf('publish', me, REF, digest(2), digest(1), NONE))
  expectAtMost(54_500, 'publish an edition, next', await gasOf('publish', me, REF, digest(3), digest(2), digest(90)))
  expectAtMost(31_000, 'point, next', await gasOf('point', me, REF, digest(4), digest(3)))
  expectAtMost(48_000, 'publish without a ref', await gasOf('publish', me, NONE, digest(5), NONE, NONE))
  expectAtMost(29_000, 'retract what is recorded', await gasOf('retract', leafOf(digest(5))))
  expectAtMost(46_000, 'set an editor', await gasOf('setEditor', relayer.address, 4_000_000_000))
})

test('a relayed publication costs little more', async () => {
  await send(contract, 'publish', me, REF, digest(1), NONE, NONE)
  const message = {
    publisher: me.toLowerCase() as `0x${string}`,
    editor: me.toLowerCase() as `0x${string}`,
    ref: REF,
    digest: digest(2),
    parent: digest(1),
    tree: NONE,
    deadline: 4_000_000_000n
  }
  const signature = await publisher.signTypedData(domainOf(31337n, evm.address), PUBLISH, message)
  const { gasUsed } = await send(contractOf(evm.address, relayer), 'publishFor', ...toArgs(message, signature))
  expectAtMost(63_000, 'publishFor, next', Number(gasUsed))
})

test('ten versions recorded in one transaction cost about 15,000 each', async () => {
  const refs = Array.from({ length: 10 }, (_, i) => refOf(`trend-${i}`))
  const pointed = (ref: Bytes32, i: number, parent: Bytes32): string =>
    coder.encodeFunctionData('point', [me, ref, digest(20 + i), parent])
  await send(
    contract,
    'multicall',
    refs.map((ref, i) => pointed(ref, i, NONE))
  )
  const edition = coder.encodeFunctionData('publish', [me, NONE, digest(2), NONE, digest(90)])
  const next = refs.map((ref, i) => coder.encodeFunctionData('point', [me, ref, digest(40 + i), digest(20 + i)]))
  expectAtMost(151_000, '10 points and an edition', await gasOf('multicall', [...next, edition]))
})

test('verifying costs little for a document alone, and one of a thousand', async () => {
  const listed = Array.from({ length: 1000 }, (_, i) => digest(1000 + i))
  const tree = editionTree(listed)
  await send(contract, 'publish', me, REF, digest(1), NONE, NONE)
  await send(contract, 'publish', me, NONE, digest(2), NONE, tree.root)
  const cost = async (of: Bytes32, proof: readonly Bytes32[]): Promise<number> =>
    Number(await contract.getFunction('verify').estimateGas(me, of, proof))
  expectAtMost(26_000, 'verify one, as a transaction', await cost(digest(1), []))
  expectAtMost(39_000, 'verify one of 1,000, as one', await cost(listed[500]!, [...tree.proof(500), leafOf(digest(2))]))
})
