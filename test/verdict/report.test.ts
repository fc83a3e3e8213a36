import { describe, expect, test } from 'vitest'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { type VerifyPorts, verify } from '../../src/verdict/verify.ts'
import { draft, NOW, PUBLISHER, world } from '../world.ts'

async function recorded() {
  const there = world()
  const { steps } = await publish(there.ports, [draft('edge')], { now: NOW })
  return { ...there, named: steps[0]!.named }
}

const NOTHING: VerifyPorts = { sources: [], registries: [] }

describe('a report', () => {
  test('says first what the verdict is and who published', async () => {
    const { reading, named } = await recorded()
    const [first, ...rest] = reportText(await verify(reading, { cid: named.cid }, { now: NOW }))
    expect(first).toBe(`verified: published by ${PUBLISHER}`)
    for (const name of ['integrity', 'canonical', 'schema', 'authorship', 'registered', 'standing', 'finality']) {
      expect(rest.filter((line) => line.startsWith(`  ✓ ${name}`))).toHaveLength(1)
    }
    expect(rest).toContainEqual(expect.stringMatching(/✓ registered .* \(trusting .+\)$/))
    expect(rest).toContainEqual(expect.stringMatching(/✓ integrity {3}the bytes hash to the CID$/))
    expect(rest).toContainEqual('  standing  current')
    expect(rest).toContainEqual(expect.stringMatching(/^ {2}block {5}\d+ 0x[0-9a-f]{64}, 2026-.*Z, \w+$/))
    expect(rest).toContainEqual(expect.stringContaining('warning: eip155:31337 is a test network'))
  })

  test('says what is unknown, and that nobody was trusted where nobody was asked', async () => {
    const { named } = await recorded()
    const lines = reportText(await verify(NOTHING, { cid: named.cid }, { now: NOW }))
    expect(lines[0]).toBe('inconclusive')
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\? integrity/))
    expect(lines).toContainEqual('  trusting  nobody')
  })

  test('names the failed check, the notice and the newer version', async () => {
    const { ports, reading, named } = await recorded()
    const second = await publish(ports, [draft('edge', { body: 'Another text.' })], { now: NOW })
    const superseded = reportText(await verify(reading, { cid: named.cid }, { now: NOW }))
    expect(superseded).toContainEqual(`  newer     ${second.steps[0]!.named.cid}`)
    const { notice } = await retract(ports, named, { note: 'Wrong.', now: NOW })
    const retracted = reportText(await verify(reading, { cid: named.cid }, { now: NOW }))
    expect(retracted[0]).toMatch(/^refuted: /)
    expect(retracted).toContainEqual(expect.stringMatching(/^ {2}✗ standing/))
    expect(retracted).toContainEqual(`  notice    ${notice}`)
  })

  test('is plain JSON under the names of the verdict', async () => {
    const { reading, named } = await recorded()
    const verdict = await verify(reading, { cid: named.cid }, { now: NOW })
    const report = reportJson(verdict)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(Object.keys(verdict)).toEqual(expect.arrayContaining(Object.keys(report)))
    expect(report).toMatchObject({
      status: 'verified',
      cid: String(named.cid),
      publisher: PUBLISHER,
      standing: 'current',
      chain: { chain: 'eip155:31337', test: true, block: { number: expect.stringMatching(/^\d+$/) } },
      document: { slug: 'edge', version: 1 }
    })
    const empty = reportJson(await verify(NOTHING, { cid: named.cid }, { now: NOW }))
    expect(JSON.parse(JSON.stringify(empty))).toEqual(empty)
    expect(empty).not.toHaveProperty('document')
  })
})
