import { afterAll, describe, expect, test } from 'vitest'
import { type ProvePorts, prove } from '../../src/archive/prove.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { lacking } from '../../src/block/failure.ts'
import type { BlockSource } from '../../src/block/source.ts'
import type { StateReader } from '../../src/registry/state.ts'
import { verifyBundle } from '../../src/verdict/verify-bundle.ts'
import { openHardhat } from '../registry/evm.ts'
import { STORIES, type Story, tell } from './stories.ts'

const evm = await openHardhat()
afterAll(evm.close)
const stories = await tell(evm)
const NOW = 4_100_000_000

const SHOWN: Readonly<Record<Story, readonly string[]>> = {
  alone: ['recorded', 'named', 'not retracted'],
  edition: ['recorded in an edition', 'not recorded alone', 'named', 'not retracted'],
  lineage: ['recorded by a later version', 'not recorded alone', 'not named', 'not retracted'],
  superseded: ['recorded', 'not named', 'not retracted'],
  retracted: ['recorded', 'named', 'retracted'],
  editor: ['recorded', 'named', 'not retracted'],
  disowned: ['recorded', 'named', 'disowned'],
  unnamed: ['recorded', 'not named', 'not retracted'],
  absent: ['not recorded alone', 'not named']
}

const VERDICTS: Readonly<Record<Story, readonly [status: string, standing: string | undefined]>> = {
  alone: ['verified', 'current'],
  edition: ['verified', 'current'],
  lineage: ['verified', 'superseded'],
  superseded: ['verified', 'superseded'],
  retracted: ['refuted', 'retracted'],
  editor: ['verified', 'current'],
  disowned: ['refuted', 'retracted'],
  unnamed: ['verified', 'unnamed'],
  absent: ['inconclusive', undefined]
}

describe.each(STORIES)('a proof of what was %s', (story) => {
  test('shows just that, from the file alone', async () => {
    const proof = await prove(stories.ports, stories.cids[story], { now: NOW })
    expect(proof.shown).toEqual(SHOWN[story])
    const verdict = await verifyBundle(proof.bytes, { blockHash: proof.block.hash, now: NOW })
    expect([verdict.status, verdict.standing]).toEqual(VERDICTS[story])
    expect(verdict.trusted).toEqual(['state proof, block hash given by you'])
    expect(verdict.chain?.block.hash).toBe(proof.block.hash)
  })

  test('rests on nobody for long: without a block hash it is inconclusive, and says what to compare', async () => {
    const { bytes, block } = await prove(stories.ports, stories.cids[story], { now: NOW })
    const verdict = await verifyBundle(bytes, { now: NOW })
    expect(verdict.status).toBe('inconclusive')
    const { detail } = verdict.checks.find(({ name }) => name === 'finality')!
    expect(detail).toContain(`compare block ${block.number} of eip155:31337, ${block.hash}`)
  })

  test('is the same file each time', async () => {
    const [one, two] = [
      await prove(stories.ports, stories.cids[story]),
      await prove(stories.ports, stories.cids[story])
    ]
    expect(two.bytes).toEqual(one.bytes)
  })
})

describe('prove', () => {
  const [provable] = stories.ports.chains
  const withState = (state: Partial<StateReader>): ProvePorts => ({
    ...stories.ports,
    chains: [{ ...provable!, state: { ...provable!.state, ...state } }]
  })

  test('writes nothing where the chain does not prove what it says', async () => {
    const short = withState({ nodes: async (...asked) => (await provable!.state.nodes(...asked)).slice(0, -1) })
    const lying = withState({
      nodes: async (...asked) =>
        (await provable!.state.nodes(...asked)).map((node) => node.map((byte, i) => byte ^ +(i === 9)))
    })
    const elsewhere = withState({ header: async () => await provable!.state.header(1n) })
    for (const ports of [short, lying, elsewhere]) {
      await expect(prove(ports, stories.cids.alone)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    }
  })

  test('writes nothing of a document that nobody has, or of a chain that nobody reads', async () => {
    const empty = { ...stories.ports, sources: [] }
    await expect(prove(empty, stories.cids.alone)).rejects.toMatchObject({ code: 'BLOCK_UNAVAILABLE' })
    await expect(prove({ ...stories.ports, chains: [] }, stories.cids.alone)).rejects.toMatchObject({
      code: 'NOT_FOUND'
    })
  })

  test('carries no node that nothing needs, so that one proof is one file', async () => {
    const { nodes } = provable!.state
    const more = withState({
      nodes: async (...asked) => [Uint8Array.of(0x80), ...(await nodes(...asked)), new Uint8Array(40)]
    })
    const [plain, padded] = [await prove(stories.ports, stories.cids.editor), await prove(more, stories.cids.editor)]
    expect(padded.bytes).toEqual(plain.bytes)
  })

  test('leaves out what nobody has, and shows then what can be shown without', async () => {
    const { document, cid } = await prove(stories.ports, stories.cids.superseded)
    const own = { ...stories.ports, sources: [only(cid)] }
    const { shown, verdict } = await prove(own, cid)
    expect([document.slug, shown, verdict.status]).toEqual(['superseded', SHOWN.superseded, 'verified'])
  })
})

/** A source that has one document. */
const only = (cid: TrendCid): BlockSource => ({
  name: 'one document',
  async get(asked, options) {
    if (asked.equals(cid)) return await stories.blocks.get(asked, options)
    throw lacking('one document')
  }
})
