import { afterAll, describe, expect, test } from 'vitest'
import { prove } from '../../src/archive/prove.ts'
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
    expect(proof.statements).toEqual(SHOWN[story])
    const verdict = await verifyBundle(proof.bytes, { blockHash: proof.block.hash, now: NOW })
    expect([verdict.status, verdict.standing]).toEqual(VERDICTS[story])
    expect(verdict.trusted).toEqual(['state proof, block hash given by you'])
    expect(verdict.chain?.block.hash).toBe(proof.block.hash)
    console.log(story, proof.bytes.byteLength)
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
