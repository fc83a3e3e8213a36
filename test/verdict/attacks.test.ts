import { describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { fromBytes32, parseCid, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import type { Json } from '../../src/document/canonical.ts'
import type { EditionDraft, Entry, TrendDraft } from '../../src/document/document.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { toPublisher } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type RegistryCall } from '../../src/registry/registry.ts'
import { editionTree, keyOf, leafOf } from '../../src/registry/tree.ts'
import type { CheckName } from '../../src/verdict/check.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Named } from '../../src/verdict/library.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { ADDRESS, draft, NOW, PUBLISHER, STRANGER, setEditor, type World, world } from '../world.ts'

const SERIES: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }
const PUBLISHED = '2025-06-01T09:00:00Z'
const LAX: Policy = { requireRecord: false }
const EVER = 2n ** 40n

const outcome = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.outcome
const detail = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.detail

/** Pins a document without recording anything. */
async function pin(here: World, document: unknown): Promise<TrendCid> {
  const block = await toBlock(document as Json)
  await here.blocks.pin([block])
  return block.cid
}

/** A version of a trend that is pinned and nothing else. */
async function write(here: World, text: TrendDraft, before?: Named): Promise<Named> {
  const document = complete(text, {
    publisher: PUBLISHER,
    version: (before?.document.version ?? 0) + 1,
    previous: before && String(before.cid),
    published: PUBLISHED
  })
  return { cid: await pin(here, document), document }
}

/** An edition that is pinned and nothing else. */
async function list(here: World, entries: readonly Entry[], before?: Named, title = 'The first'): Promise<Named> {
  const place = {
    publisher: PUBLISHER,
    version: (before?.document.version ?? 0) + 1,
    previous: before && String(before.cid),
    published: PUBLISHED
  }
  const document = completeEdition({ ...SERIES, title }, entries, place)
  return { cid: await pin(here, document), document }
}

const entryOf = ({ cid, document }: Named): Entry => ({
  cid: String(cid),
  slug: document.slug,
  version: document.version
})

const treeOf = ({ document }: Named) =>
  document.type === 'edition' ? editionTree(document.entries.map(({ cid }) => toBytes32(parseCid(cid)))).root : NONE

const keyFor = (named: Named) => keyOf(toBytes32(named.cid), treeOf(named))

const record = (named: Named, tree = treeOf(named)): RegistryCall => ({
  verb: 'publish',
  publisher: ADDRESS,
  ref: NONE,
  digest: toBytes32(named.cid),
  parent: NONE,
  tree
})

async function pointTo(here: World, slug: string, cid: TrendCid): Promise<void> {
  const parent = (await here.account.head(ADDRESS, refOf(slug), await here.account.block('latest'))) ?? NONE
  await here.account.send([{ verb: 'point', publisher: ADDRESS, ref: refOf(slug), digest: toBytes32(cid), parent }])
}

const inSeries = (slug: string, more: { readonly title?: string } = {}): TrendDraft =>
  draft(slug, { ...more, edition: 'first' })

describe('being named', () => {
  it('is not lent by a head from which the way back cannot be read', async () => {
    const here = world()
    const forged = await write(here, draft('edge', { title: 'Forged' }))
    const first = await write(here, draft('edge'))
    const second = await write(here, draft('edge', { title: 'Again' }), first)
    await pointTo(here, 'edge', second.cid)
    await here.blocks.unpin([first.cid])
    expect((await verify(here.reading, forged, { policy: LAX })).status).toBe('inconclusive')
  })

  it('is not lent by a head that was taken back', async () => {
    const here = world()
    const first = await write(here, draft('edge'))
    const second = await write(here, draft('edge', { title: 'Again' }), first)
    await pointTo(here, 'edge', second.cid)
    expect((await verify(here.reading, first, { policy: LAX })).status).toBe('verified')
    await here.account.send([{ verb: 'retract', node: leafOf(toBytes32(second.cid)) }])
    expect((await verify(here.reading, first, { policy: LAX })).status).toBe('inconclusive')
  })

  it.each([
    ['key', keyFor],
    ['leaf', ({ cid }: Named) => leafOf(toBytes32(cid))]
  ] as const)('is not lent by an edition that is not recorded and whose %s was burnt', async (_, nodeOf) => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const edition = await list(here, [entryOf(edge)])
    await pointTo(here, 'first', edition.cid)
    expect((await verify(here.reading, edge, { policy: LAX })).status).toBe('verified')
    await here.account.send([{ verb: 'retract', node: nodeOf(edition) }])
    expect((await verify(here.reading, edge, { policy: LAX })).status).not.toBe('verified')
  })

  it('at the newest block only is no proof of absence', async () => {
    const here = world({ lag: 3 })
    here.chain.mine(3)
    const edge = await write(here, draft('edge'))
    await pointTo(here, 'edge', edge.cid)
    expect((await verify(here.reading, edge, { policy: { finality: 'final' } })).status).toBe('inconclusive')
  })
})

describe('an edition', () => {
  it('attests by its hash links no edition whose key was burnt', async () => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const rust = await write(here, inSeries('rust'))
    const first = await list(here, [entryOf(edge)])
    const second = await list(here, [entryOf(rust)], first)
    await here.account.send([record(second)])
    await pointTo(here, 'first', second.cid)
    expect((await verify(here.reading, edge)).status).toBe('verified')
    await here.account.send([{ verb: 'retract', node: keyFor(first) }])
    expect((await verify(here.reading, edge)).status).not.toBe('verified')
    expect((await verify(here.reading, rust)).status).toBe('verified')
  })

  it('of a stranger says nothing, even where the ref of the series names it', async () => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const place = { publisher: toPublisher('eip155:31337', STRANGER), version: 1, published: PUBLISHED }
    const document = completeEdition(SERIES, [entryOf(edge)], place)
    const theirs: Named = { cid: await pin(here, document), document }
    await here.chain
      .as(STRANGER)
      .send([{ ...record(theirs), publisher: STRANGER, ref: refOf('first') } as RegistryCall])
    expect((await verify(here.reading, edge)).status).toBe('refuted')
    await pointTo(here, 'first', theirs.cid)
    const verdict = await verify(here.reading, edge, { policy: LAX })
    expect(verdict).toMatchObject({ status: 'refuted', standing: undefined, notes: ['FOREIGN_HEAD'] })
  })

  it('lists what its entry names, whatever version the entry gives it', async () => {
    for (const version of [1, 2, 3]) {
      const here = world()
      const first = await write(here, inSeries('edge'))
      const second = await write(here, inSeries('edge', { title: 'Again' }), first)
      const edition = await list(here, [{ ...entryOf(second), version }])
      await here.account.send([record(edition)])
      await pointTo(here, 'first', edition.cid)
      expect((await verify(here.reading, second)).status).toBe('verified')
    }
  })

  it('does not list a document under the slug of another', async () => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const edition = await list(here, [{ ...entryOf(edge), slug: 'rust' }])
    await here.account.send([record(edition)])
    await pointTo(here, 'first', edition.cid)
    expect((await verify(here.reading, edge)).status).toBe('refuted')
  })

  it('that was pointed at and never recorded leaves its members inconclusive', async () => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const edition = await list(here, [entryOf(edge)])
    await pointTo(here, 'first', edition.cid)
    expect((await verify(here.reading, edge)).status).toBe('inconclusive')
    expect((await verify(here.reading, edition)).status).toBe('inconclusive')
  })

  it('that a forged `edition` field names says nothing of a document it does not list', async () => {
    const here = world()
    await publishEdition(here.ports, SERIES, [draft('rust')])
    expect((await verify(here.reading, await write(here, inSeries('edge')))).status).toBe('refuted')
  })
})

describe('a retraction', () => {
  it('in the second of a recording by an editor who is disowned later still counts', async () => {
    const here = world()
    const edge = await write(here, inSeries('edge'))
    const edition = await list(here, [entryOf(edge)])
    await setEditor(here.account, STRANGER, EVER)
    await here.chain.as(STRANGER).send([record(edge)])
    const { timestamp } = await here.account.block('latest')
    await here.account.send([record(edition)])
    await pointTo(here, 'first', edition.cid)
    await here.account.send([{ verb: 'retract', node: leafOf(toBytes32(edge.cid)) }])
    await setEditor(here.account, STRANGER, 0n)
    // Blocks of this chain are a second apart; on others an editor and the publisher share one.
    const sameSecond = {
      ...here.account,
      record: async (...args: Parameters<typeof here.account.record>) => {
        const found = await here.account.record(...args)
        return found.retractedAt === 0 ? found : { ...found, retractedAt: timestamp }
      }
    }
    const verdict = await verify({ ...here.reading, registries: [sameSecond] }, edge)
    expect(verdict).toMatchObject({ status: 'refuted', standing: 'retracted' })
  })

  it('at the newest block is not hidden by something that cannot be read there', async () => {
    const here = world({ lag: 3 })
    await setEditor(here.account, STRANGER, EVER)
    const [step] = (await publish(here.as(STRANGER), [draft('edge')], { publisher: PUBLISHER })).steps
    here.chain.mine(3)
    const policy: Policy = { finality: 'final' }
    expect((await verify(here.reading, step!.named, { policy })).status).toBe('verified')
    const junk = await pin(here, { junk: true })
    await pointTo(here, 'edge', junk)
    await setEditor(here.account, STRANGER, 0n)
    expect((await verify(here.reading, step!.named, { policy })).status).not.toBe('verified')
  })

  it('of the head does not refute what it leads back to', async () => {
    const here = world()
    const first = await write(here, draft('edge'))
    const second = await write(here, draft('edge', { title: 'Again' }), first)
    await here.account.send([record(second)])
    await pointTo(here, 'edge', second.cid)
    expect(await verify(here.reading, first)).toMatchObject({ status: 'verified', recorded: { how: 'lineage' } })
    await retract(here.ports, second)
    expect((await verify(here.reading, first)).status).toBe('inconclusive')
  })

  it('of a version between does not break the way back', async () => {
    const here = world()
    const first = await write(here, draft('edge'))
    const second = await write(here, draft('edge', { title: 'Again' }), first)
    const third = await write(here, draft('edge', { title: 'And again' }), second)
    await here.account.send([record(third)])
    await pointTo(here, 'edge', third.cid)
    await retract(here.ports, second)
    expect(await verify(here.reading, first)).toMatchObject({ status: 'verified', standing: 'superseded' })
    expect(await verify(here.reading, second)).toMatchObject({ status: 'refuted', standing: 'retracted' })
  })

  it('by somebody else, and a notice by somebody else, change nothing', async () => {
    const here = world()
    const [step] = (await publish(here.ports, [draft('edge')])).steps
    const { cid } = step!.named
    const notice = complete(
      { type: 'notice', of: String(cid), action: 'retracted', reason: 'fraud', note: 'Lies!', title: 'Taken back' },
      { publisher: toPublisher('eip155:31337', STRANGER), version: 1, published: PUBLISHED }
    )
    const theirs = await pin(here, notice)
    const leaf = leafOf(toBytes32(cid))
    await here.chain.as(STRANGER).send([
      { verb: 'point', publisher: STRANGER, ref: leaf, digest: toBytes32(theirs), parent: NONE },
      { verb: 'retract', node: leaf }
    ])
    expect(await verify(here.reading, { cid })).toMatchObject({ status: 'verified', notice: undefined })
    await here.account.send([{ verb: 'point', publisher: ADDRESS, ref: leaf, digest: toBytes32(theirs), parent: NONE }])
    expect(await verify(here.reading, { cid })).toMatchObject({ status: 'verified', notice: { document: undefined } })
  })
})

describe('a head', () => {
  const recorded = async (here: World) => (await publish(here.ports, [draft('edge')])).steps[0]!.named

  it.each([
    ['junk', async (here: World) => await pin(here, { junk: true })],
    ['bytes that nobody has', async () => fromBytes32(`0x${'7'.repeat(64)}`)],
    ['another type', async (here: World) => (await list(here, [entryOf(await write(here, draft('rust')))])).cid],
    ['another slug', async (here: World) => (await write(here, draft('rust'))).cid]
  ] as const)('that names %s supersedes a recorded document and refutes none', async (_, make) => {
    const here = world()
    const edge = await recorded(here)
    await pointTo(here, 'edge', await make(here))
    expect(await verify(here.reading, edge)).toMatchObject({ status: 'verified', standing: 'superseded' })
  })

  it('of the same version is noted as a fork, also beside a record of its own', async () => {
    const here = world()
    const edge = await recorded(here)
    const other = await write(here, draft('edge', { title: 'Other' }))
    await here.account.send([record(other)])
    await pointTo(here, 'edge', other.cid)
    expect(await verify(here.reading, edge)).toMatchObject({ status: 'verified', notes: ['FORK'] })
    expect(await verify(here.reading, other)).toMatchObject({ status: 'verified', standing: 'current', notes: [] })
  })

  it('does not vouch for a document whose version its `previous` skips', async () => {
    const here = world()
    const first = await write(here, draft('edge'))
    const place = { publisher: PUBLISHER, version: 3, previous: String(first.cid), published: PUBLISHED }
    const third = { cid: await pin(here, complete(draft('edge', { title: 'Skips' }), place)) }
    await pointTo(here, 'edge', third.cid)
    expect((await verify(here.reading, first, { policy: LAX })).status).toBe('inconclusive')
  })
})

describe('the judged block', () => {
  it('that left the chain while it was read is not remembered', async () => {
    const here = world()
    const [step] = (await publish(here.ports, [draft('edge')])).steps
    await retract(here.ports, step!.named)
    const watermarks = memoryWatermarks()
    const policy: Policy = { finality: 'final' }
    const dropping = {
      ...here.account,
      block: async (at: Parameters<typeof here.account.block>[0]) => {
        const block = await here.account.block(at)
        return typeof at === 'bigint' ? { ...block, hash: NONE } : block
      }
    }
    await verify({ ...here.reading, registries: [dropping], watermarks }, step!.named, { policy })
    expect(await watermarks.recall(PUBLISHER)).toBeUndefined()
    await verify({ ...here.reading, watermarks }, step!.named, { policy })
    expect(await watermarks.recall(PUBLISHER)).toBeDefined()
  })

  it('that left the chain while it was read refutes nothing by what it lacks', async () => {
    const here = world()
    const edge = await write(here, draft('edge'))
    const registry = {
      ...here.account,
      block: async (at: Parameters<typeof here.account.block>[0]) => {
        const block = await here.account.block(at)
        return typeof at === 'bigint' ? { ...block, hash: NONE } : block
      }
    }
    const verdict = await verify({ ...here.reading, registries: [registry] }, edge)
    expect(verdict.status).toBe('inconclusive')
    expect(outcome(verdict, 'registered')).toBe('unknown')
    expect(detail(verdict, 'registered')).toContain('left the chain')
  })
})

describe('a hint', () => {
  it('that is no proof at all is as good as none', async () => {
    const here = world()
    const edge = await write(here, draft('edge'))
    for (const proof of [['0x'], ['0xzz'], [NONE, '0x12'], [`0x${'g'.repeat(64)}`]] as const) {
      expect((await verify(here.reading, { ...edge, hints: { proof } })).status).toBe('refuted')
    }
  })
})

it('a document from before the block is not refuted by a clock that is behind', async () => {
  const here = world()
  const edge = await write(here, draft('edge'))
  const before = Date.parse(PUBLISHED) / 1000 - 1
  expect((await verify(here.reading, edge, { now: before })).status).toBe('inconclusive')
  expect((await verify(here.reading, edge, { now: NOW })).status).toBe('refuted')
})
