import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { openSimulated } from '../../bench/gas/chains.ts'
import { assertDeployed } from '../../bench/gas/fresh.ts'
import { openMeter } from '../../bench/gas/meter.ts'
import { measureRegistry, tenVersions } from '../../bench/gas/registry.ts'
import { faultsOf, readSnapshot, SNAPSHOT, snapshotOf, writeSnapshot } from '../../bench/gas/snapshot.ts'
import { creationCode } from '../../src/registry/bytecode.ts'
import { leafOf } from '../../src/registry/tree.ts'

// What is measured is the code that the library deploys; abi.test.ts holds that to what the contracts compile to.
const chain = await openSimulated()
afterAll(chain.close)
const meter = await openMeter(chain.provider)
const costs = await measureRegistry(meter)
const { registry, spent, read } = costs
const publisher = meter.accounts[0]!.address

describe('what a reviewer was promised', () => {
  test.each([
    [54_000, 'publish, next version', spent['publish, next version'].gas],
    [31_000, 'point, next version', spent['point, next version'].gas],
    [55, 'each of an edition of 1,000', spent['publish an edition of 1,000, next version'].gas / 1000],
    [
      15_500,
      'each of ten new versions of ten refs, all provable, in one transaction',
      spent['multicall of 10 points and an edition of the ten, next versions'].gas / 10
    ],
    [63_000, 'relayed, signed by the publisher', spent['publishFor, next version, signed by the publisher'].gas],
    [65_500, 'relayed, signed by an editor', spent['publishFor, next version, signed by an editor'].gas],
    [6_300, 'read from another contract, one alone', read['verify, one published alone']],
    [10_500, 'read from another contract, one of 1,000', read['verify, one of 1,000']],
    [4_500, 'bytes of code', registry.size]
  ])('holds: at most %i for %s', (bar, _, cost) => {
    expect(cost).toBeLessThanOrEqual(bar)
    // A bar far above the cost holds nothing.
    expect(cost).toBeGreaterThan(bar * 0.9)
  })

  test('holds: each of the ten versions of one transaction verifies with its proof, and with no other', async () => {
    const { digest, listed, tree } = tenVersions(3)
    for (const [i, one] of listed.entries()) {
      const proof = [...tree.proof(i), leafOf(digest)]
      const { publishedAt, retractedAt, editor } = await meter.ask(registry, 'verify', publisher, one, proof)
      expect(publishedAt).toBeGreaterThan(0n)
      expect([retractedAt, editor]).toEqual([0n, publisher])
      const other = [...tree.proof((i + 1) % 10), leafOf(digest)]
      expect((await meter.ask(registry, 'verify', publisher, one, other)).publishedAt).toBe(0n)
    }
  })

  test('holds: disowning what an editor did after a time is one slot update', async () => {
    const { hash } = spent['setEditor, disowning what it did after a time']
    const { structLogs } = await chain.provider.send('debug_traceTransaction', [hash, {}])
    const writes = structLogs.filter(({ op }: { op: string }) => op === 'SSTORE')
    // EIP-2929 and EIP-2200: 2,100 for a slot met first, 2,900 to change what is not zero. A new one takes 22,100.
    expect(writes.map(({ gasCost }: { gasCost: number }) => gasCost)).toEqual([5_000])
  })
})

describe('the gas snapshot', () => {
  test('is within a hundredth of what every call costs', async () => {
    expect(faultsOf(await readSnapshot(SNAPSHOT), snapshotOf(costs))).toEqual([])
  })

  test.each([
    ['a call that costs 2 % more now', 0.98, 'it grew by more than 1 %'],
    ['a call that costs 2 % less now', 1.02, 'run npm run gas and commit the result']
  ])('tells of %s', async (_, factor, told) => {
    const folder = await mkdtemp(join(tmpdir(), 'gas-'))
    onTestFinished(async () => await rm(folder, { recursive: true }))
    const file = join(folder, 'gas.json')
    const measured = snapshotOf(costs)
    const planted = Math.round(measured['point, next version']! * factor)
    await writeSnapshot(file, { ...measured, 'point, next version': planted })
    const faults = faultsOf(await readSnapshot(file), measured)
    expect(faults).toEqual([expect.stringContaining(`point, next version: ${measured['point, next version']}`)])
    expect(faults[0]).toContain(told)
  })

  test('does not tell of half a hundredth, either way', () => {
    expect(faultsOf({ point: 30_000 }, { point: 30_150 })).toEqual([])
    expect(faultsOf({ point: 30_000 }, { point: 29_850 })).toEqual([])
  })

  test('tells of rows that only one side has', () => {
    expect(faultsOf({ gone: 1, kept: 1 }, { kept: 1, added: 1 })).toEqual([
      'gone: not measured any more: run npm run gas and commit the result',
      'added: 1, and the snapshot has no such row: run npm run gas and commit the result'
    ])
  })

  test('is not made from other code than what is deployed', async () => {
    const code = await chain.provider.getCode(registry.address)
    expect(() => assertDeployed(code)).not.toThrow()
    expect(() => assertDeployed(creationCode)).toThrow('run npm run abi')
  })
})
