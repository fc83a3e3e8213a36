import { describe, expect, it } from 'vitest'
import { voiceConcern } from '../../src/archive/concern.ts'
import { publishEdition } from '../../src/archive/edition.ts'
import { treeOf } from '../../src/archive/key.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { Relation, TrendDraft } from '../../src/document/document.ts'
import { keyOf, leafOf } from '../../src/registry/tree.ts'
import type { Named } from '../../src/verdict/library.ts'
import { lookBeside } from '../../src/verdict/look-beside.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { type VerifyPorts, verify } from '../../src/verdict/verify.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, setEditor, type World, world } from '../world.ts'

const LOOK = { beside: lookBeside({ cited: true }) }
const BARELY = { beside: lookBeside() }

const citing = (...targets: readonly string[]): TrendDraft =>
  draft('citing', { relations: targets.map((target): Relation => ({ rel: 'cites', target })) })

const put = async (here: World, one: TrendDraft, ports = here.ports): Promise<Named> =>
  (await publish(ports, [one])).steps[0]!.named

/** How a document that cites these is judged, with a look at them. */
async function judged(here: World, targets: readonly (TrendCid | string)[], reading: VerifyPorts = here.reading) {
  const { cid } = await put(here, citing(...targets.map(String)))
  const verdict = await verify(reading, { cid }, LOOK)
  const standings = verdict.beside?.cited?.cited.map(({ glance }) => glance.standing)
  const warnings = verdict.warnings.filter((one) => one.includes('cites'))
  return { verdict, standings, warnings }
}

describe('a document that cites', () => {
  it('what stands gets no warning', async () => {
    const here = world()
    const { cid } = await put(here, draft('source'))
    const { verdict, standings, warnings } = await judged(here, [cid, `${PUBLISHER}/source`, `${PUBLISHER}/source@1`])
    expect([verdict.status, standings, warnings]).toEqual(['verified', ['current', 'current', 'current'], []])
    expect(reportText(verdict)).toContain('  cites     3 documents: 3 current')
  })

  it('what was taken back says so, with when, why and what to read instead, and stays verified', async () => {
    const here = world()
    const source = await put(here, draft('source'))
    const better = await put(here, draft('better'))
    await retract(here.ports, source, { note: 'Wrong figures.', reason: 'error', successor: better.cid })
    const { verdict, standings, warnings } = await judged(here, [source.cid])
    expect([verdict.status, standings]).toEqual(['verified', ['retracted']])
    expect(warnings).toEqual([
      `cites ${source.cid}, which its publisher took back on 2026-01-01T12:00:03Z: error, "Wrong figures."; it says to read ${better.cid} instead`
    ])
    expect(reportJson(verdict).cited).toMatchObject([
      {
        target: String(source.cid),
        paths: ['$.relations[0]'],
        standing: 'retracted',
        notice: { document: { reason: 'error' } }
      }
    ])
  })

  it('what was superseded names what came after it', async () => {
    const here = world()
    const first = await put(here, draft('source'))
    const second = await put(here, draft('source', { title: 'Again' }))
    const { standings, warnings } = await judged(here, [first.cid, `${PUBLISHER}/source@1`])
    expect(standings).toEqual(['superseded', 'superseded'])
    expect(warnings).toEqual([
      `cites ${first.cid}, superseded by ${second.cid}`,
      `cites ${PUBLISHER}/source@1, superseded by ${second.cid}`
    ])
  })

  it('what its publisher doubts says so', async () => {
    const here = world()
    const source = await put(here, draft('source'))
    await voiceConcern(here.ports, source, { note: 'Under review.' })
    const { warnings } = await judged(here, [source.cid])
    expect(warnings).toEqual([
      `cites ${source.cid}, about which its publisher voiced a concern: other, "Under review."`
    ])
  })

  it('a member of an edition that was taken back whole is warned, and one of an edition that stands is not', async () => {
    const here = world()
    const edition = { type: 'edition', slug: 'all', title: 'All', summary: 'All of it.' } as const
    const { steps, edition: step } = await publishEdition(here.ports, edition, [draft('member')], { refs: false })
    const { cid } = steps[0]!.named
    expect(await judged(here, [cid])).toMatchObject({ standings: ['current'], warnings: [] })
    const { document } = step.named
    const node = keyOf(
      toBytes32(step.named.cid),
      document.type === 'edition' ? treeOf(document) : leafOf(toBytes32(cid))
    )
    await here.account.send([{ verb: 'retract', node }])
    expect(await judged(here, [`${cid}`, `${PUBLISHER}/citing@1`])).toMatchObject({
      standings: ['retracted', 'superseded']
    })
  })

  it('what an editor recorded who is disowned now is warned', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 64n)
    const { steps } = await publish(here.as(STRANGER), [draft('source')], { publisher: PUBLISHER })
    await setEditor(here.account, STRANGER, 0n)
    const { standings, warnings } = await judged(here, [steps[0]!.named.cid])
    expect([standings, warnings.join()]).toEqual([['retracted'], expect.stringContaining('disowned')])
  })

  it('what is forged, missing, of another chain or no document is unknown, and only the forgery is warned of', async () => {
    const here = world()
    const real = await put(here, draft('source'))
    const forged = await toBlock({ ...real.document, title: 'Forged' })
    const foreign = await toBlock({ ...real.document, publisher: `eip155:1:${ADDRESS}` })
    const missing = await toBlock({ ...real.document, title: 'Nowhere' })
    const nothing = await toBlock({ hello: 'world' })
    await here.blocks.pin([forged, foreign, nothing])
    const cids = [forged, foreign, missing, nothing].map(({ cid }) => cid)
    const { verdict, standings, warnings } = await judged(here, [...cids, `eip155:1:${ADDRESS}/x`, `${PUBLISHER}/gone`])
    expect([verdict.status, standings]).toEqual(['verified', Array(6).fill('unknown')])
    expect(warnings).toEqual([
      `cites ${forged.cid}, of which nothing is known: the publisher it names has not recorded it`,
      `cites ${foreign.cid}, of which nothing is known: no registry is known for eip155:1`
    ])
  })

  it('itself by name cites nothing, and two that cite each other are looked at once each', async () => {
    const here = world()
    expect((await judged(here, [`${PUBLISHER}/citing`])).standings).toEqual([])
    await put(here, draft('other', { relations: [{ rel: 'cites', target: `${PUBLISHER}/citing` }] }))
    const { standings, warnings } = await judged(here, [`${PUBLISHER}/other`, `${PUBLISHER}/citing@2`])
    expect([standings, warnings]).toEqual([['current'], []])
  })

  it('very many is looked at in part, with one question to the registry', async () => {
    const here = world()
    const sources: string[] = []
    for (let i = 0; i < 40; i++) sources.push(String((await put(here, draft(`source-${i}`))).cid))
    let [surveys, gets] = [0, 0]
    const registry: World['account'] = {
      ...here.account,
      survey: async (...args) => {
        surveys += 1
        return await here.account.survey(...args)
      }
    }
    const source = {
      ...here.blocks,
      get: async (...args: Parameters<typeof here.blocks.get>) => {
        gets += 1
        return await here.blocks.get(...args)
      }
    }
    const { standings, warnings } = await judged(here, sources, { sources: [source], registries: [registry] })
    expect([standings?.length, surveys, gets]).toEqual([32, 2, 33])
    expect(warnings).toEqual(['cites 8 more, which were not looked at'])
  })

  it('links without end in its text is read in time', async () => {
    const here = world()
    const links = Array.from(
      { length: 7_000 },
      (_, i) =>
        `ipfs://bagaaiera${'abcdefgh'[i % 8]}${String.fromCharCode(97 + ((i >> 3) % 26))}${String.fromCharCode(97 + (Math.floor(i / 208) % 26))}${'a'.repeat(49)}`
    )
    const { cid } = await put(here, draft('links', { body: links.join(' ').slice(0, 499_000) }))
    const start = performance.now()
    const verdict = await verify(here.reading, { cid }, LOOK)
    expect([verdict.status, verdict.beside?.cited?.cited.length]).toEqual(['verified', 32])
    expect(verdict.beside?.cited?.left).toBeGreaterThan(5_000)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('looking at what is cited', () => {
  it('is not done unless it is asked for', async () => {
    const here = world()
    const { cid } = await put(here, citing(`${PUBLISHER}/source`))
    expect((await verify(here.reading, { cid })).beside).toBeUndefined()
    expect((await verify(here.reading, { cid }, BARELY)).beside?.cited).toBeUndefined()
  })

  it('ends in time where nobody answers, and changes no status', async () => {
    const here = world()
    const source = await put(here, draft('source'))
    const { cid } = await put(here, citing(String(source.cid), `${PUBLISHER}/source`))
    const hanging = {
      name: 'hanging',
      get: async (asked: TrendCid, options?: { readonly signal?: AbortSignal | undefined }) =>
        asked.equals(cid) ? await here.blocks.get(asked, options) : await new Promise<never>(() => {})
    }
    const start = performance.now()
    const verdict = await verify({ sources: [hanging], registries: [here.account] }, { cid }, LOOK)
    expect(performance.now() - start).toBeLessThan(6_000)
    expect(verdict.status).toBe('verified')
    expect(verdict.beside?.cited?.cited.map(({ glance }) => glance.standing)).toEqual(['unknown', 'unknown'])
  }, 10_000)

  it('is no error where the registry is silent, and stops when it is told to', async () => {
    const here = world()
    const source = await put(here, draft('source'))
    const { cid } = await put(here, citing(String(source.cid)))
    const down = { ...here.account, block: async () => await Promise.reject(new Error('down')) }
    const verdict = await verify({ sources: [here.blocks], registries: [down] }, { cid }, LOOK)
    expect([verdict.status, verdict.beside?.cited?.cited[0]?.glance]).toMatchObject([
      'inconclusive',
      { standing: 'unknown' }
    ])
    const signal = AbortSignal.abort(new DOMException('stop', 'AbortError'))
    await expect(verify(here.reading, { cid }, { ...LOOK, signal })).rejects.toThrow('stop')
  })
})

describe('a version that declares something else than it changed', () => {
  it('is verified with a warning', async () => {
    const here = world()
    await put(here, draft('edge', { assessment: { ring: 'trial' } }))
    const change = { kind: 'editorial', note: 'Typos.' } as const
    const { cid } = await put(here, draft('edge', { assessment: { ring: 'adopt' }, change }))
    const verdict = await verify(here.reading, { cid }, BARELY)
    expect(verdict.status).toBe('verified')
    expect(verdict.warnings).toContain('SILENT_EDIT: declared editorial, but ring: trial → adopt')
    expect(reportJson(verdict).declared).toMatchObject([{ code: 'SILENT_EDIT', proposed: 'update' }])
  })

  it('is not told where the version before is not at hand, or the declaration is right', async () => {
    const here = world()
    const first = await put(here, draft('edge', { assessment: { ring: 'trial' } }))
    const change = { kind: 'update', note: 'It moved.' } as const
    const second = await put(here, draft('edge', { assessment: { ring: 'adopt' }, change }))
    expect((await verify(here.reading, { cid: second.cid }, BARELY)).beside?.declared).toEqual([])
    const { cid } = await put(
      here,
      draft('edge', { assessment: { ring: 'hold' }, change: { ...change, kind: 'editorial' } })
    )
    await here.blocks.unpin([second.cid, first.cid])
    expect((await verify(here.reading, { cid }, BARELY)).beside?.declared).toEqual([])
  })
})

describe('what a notice says to read instead', () => {
  it('is told, and so is that it was taken back too or is of somebody else', async () => {
    const here = world()
    const [a, b] = [await put(here, draft('a')), await put(here, draft('b'))]
    const c = await put(here, draft('c'), here.as(STRANGER))
    await retract(here.ports, a, { note: 'Twice.', successor: b.cid })
    await retract(here.ports, b, { note: 'Theirs is better.', successor: c.cid })
    const [first, second] = await Promise.all([a, b].map(async ({ cid }) => await verify(here.reading, { cid }, LOOK)))
    expect(reportText(first!)).toContain(`  instead   ${b.cid}`)
    expect(first!.warnings.join('\n')).toMatch(
      `the document to read instead is ${b.cid}, which its publisher took back on`
    )
    expect(second!.warnings.join('\n')).toMatch(
      `the document to read instead is another publisher's, ${c.document.publisher}`
    )
  })
})
