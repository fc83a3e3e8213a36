import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ArchiveError } from '../../src/errors.ts'
import type { ChainBlock } from '../../src/registry/registry.ts'
import type { CheckName } from '../../src/verdict/check.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { shownBy } from '../../src/verdict/shown.ts'
import { type BlockTeller, gatherBundle, verifyBundle } from '../../src/verdict/verify-bundle.ts'
import vectors from '../vectors/bundles.json' with { type: 'json' }

const bundleOf = (story: string) => {
  const { file, block, ...rest } = vectors.bundles.find((one) => one.story === story)!
  const { number, timestamp } = block
  const hash = block.hash as Bytes32
  return { ...rest, bytes: new Uint8Array(Buffer.from(file, 'base64')), hash, timestamp, number: BigInt(number) }
}

const ALONE = bundleOf('alone')
const checkIn = ({ checks }: Verdict, name: CheckName) => checks.find((check) => check.name === name)!

/** A node that tells of one block, and of another one if it has another hash. */
const teller = (more: Partial<ChainBlock> = {}): BlockTeller => ({
  chain: 'eip155:31337',
  trust: 'rpc:here',
  block: async () => ({
    number: ALONE.number,
    hash: ALONE.hash,
    timestamp: ALONE.timestamp,
    finality: 'final',
    ...more
  })
})

describe('a recorded bundle', () => {
  // Whoever changes what a verdict reads changes the format: SPEC 9.2 and ADR 0023 say what hangs on it.
  test.each(vectors.bundles.map(({ story }) => story))('of what was %s still comes to the same', async (story) => {
    const { bytes, hash, cid, shown, status, ...rest } = bundleOf(story)
    const verdict = await verifyBundle(bytes, { blockHash: hash })
    expect([String(verdict.cid), verdict.status, verdict.standing]).toEqual([cid, status, rest.standing])
    const { evidence } = await gatherBundle(bytes, { blockHash: hash })
    const { chain } = evidence
    if (chain === undefined || !('block' in chain)) throw new Error('the chain was not read')
    expect(shownBy(verdict.cid, chain)).toEqual(shown)
  })
})

describe('what was named at the block', () => {
  test('is told as of that block, and is not what is named now', async () => {
    const now = ALONE.timestamp + 600
    const judged = async (policy: Policy) => await verifyBundle(ALONE.bytes, { blockHash: ALONE.hash, policy, now })
    const detail = `its publisher named it as of block ${ALONE.number}`
    expect(checkIn(await judged({}), 'standing')).toMatchObject({ outcome: 'pass', detail })
    const open = await judged({ requireCurrent: true })
    expect([open.status, checkIn(open, 'standing').outcome]).toEqual(['inconclusive', 'unknown'])
    expect((await judged({ standings: ['current'] })).status).toBe('inconclusive')
    expect((await judged({ requireCurrent: true, maxAge: 900 })).status).toBe('verified')
    expect((await judged({ requireCurrent: true, maxAge: 60 })).status).toBe('inconclusive')
  })
})

describe('whoever says that the block is on the chain', () => {
  test('is trusted for it, and for how final it is', async () => {
    const verdict = await verifyBundle(ALONE.bytes, { blocks: [teller()], policy: { finality: 'final' } })
    expect([verdict.status, verdict.chain?.finality]).toEqual(['verified', 'final'])
    expect(verdict.trusted).toEqual(['state proof, rpc:here'])
    const soon = await verifyBundle(ALONE.bytes, {
      blocks: [teller({ finality: 'unsafe' })],
      policy: { finality: 'final' }
    })
    expect(soon.status).toBe('inconclusive')
  })

  test('is as many readers as it is, and a node is a node', async () => {
    const judged = async (policy: Policy, more: Partial<BlockTeller> = {}) =>
      (await verifyBundle(ALONE.bytes, { blocks: [{ ...teller(), ...more }], policy })).status
    expect(await judged({ readers: 2 })).toBe('inconclusive')
    expect(await judged({ trust: ['state proof', 'quorum'] })).toBe('inconclusive')
    expect(await judged({ trust: ['rpc'], readers: 1 })).toBe('verified')
    const quorum = { mode: 'quorum', readers: 3 } as const
    expect(await judged({ readers: 3, trust: ['state proof'] }, quorum)).toBe('verified')
    expect(await judged({ readers: 4 }, quorum)).toBe('inconclusive')
    const given = await verifyBundle(ALONE.bytes, {
      blockHash: ALONE.hash,
      policy: { readers: 9, trust: ['state proof'] }
    })
    expect(given.status).toBe('verified')
  })

  test.each<[string, BlockTeller]>([
    ['has another block there', teller({ hash: `0x${'5'.repeat(64)}` })],
    ['is a reader of another chain', { ...teller(), chain: 'eip155:1' }],
    [
      'does not answer',
      {
        ...teller(),
        block: async () => {
          throw new ArchiveError('REGISTRY_UNAVAILABLE', 'nobody there', { registry: '', reason: 'no answer' })
        }
      }
    ],
    [
      'fails in a way of its own',
      {
        ...teller(),
        block: async () => {
          throw new TypeError('no such thing')
        }
      }
    ]
  ])('%s: nothing is verified or refuted', async (_, one) => {
    for (const story of ['alone', 'retracted', 'disowned', 'absent']) {
      const { bytes } = bundleOf(story)
      const verdict = await verifyBundle(bytes, { blocks: [one] })
      expect(verdict.status).toBe('inconclusive')
      expect(checkIn(verdict, 'finality').detail).toContain('of eip155:31337, 0x')
    }
  })

  test('is waited for no longer than the caller wants', async () => {
    const stop = new AbortController()
    const block = async (): Promise<ChainBlock> => {
      stop.abort()
      throw new Error('stopped')
    }
    const work = verifyBundle(ALONE.bytes, { blocks: [{ ...teller(), block }], signal: stop.signal })
    await expect(work).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a bundle', () => {
  test('is as old as its block: that is told, and fails by a policy alone', async () => {
    const later = ALONE.timestamp + 86_400
    const given = { blockHash: ALONE.hash, now: later }
    const verdict = await verifyBundle(ALONE.bytes, given)
    expect(verdict.status).toBe('verified')
    expect(checkIn(verdict, 'freshness').detail).toContain('86400 s old')
    expect(verdict.warnings.join()).toContain('what its publisher did since is not in the file')
    expect((await verifyBundle(ALONE.bytes, { ...given, policy: { maxAge: 3600 } })).status).toBe('inconclusive')
  })

  test('proves nothing of another registry, or another block', async () => {
    const registries = { 'eip155:31337': '0x5fbdb2315678afecb367f032d93f642f64180aa3' } as const
    const elsewhere = await verifyBundle(ALONE.bytes, { blockHash: ALONE.hash, registries })
    expect([elsewhere.status, checkIn(elsewhere, 'registered').detail]).toEqual([
      'inconclusive',
      expect.stringMatching(/no contract|a proof does not hold/)
    ])
    const other = await verifyBundle(ALONE.bytes, { blockHash: `0x${'5'.repeat(64)}` })
    expect([other.status, checkIn(other, 'registered').detail]).toEqual([
      'inconclusive',
      expect.stringContaining(`the file proves the state at block ${ALONE.hash}`)
    ])
  })

  test('about another document than was asked for is refuted', async () => {
    const { cid } = await verifyBundle(bundleOf('superseded').bytes)
    expect((await verifyBundle(ALONE.bytes, { blockHash: ALONE.hash, cid })).status).toBe('refuted')
  })

  test('of a document that was not recorded says no more than that', async () => {
    const { bytes, hash } = bundleOf('absent')
    const verdict = await verifyBundle(bytes, { blockHash: hash })
    expect(checkIn(verdict, 'registered')).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining('nowhere')
    })
    const stranger = 'eip155:1:0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
    expect((await verifyBundle(bytes, { policy: { publishers: [stranger] } })).status).toBe('refuted')
  })

  test('is refused for a block hash that is none', async () => {
    await expect(verifyBundle(ALONE.bytes, { blockHash: '0x5' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('is judged within 5 ms', async () => {
    const times: number[] = []
    for (let i = 0; i < 60; i++) {
      const start = performance.now()
      await verifyBundle(ALONE.bytes, { blockHash: ALONE.hash })
      times.push(performance.now() - start)
    }
    // The fastest tells what it takes, whatever else this machine does.
    expect(Math.min(...times)).toBeLessThan(5)
  })
})
