import { describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { point } from '../../src/archive/point.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { fromBytes32, parseCid, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import type { Json } from '../../src/document/canonical.ts'
import type { EditionDraft, TrendDraft } from '../../src/document/document.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { ArchiveError } from '../../src/errors.ts'
import { memoryChain } from '../../src/registry/memory.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type Registry } from '../../src/registry/registry.ts'
import { editionTree, keyOf, leafOf } from '../../src/registry/tree.ts'
import type { CheckName } from '../../src/verdict/check.ts'
import { MAX_EDITIONS } from '../../src/verdict/editions.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Named } from '../../src/verdict/library.ts'
import { verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { ADDRESS, draft, NOW, PUBLISHER, STRANGER, setEditor, type World, world } from '../world.ts'

const EDITION: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }

const publishOne = async (here: World, text: TrendDraft = draft('edge')): Promise<Named> =>
  (await publish(here.ports, [text])).steps[0]!.named

const keyOfEdition = ({ cid, document }: Named) => {
  const entries = document.type === 'edition' ? document.entries : []
  return keyOf(toBytes32(cid), editionTree(entries.map((entry) => toBytes32(parseCid(entry.cid)))).root)
}

const outcome = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.outcome
const detail = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.detail

/** Pins bytes without recording anything. */
async function pinOnly(here: World, document: unknown): Promise<TrendCid> {
  const block = await toBlock(document as Json)
  await here.blocks.pin([block])
  return block.cid
}

/** Pins and records one more edition without the work of planning it. */
async function nextEdition(here: World, before: Named, i: number): Promise<Named> {
  const { cid: rust } = await toBlock(complete(draft('rust'), { publisher: PUBLISHER, version: 1, published: '' }))
  const follows = before.document.type === 'edition'
  const place = {
    publisher: PUBLISHER,
    version: follows ? before.document.version + 1 : 2,
    previous: follows ? String(before.cid) : undefined,
    published: '2025-07-01T09:00:00Z'
  }
  const head = await here.account.head(ADDRESS, refOf(EDITION.slug!), await here.account.block('latest'))
  const previous = place.previous ?? String(fromBytes32(head!))
  const entries = [{ cid: String(rust), slug: 'rust', version: 1 }]
  const document = completeEdition({ ...EDITION, title: `The ${i}th` }, entries, { ...place, previous })
  const cid = await pinOnly(here, document)
  const call = { publisher: ADDRESS, ref: refOf(EDITION.slug!), digest: toBytes32(cid), parent: head ?? NONE }
  const tree = editionTree([toBytes32(rust)]).root
  await here.account.send([{ verb: 'publish', ...call, tree }])
  return { cid, document }
}

describe('a document that its publisher stands by', () => {
  it('is verified, with the publisher, the block and whom was trusted', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const verdict = await verify(here.reading, { cid })
    expect(verdict).toMatchObject({
      status: 'verified',
      publisher: PUBLISHER,
      standing: 'current',
      trusted: ['memory']
    })
    expect(verdict.checks.map(({ outcome }) => outcome)).toEqual(Array(9).fill('pass'))
    expect(verdict.chain).toMatchObject({ chain: 'eip155:31337', finality: 'unsafe', test: true })
    expect(verdict.recorded).toMatchObject({ how: 'record', root: cid, record: { editor: ADDRESS } })
  })

  it('is verified though one source lies, and inconclusive when only liars answer', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const liar = { name: 'liar', get: async () => new TextEncoder().encode('{"a":1}') }
    expect((await verify({ ...here.reading, sources: [liar, here.blocks] }, { cid })).status).toBe('verified')
    const alone = await verify({ ...here.reading, sources: [liar] }, { cid })
    expect(alone.status).toBe('inconclusive')
    expect(detail(alone, 'integrity')).toContain('liar sent other bytes')
  })

  it('is superseded, with a warning and its successor, once a newer version is named', async () => {
    const here = world()
    const first = await publishOne(here)
    const second = await publishOne(here, draft('edge', { title: 'Edge, again' }))
    const verdict = await verify(here.reading, { cid: first.cid })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'superseded', successor: second.cid })
    expect(verdict.warnings).toContain('a newer version exists')
    expect(await verify(here.reading, { cid: second.cid })).toMatchObject({ status: 'verified', standing: 'current' })
  })

  it('is unnamed when its ref was deleted', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const call = { publisher: ADDRESS, ref: refOf('edge'), digest: NONE, parent: toBytes32(cid) }
    await here.account.send([{ verb: 'point', ...call }])
    expect(await verify(here.reading, { cid })).toMatchObject({ status: 'verified', standing: 'unnamed' })
  })

  it('is verified by an older version when the publisher moved back, and says so', async () => {
    const here = world()
    const first = await publishOne(here)
    const second = await publishOne(here, draft('edge', { title: 'Edge, again' }))
    await point(here.ports, first)
    expect(await verify(here.reading, { cid: first.cid })).toMatchObject({ status: 'verified', standing: 'current' })
    expect(await verify(here.reading, { cid: second.cid })).toMatchObject({
      status: 'verified',
      standing: 'superseded',
      notes: ['ROLLED_BACK'],
      successor: first.cid
    })
  })

  it('stays superseded while moving back is newer than the judged block, by the version that was named there', async () => {
    const here = world({ lag: 3 })
    const first = await publishOne(here)
    const second = await publishOne(here, draft('edge', { title: 'Edge, again' }))
    here.chain.mine(3)
    await point(here.ports, first)
    const verdict = await verify(here.reading, { cid: first.cid }, { policy: { finality: 'final' } })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'superseded', successor: second.cid })
  })
})

describe('a document recorded through an edition', () => {
  const members = [draft('edge'), draft('rust'), draft('wasm')]

  it('is verified by the edition that lists it', async () => {
    const here = world()
    const { steps, edition } = await publishEdition(here.ports, EDITION, members)
    for (const { named } of steps) {
      const verdict = await verify(here.reading, { cid: named.cid })
      expect(verdict).toMatchObject({ status: 'verified', standing: 'current', recorded: { how: 'edition' } })
      expect(verdict.recorded!.root.equals(edition.named.cid)).toBe(true)
    }
    expect(await verify(here.reading, { cid: edition.named.cid })).toMatchObject({
      status: 'verified',
      standing: 'current'
    })
  })

  it('is verified without a ref of its own, and named by the edition', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, members, { refs: false })
    expect(await verify(here.reading, { cid: steps[0]!.named.cid })).toMatchObject({
      status: 'verified',
      standing: 'current'
    })
  })

  it('stays verified after its edition was followed by another, and after it was itself', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, members)
    await publishEdition(here.ports, EDITION, [draft('edge', { title: 'Edge, again' }), ...members.slice(1)])
    const [edge, rust] = steps
    expect(await verify(here.reading, { cid: edge!.named.cid })).toMatchObject({
      status: 'verified',
      standing: 'superseded'
    })
    expect(await verify(here.reading, { cid: rust!.named.cid })).toMatchObject({
      status: 'verified',
      standing: 'current'
    })
  })

  it('is vouched for by a later version that was recorded alone', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, members)
    await publishOne(here, draft('edge', { title: 'Edge, again', edition: 'first' }))
    const verdict = await verify(here.reading, { cid: steps[0]!.named.cid })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'superseded', recorded: { how: 'lineage' } })
  })

  it('is found by the hint of an edition that its ref no longer names', async () => {
    const here = world()
    const { steps, edition } = await publishEdition(here.ports, EDITION, [draft('edge')], { refs: false })
    const call = { publisher: ADDRESS, ref: refOf('first'), digest: NONE, parent: toBytes32(edition.named.cid) }
    await here.account.send([{ verb: 'point', ...call }])
    const { cid } = steps[0]!.named
    expect((await verify(here.reading, { cid })).status).toBe('refuted')
    const hinted = await verify(here.reading, { cid, hints: { editions: [edition.named.cid] } })
    expect(hinted).toMatchObject({ status: 'verified', standing: 'unnamed' })
    const proof = [leafOf(toBytes32(edition.named.cid))]
    expect((await verify(here.reading, { cid, hints: { proof } })).status).toBe('verified')
    expect((await verify(here.reading, { cid, hints: { proof: [NONE] } })).status).toBe('refuted')
  })

  it('cannot be told when the edition is missing', async () => {
    const here = world()
    const { steps, edition } = await publishEdition(here.ports, EDITION, members)
    await here.blocks.unpin([edition.named.cid])
    const verdict = await verify(here.reading, { cid: steps[0]!.named.cid })
    expect(verdict.status).toBe('inconclusive')
    expect(outcome(verdict, 'registered')).toBe('unknown')
  })

  it('falls alone when its own leaf is retracted, and with all others when the key of the edition is', async () => {
    const here = world()
    const { steps, edition } = await publishEdition(here.ports, EDITION, members)
    const [first, second] = steps.map(({ named }) => named)
    await retract(here.ports, first!)
    expect(await verify(here.reading, first!)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    expect((await verify(here.reading, second!)).status).toBe('verified')
    await here.account.send([{ verb: 'retract', node: keyOfEdition(edition.named) }])
    expect(await verify(here.reading, second!)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    expect(await verify(here.reading, edition.named)).toMatchObject({ status: 'refuted', standing: 'retracted' })
  })

  it('stands though the document of the edition, its leaf alone, was taken back', async () => {
    const here = world()
    const { steps, edition } = await publishEdition(here.ports, EDITION, members)
    await retract(here.ports, edition.named)
    expect(await verify(here.reading, edition.named)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    for (const { named } of steps) expect((await verify(here.reading, named)).status).toBe('verified')
  })

  it('is named by the newest edition that stands, not by one that was taken back', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, [draft('edge')], { refs: false })
    const changed = [draft('edge', { title: 'Edge, again' })]
    const { edition } = await publishEdition(here.ports, EDITION, changed, { refs: false })
    const first = steps[0]!.named
    expect(await verify(here.reading, first)).toMatchObject({ status: 'verified', standing: 'superseded' })
    await here.account.send([{ verb: 'retract', node: keyOfEdition(edition.named) }])
    expect(await verify(here.reading, first)).toMatchObject({ status: 'verified', standing: 'current' })
  })

  it('is looked for in so many editions and no more', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, [draft('edge')], { refs: false })
    let before = steps[0]!.named
    const reads: string[] = []
    for (let i = 0; i <= MAX_EDITIONS + 1; i++) before = await nextEdition(here, before, i)
    const counting = {
      name: 'counting',
      get: (cid: TrendCid) => {
        reads.push(String(cid))
        return here.blocks.get(cid)
      }
    }
    const verdict = await verify({ ...here.reading, sources: [counting] }, { cid: steps[0]!.named.cid })
    expect(verdict.status).toBe('inconclusive')
    expect(detail(verdict, 'registered')).toContain(`${MAX_EDITIONS} editions`)
    expect(reads.length).toBeLessThan(MAX_EDITIONS + 5)
  })
})

describe('a document that was taken back', () => {
  it('is refuted, with the notice that says why, unless the policy allows it', async () => {
    const here = world()
    const named = await publishOne(here)
    const { notice } = await retract(here.ports, named, { note: 'The figures were wrong.', reason: 'error' })
    const verdict = await verify(here.reading, { cid: named.cid })
    expect(verdict).toMatchObject({
      status: 'refuted',
      standing: 'retracted',
      notice: { cid: notice, document: { note: 'The figures were wrong.', reason: 'error' } }
    })
    expect(outcome(verdict, 'registered')).toBe('pass')
    const policy = { standings: ['current', 'retracted'] as const }
    expect((await verify(here.reading, { cid: named.cid }, { policy })).status).toBe('verified')
  })

  it('is refuted though the retraction is newer than the judged block', async () => {
    const here = world({ lag: 3 })
    const named = await publishOne(here)
    here.chain.mine(3)
    await retract(here.ports, named)
    const policy = { finality: 'final' as const }
    expect(await verify(here.reading, { cid: named.cid }, { policy })).toMatchObject({
      status: 'refuted',
      standing: 'retracted'
    })
  })

  it('is not explained by a notice about something else', async () => {
    const here = world()
    const [named, other] = [await publishOne(here), await publishOne(here, draft('rust'))]
    const { notice } = await retract(here.ports, other, { note: 'The figures were wrong.' })
    const pointing = { publisher: ADDRESS, ref: leafOf(toBytes32(named.cid)), digest: toBytes32(notice!), parent: NONE }
    await here.account.send([{ verb: 'point', ...pointing }])
    const verdict = await verify(here.reading, { cid: named.cid })
    expect(verdict).toMatchObject({ status: 'verified', notice: { cid: notice, document: undefined } })
  })

  it('has a notice that is verified like any other document', async () => {
    const here = world()
    const { notice } = await retract(here.ports, await publishOne(here), { note: 'The figures were wrong.' })
    const verdict = await verify(here.reading, { cid: notice! }, { policy: { requireRecord: false } })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'current', document: { type: 'notice' } })
  })

  it('is not accepted for having been recorded by a disowned editor, whatever standing the policy allows', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 40n)
    const { steps } = await publish(here.as(STRANGER), [draft('edge')], { publisher: PUBLISHER })
    await setEditor(here.account, STRANGER, 0n)
    const standings = ['current', 'superseded', 'unnamed', 'retracted'] as const
    const verdict = await verify(here.reading, { cid: steps[0]!.named.cid }, { policy: { standings } })
    expect(verdict.status).not.toBe('verified')
    expect(outcome(verdict, 'authorship')).not.toBe('pass')
  })

  it('is not judged while the recording that may stand cannot be read', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 40n)
    const text = draft('edge', { edition: EDITION.slug })
    const { steps } = await publish(here.as(STRANGER), [text], { publisher: PUBLISHER })
    await setEditor(here.account, STRANGER, 0n)
    const { edition } = await publishEdition(here.ports, EDITION, [text])
    const { cid } = steps[0]!.named
    expect((await verify(here.reading, { cid })).status).toBe('verified')
    await here.blocks.unpin([edition.named.cid])
    expect(await verify(here.reading, { cid })).toMatchObject({ status: 'inconclusive', standing: undefined })
  })

  it('is taken back too when its editor is disowned, and stands by another recording', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 40n)
    const { steps } = await publish(here.as(STRANGER), [draft('edge')], { publisher: PUBLISHER })
    const { cid } = steps[0]!.named
    expect((await verify(here.reading, { cid })).status).toBe('verified')
    await setEditor(here.account, STRANGER, 0n)
    const verdict = await verify(here.reading, { cid })
    expect(verdict).toMatchObject({ status: 'refuted', standing: 'retracted', notes: ['DISOWNED'] })
    const { edition } = await publishEdition(here.ports, EDITION, [draft('edge')])
    const again = await verify(here.reading, { cid, hints: { editions: [edition.named.cid] } })
    expect(again).toMatchObject({ status: 'verified', standing: 'current', notes: ['DISOWNED'] })
  })
})

describe('a document that nobody stands by', () => {
  it('is refuted when its publisher has not recorded it', async () => {
    const here = world()
    await publishOne(here)
    const cid = await pinOnly(
      here,
      complete(draft('wasm'), { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' })
    )
    const verdict = await verify(here.reading, { cid })
    expect(verdict).toMatchObject({ status: 'refuted', standing: undefined, successor: undefined })
    expect(detail(verdict, 'registered')).toContain(ADDRESS)
  })

  it('is refuted though a thief recorded its digest', async () => {
    const here = world()
    const cid = await pinOnly(
      here,
      complete(draft('wasm'), { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' })
    )
    const call = { publisher: STRANGER, ref: refOf('wasm'), digest: toBytes32(cid), parent: NONE, tree: NONE }
    await here.chain.as(STRANGER).send([{ verb: 'publish', ...call }])
    expect((await verify(here.reading, { cid })).status).toBe('refuted')
  })

  it('is refuted when another document of that version is named instead, and the fork is noted', async () => {
    const here = world()
    await publishOne(here)
    const forged = complete(draft('edge', { title: 'Forged' }), {
      publisher: PUBLISHER,
      version: 1,
      published: '2025-06-01T09:00:00Z'
    })
    const verdict = await verify(here.reading, { cid: await pinOnly(here, forged) })
    expect(verdict).toMatchObject({ status: 'refuted', notes: ['FORK'] })
  })

  it('is refuted when it only claims to follow what is named', async () => {
    const here = world()
    const first = await publishOne(here)
    const place = { publisher: PUBLISHER, version: 2, previous: String(first.cid), published: '2025-06-02T09:00:00Z' }
    const verdict = await verify(here.reading, {
      cid: await pinOnly(here, complete(draft('edge', { title: 'Mine', published: undefined }), place))
    })
    expect(verdict).toMatchObject({ status: 'refuted', notes: ['AHEAD'] })
  })

  it('is inconclusive when it is only pointed at, unless the policy asks for no record', async () => {
    const here = world()
    const cid = await pinOnly(
      here,
      complete(draft('wasm'), { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' })
    )
    await here.account.send([
      { verb: 'point', publisher: ADDRESS, ref: refOf('wasm'), digest: toBytes32(cid), parent: NONE }
    ])
    expect((await verify(here.reading, { cid })).status).toBe('inconclusive')
    expect((await verify(here.reading, { cid }, { policy: { requireRecord: false } })).status).toBe('verified')
  })

  it('is inconclusive while it says it is published in the future', async () => {
    const here = world()
    const cid = await pinOnly(
      here,
      complete(draft('wasm', { published: '2031-01-01T00:00:00Z' }), {
        publisher: PUBLISHER,
        version: 1,
        published: '2031-01-01T00:00:00Z'
      })
    )
    expect((await verify(here.reading, { cid }, { now: NOW })).status).toBe('inconclusive')
  })

  it('is inconclusive while it is recorded at latest but not at the judged block', async () => {
    const here = world({ lag: 5 })
    here.chain.mine(10)
    const { cid } = await publishOne(here)
    const policy = { finality: 'final' as const }
    const verdict = await verify(here.reading, { cid }, { policy })
    expect(verdict.status).toBe('inconclusive')
    expect(detail(verdict, 'registered')).toContain('after the block that is judged')
    here.chain.mine(5)
    expect(await verify(here.reading, { cid }, { policy })).toMatchObject({
      status: 'verified',
      chain: { finality: 'final' }
    })
  })
})

describe('hints', () => {
  const placed = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' } as const

  it('vouch for nothing by themselves, and refute nothing', async () => {
    const here = world()
    const recorded = await publishOne(here)
    const forged = await pinOnly(here, complete(draft('wasm'), placed))
    const descendants = [forged, recorded.cid]
    for (const policy of [{}, { requireRecord: false }]) {
      const verdict = await verify(here.reading, { cid: forged, hints: { descendants } }, { policy })
      expect(verdict).toMatchObject({ status: 'refuted', notes: [] })
    }
    const hints = { descendants: [forged], editions: [forged] }
    expect(await verify(here.reading, { cid: recorded.cid, hints })).toMatchObject({ status: 'verified', notes: [] })
  })

  it('lead from a document to a later version that is recorded and no longer named', async () => {
    const here = world()
    const first = await pinOnly(here, complete(draft('edge'), placed))
    const place = { ...placed, version: 2, previous: String(first), published: '2025-06-02T09:00:00Z' }
    const second = await pinOnly(here, complete(draft('edge', { title: 'Edge, again', published: undefined }), place))
    const call = { publisher: ADDRESS, ref: NONE, digest: toBytes32(second), parent: NONE, tree: NONE }
    await here.account.send([{ verb: 'publish', ...call }])
    expect((await verify(here.reading, { cid: first })).status).toBe('refuted')
    const verdict = await verify(here.reading, { cid: first, hints: { descendants: [second] } })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'unnamed', recorded: { how: 'lineage' } })
  })
})

describe('bytes', () => {
  it('are refuted when the caller supplies others, down to one bit at any place', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const bytes = await here.blocks.get(cid)
    for (let at = 0; at < bytes.length; at++) {
      const forged = Uint8Array.from(bytes)
      forged[at] = forged[at]! ^ 1
      expect((await verify(here.reading, { cid, bytes: forged })).status).toBe('refuted')
    }
    expect((await verify({ ...here.reading, sources: [] }, { cid, bytes })).status).toBe('verified')
  })

  it.each([
    ['another spelling', '{ "a":1}', 'canonical'],
    ['no JSON', 'hello', 'canonical'],
    ['no document', '{"a":1}', 'schema']
  ] as const)('that are %s are refuted by the %s check', async (_, text, name) => {
    const here = world()
    const bytes = new TextEncoder().encode(text)
    const { cidOf } = await import('../../src/block/cid.ts')
    const verdict = await verify(here.reading, { cid: await cidOf(bytes), bytes })
    expect(verdict.status).toBe('refuted')
    expect(outcome(verdict, name)).toBe('fail')
  })

  it('that nobody has make the verdict inconclusive', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    expect((await verify({ ...here.reading, sources: [memoryBlocks()] }, { cid })).status).toBe('inconclusive')
  })
})

describe('the chain', () => {
  const silent = (registry: Registry): Registry => ({
    ...registry,
    survey: () => {
      const details = { registry: registry.address, reason: 'no answer' } as const
      return Promise.reject(new ArchiveError('REGISTRY_UNAVAILABLE', 'the node did not answer', details))
    }
  })

  it('that does not answer makes the verdict inconclusive, and says why', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const verdict = await verify({ ...here.reading, registries: [silent(here.account)] }, { cid })
    expect(verdict.status).toBe('inconclusive')
    expect(detail(verdict, 'registered')).toBe('the node did not answer')
  })

  it('that tells of a record younger than its block is not believed', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const early = { ...here.account, block: async () => ({ ...(await here.account.block('latest')), timestamp: 1 }) }
    const verdict = await verify({ ...here.reading, registries: [early] }, { cid })
    expect([verdict.status, detail(verdict, 'registered')]).toEqual([
      'inconclusive',
      expect.stringContaining("another shape than the registry's")
    ])
  })

  it('that nobody pinned makes the verdict inconclusive', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const elsewhere = memoryChain({ chain: 'eip155:10' }).as(ADDRESS)
    const verdict = await verify({ ...here.reading, registries: [elsewhere] }, { cid })
    expect(verdict.status).toBe('inconclusive')
    expect(detail(verdict, 'registered')).toContain('eip155:31337')
  })

  it('that drops the judged block while it is read makes the verdict inconclusive', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const registry: Registry = {
      ...here.account,
      block: async (at) => {
        const block = await here.account.block(at)
        return typeof at === 'bigint' ? { ...block, hash: NONE } : block
      }
    }
    const verdict = await verify({ ...here.reading, registries: [registry] }, { cid })
    expect(verdict.status).toBe('inconclusive')
    expect(outcome(verdict, 'finality')).toBe('unknown')
  })

  it('that is older than what was accepted before makes the verdict inconclusive', async () => {
    const here = world({ lag: 1 })
    const { cid } = await publishOne(here)
    const watermarks = memoryWatermarks()
    here.chain.mine(3)
    const policy = { finality: 'final' as const }
    const ports = { ...here.reading, watermarks }
    expect((await verify(ports, { cid }, { policy })).status).toBe('verified')
    const frozen: Registry = { ...here.account, block: () => here.account.block(1n) }
    const verdict = await verify({ ...ports, registries: [frozen] }, { cid }, { policy })
    expect(verdict.status).toBe('inconclusive')
    expect(outcome(verdict, 'freshness')).toBe('fail')
  })

  it('that is older than a retraction seen before cannot bring the document back', async () => {
    const here = world({ lag: 1 })
    const { cid, document } = await publishOne(here)
    here.chain.mine(1)
    const old = await here.account.block('finalized')
    await retract(here.ports, { cid, document })
    here.chain.mine(1)
    const ports = { ...here.reading, watermarks: memoryWatermarks() }
    const policy = { finality: 'final' as const }
    expect((await verify(ports, { cid }, { policy })).status).toBe('refuted')
    const frozen: Registry = { ...here.account, block: async () => old }
    expect((await verify({ ...ports, registries: [frozen] }, { cid }, { policy })).status).toBe('inconclusive')
  })

  it('is not called old because a block that was not final was accepted before', async () => {
    const here = world({ lag: 2 })
    const { cid } = await publishOne(here)
    here.chain.mine(3)
    const ports = { ...here.reading, watermarks: memoryWatermarks() }
    expect((await verify(ports, { cid }, { policy: { finality: 'unsafe' } })).status).toBe('verified')
    expect((await verify(ports, { cid }, { policy: { finality: 'final' } })).status).toBe('verified')
  })
})

describe('a policy', () => {
  it('refutes a publisher it does not list', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const other = `eip155:31337:${STRANGER}` as const
    const verdict = await verify(here.reading, { cid }, { policy: { publishers: [other] } })
    expect(verdict.status).toBe('refuted')
    expect(outcome(verdict, 'authorship')).toBe('fail')
    expect((await verify(here.reading, { cid }, { policy: { publishers: [PUBLISHER] } })).status).toBe('verified')
  })

  it('asks for a young block', async () => {
    const here = world()
    const { cid } = await publishOne(here)
    const late = { now: NOW + 1000, policy: { maxAge: 60 } }
    expect((await verify(here.reading, { cid }, late)).status).toBe('inconclusive')
    expect((await verify(here.reading, { cid }, { ...late, policy: { maxAge: 2000 } })).status).toBe('verified')
  })
})

describe('a lineage', () => {
  it('with a hole does not refute a document with a record of its own', async () => {
    const here = world()
    const first = await publishOne(here)
    const second = await publishOne(here, draft('edge', { title: 'Edge, again' }))
    await here.blocks.unpin([first.cid])
    const verdict = await verify(here.reading, { cid: second.cid })
    expect(verdict.status).toBe('verified')
    expect(outcome(verdict, 'lineage')).toBe('unknown')
  })

  it('that does not hold fails its check and refutes nothing', async () => {
    const here = world()
    const first = await publishOne(here)
    const place = { publisher: PUBLISHER, version: 5, previous: String(first.cid), published: '2025-06-02T09:00:00Z' }
    const cid = await pinOnly(here, complete(draft('edge', { title: 'Skips', published: undefined }), place))
    const call = {
      publisher: ADDRESS,
      ref: refOf('edge'),
      digest: toBytes32(cid),
      parent: toBytes32(first.cid),
      tree: NONE
    }
    await here.account.send([{ verb: 'publish', ...call }])
    const verdict = await verify(here.reading, { cid })
    expect(verdict.status).toBe('verified')
    expect(outcome(verdict, 'lineage')).toBe('fail')
  })

  it('of 100 versions is followed from the newest to the first', async () => {
    const here = world()
    const first = await publishOne(here)
    for (let i = 2; i <= 100; i++) await publishOne(here, draft('edge', { title: `Edge ${i}` }))
    const verdict = await verify(here.reading, { cid: first.cid })
    expect(verdict).toMatchObject({ status: 'verified', standing: 'superseded' })
  })
})

it('stops when told to', async () => {
  const here = world()
  const { cid } = await publishOne(here)
  await expect(verify(here.reading, { cid }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError'
  })
})
