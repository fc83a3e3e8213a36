import { describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { type History, type HistoryOptions, history } from '../../src/archive/history.ts'
import { parseName } from '../../src/archive/name.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { fromBytes32, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import type { EditionDraft, TrendDocument, TrendDraft } from '../../src/document/document.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import type { Named } from '../../src/verdict/library.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, setEditor, type World, world } from '../world.ts'

const EDITION: EditionDraft = { type: 'edition', slug: 'all', title: 'All', summary: 'All of it.' }
const edge = (title: string, more: Partial<TrendDraft> = {}): TrendDraft => draft('edge', { title, ...more })

const told = async (here: World, name: string | TrendCid = `${PUBLISHER}/edge`, options: HistoryOptions = {}) =>
  await history({ sources: [here.blocks], registries: [here.account] }, parseName(String(name)), options)

async function publishAll(here: World, ...titles: readonly string[]): Promise<readonly Named[]> {
  const named: Named[] = []
  for (const title of titles) named.push((await publish(here.ports, [edge(title)])).steps[0]!.named)
  return named
}

/** Records a document that no tool would make: a second one under a version number. */
async function record(
  here: World,
  document: TrendDocument,
  move: { readonly ref?: string; readonly parent?: TrendCid } = {}
) {
  const block = await toBlock(document)
  await here.blocks.pin([block])
  const ref = move.ref === undefined ? NONE : refOf(move.ref)
  const parent = move.parent === undefined ? NONE : toBytes32(move.parent)
  await here.account.send([
    { verb: 'publish', publisher: ADDRESS, ref, digest: toBytes32(block.cid), parent, tree: NONE }
  ])
  return block.cid
}

const standings = ({ versions }: History) => versions.map(({ standing }) => standing)
const hows = ({ versions }: History) => versions.map(({ recorded }) => recorded.how)

describe('a history', () => {
  it('is newest first and complete, with what is named, what was taken back, and who recorded it', async () => {
    const here = world()
    const [, second] = await publishAll(here, 'One', 'Two', 'Three')
    await retract(here.ports, second!)
    const found = await told(here)
    expect(found.versions.map(({ document }) => document.version)).toEqual([3, 2, 1])
    expect(found.versions.map(({ named }) => named)).toEqual([true, false, false])
    expect(standings(found)).toEqual(['current', 'retracted', 'superseded'])
    expect(hows(found)).toEqual(['alone', 'alone', 'alone'])
    expect(found.versions[0]?.recorded).toMatchObject({ record: { editor: ADDRESS } })
    expect(found).toMatchObject({ complete: true, canonical: true, end: { at: 'first' }, forks: [], gaps: [] })
    expect(found.versions.map(({ edits }) => edits.map(({ kind }) => kind))).toEqual([
      ['TITLE_EDITED'],
      ['TITLE_EDITED'],
      []
    ])
  })

  it('of a CID goes up to what is named, and down from where nothing leads to it', async () => {
    const here = world()
    const [first, second] = await publishAll(here, 'One', 'Two', 'Three')
    expect((await told(here, first!.cid)).versions).toHaveLength(3)
    const stray = await toBlock({ ...second!.document, title: 'Stray' })
    await here.blocks.pin([stray])
    const found = await told(here, stray.cid)
    expect(hows(found)).toEqual(['nobody', 'alone'])
    expect(standings(found)).toEqual(['unrecorded', 'superseded'])
    expect(found.forks).toMatchObject([{ version: 2, by: 'ref' }])
    expect(found.forks[0]?.cid.equals(second!.cid)).toBe(true)
  })

  it('gives what it has and says where and why it ends', async () => {
    const here = world()
    const [first, second] = await publishAll(here, 'One', 'Two')
    await here.blocks.unpin([first!.cid])
    const found = await told(here)
    expect(found.versions.map(({ document }) => document.version)).toEqual([2])
    expect(found).toMatchObject({
      complete: false,
      end: { at: 'gap', version: 2, error: { code: 'BLOCK_UNAVAILABLE' } }
    })
    expect(found.versions[0]?.cid.equals(second!.cid)).toBe(true)
  })

  it('names a link that does not hold, be it a number that is absurd, or bytes that are no document', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    const follow = { ...first!.document, previous: String(first!.cid) }
    const skipping = await record(
      here,
      { ...follow, version: 9_007_199_254_740_991 },
      { ref: 'edge', parent: first!.cid }
    )
    expect(await told(here)).toMatchObject({ complete: false, end: { at: 'break', error: { code: 'BROKEN_LINEAGE' } } })
    const nothing = await toBlock({ hello: 'world' })
    await here.blocks.pin([nothing])
    await record(here, { ...follow, version: 2, previous: String(nothing.cid) }, { ref: 'edge', parent: skipping })
    expect(await told(here)).toMatchObject({ complete: false, end: { at: 'break', version: 2 }, versions: [{}] })
  })

  it('names a fork that an edition lists, or a hint leads to, and says when it was recorded', async () => {
    const here = world()
    const [first, second] = await publishAll(here, 'One', 'Two')
    const twin = await record(here, { ...second!.document, title: 'Twin' })
    expect((await told(here)).forks).toEqual([])
    const [fork] = (await told(here, undefined, { hints: [twin, first!.cid] })).forks
    expect(fork).toMatchObject({ version: 2, by: 'hint', record: { retractedAt: 0 } })
    expect([fork!.cid.equals(twin), fork!.record?.publishedAt === 0]).toEqual([true, false])

    const other = world()
    const member = await publishEdition(other.ports, EDITION, [edge('One')])
    const { cid, document } = member.steps[0]!.named
    const alone = await record(other, { ...document, title: 'Other' }, { ref: 'edge', parent: cid })
    const found = await told(other)
    expect(found.versions[0]?.cid.equals(alone)).toBe(true)
    expect(found.forks).toMatchObject([{ version: 1, by: 'edition' }])
    expect(found.forks[0]?.cid.equals(cid)).toBe(true)
    expect(found.forks[0]?.root.equals(member.edition.named.cid)).toBe(true)
  })

  it('tells what is recorded through an edition, and what only hashes lead to', async () => {
    const here = world()
    const first = await publishEdition(here.ports, EDITION, [edge('One')])
    await publish(here.ports, [edge('Two')])
    const found = await told(here)
    expect(hows(found)).toEqual(['alone', 'edition'])
    expect(found.versions[1]?.recorded).toMatchObject({ how: 'edition', record: { editor: ADDRESS } })
    const { cid } = first.steps[0]!.named
    const listing = found.versions[1]?.recorded
    expect(listing?.how === 'edition' && listing.root.equals(first.edition.named.cid)).toBe(true)
    await retract(here.ports, first.steps[0]!.named)
    expect((await told(here, cid)).versions[1]).toMatchObject({ standing: 'retracted', named: false })

    const bare = world()
    const [one] = await publishAll(bare, 'One')
    const two = await toBlock({ ...one!.document, version: 2, previous: String(one!.cid) })
    const three = await toBlock({ ...one!.document, version: 3, previous: String(two.cid) })
    await bare.blocks.pin([two, three])
    const call = { verb: 'point', publisher: ADDRESS, ref: refOf('edge') } as const
    await bare.account.send([{ ...call, digest: toBytes32(three.cid), parent: toBytes32(one!.cid) }])
    const named = await told(bare)
    expect(hows(named)).toEqual(['named', 'lineage', 'alone'])
    expect(named.versions[1]?.recorded).toMatchObject({ record: undefined })
  })

  it('finds the newest in an edition where no ref names it', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, [edge('One')], { refs: false })
    const found = await told(here, steps[0]!.named.cid)
    expect([standings(found), hows(found), found.head]).toEqual([['current'], ['edition'], undefined])
  })

  it('of an edition knows it by its own key', async () => {
    const here = world()
    await publishEdition(here.ports, EDITION, [edge('One')])
    await publishEdition(here.ports, EDITION, [edge('Two')])
    expect(hows(await told(here, `${PUBLISHER}/all`))).toEqual(['alone', 'alone'])
  })

  it('says whom a publisher disowned, with one question an editor', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 64n)
    for (const title of ['One', 'Two', 'Three'])
      await publish(here.as(STRANGER), [edge(title)], { publisher: PUBLISHER })
    expect((await told(here)).versions[0]?.recorded).toMatchObject({ record: { editor: STRANGER } })
    await setEditor(here.account, STRANGER, 0n)
    let asked = 0
    const registry: World['account'] = {
      ...here.account,
      editorUntil: async (...args) => {
        asked += 1
        return await here.account.editorUntil(...args)
      }
    }
    const found = await history({ sources: [here.blocks], registries: [registry] }, parseName(`${PUBLISHER}/edge`))
    expect([standings(found), asked]).toEqual([['disowned', 'disowned', 'disowned'], 1])
  })

  it('has the reason and what to read instead, and says where that was taken back too', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One', 'Two')
    const better = (await publish(here.ports, [draft('better')])).steps[0]!.named
    await retract(here.ports, first!, { note: 'Wrong.', reason: 'error', successor: better.cid })
    await retract(here.ports, better)
    const [, version] = (await told(here)).versions
    expect(version).toMatchObject({
      notice: { document: { reason: 'error', note: 'Wrong.' } },
      instead: { standing: 'retracted' }
    })
  })

  it('says what a version declares and did not do, also of a revert, where all versions are known', async () => {
    const here = world()
    const change = { kind: 'revert', note: 'Back.' } as const
    await publish(here.ports, [edge('One')])
    await publish(here.ports, [edge('Two')])
    await publish(here.ports, [edge('Three', { change })])
    expect((await told(here)).versions[0]?.declared).toMatchObject([{ code: 'NOT_A_REVERT', proposed: 'editorial' }])
    await publish(here.ports, [edge('One', { change })])
    expect((await told(here)).versions[0]?.declared).toEqual([])
  })

  it('reads many versions with one question, all at one block', async () => {
    const here = world()
    await publishAll(here, ...Array.from({ length: 20 }, (_, i) => `Version ${i}`))
    const blocks = new Set<string>()
    let surveys = 0
    const registry: World['account'] = {
      ...here.account,
      survey: async (publisher, questions, at, options) => {
        surveys += 1
        blocks.add(at.hash)
        return await here.account.survey(publisher, questions, at, options)
      }
    }
    const found = await history({ sources: [here.blocks], registries: [registry] }, parseName(`${PUBLISHER}/edge`))
    expect([found.versions.length, surveys, blocks.size]).toEqual([20, 1, 1])
    expect(blocks.has(found.block.hash)).toBe(true)
  })

  it('gives up after very many versions, and says so', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    let [cid, version] = [first!.cid, 1]
    const blocks = []
    while (version < 1030) {
      version += 1
      const block = await toBlock({ ...first!.document, version, previous: String(cid) })
      blocks.push(block)
      cid = block.cid
    }
    await here.blocks.pin(blocks)
    const found = await told(here, cid)
    expect(found).toMatchObject({ complete: false, end: { at: 'gap', version: 6, why: 'more than 1024 versions' } })
    expect(found.versions).toHaveLength(1025)
  })

  it("of a ref that names a stranger's document is refused, and of one that names nothing not found", async () => {
    const here = world()
    await expect(told(here)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { steps } = await publish(here.as(STRANGER), [edge('Stolen')])
    const digest = toBytes32(steps[0]!.named.cid)
    await here.account.send([{ verb: 'point', publisher: ADDRESS, ref: refOf('edge'), digest, parent: NONE }])
    await expect(told(here)).rejects.toMatchObject({ code: 'BROKEN_LINEAGE' })
  })

  it('of a notice follows the ref that is its own', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    const { notice } = await retract(here.ports, first!, { note: 'Wrong.' })
    const found = await told(here, notice!)
    expect([found.type, standings(found), hows(found)]).toEqual(['notice', ['current'], ['named']])
    expect(found.head?.equals(fromBytes32(toBytes32(notice!)))).toBe(true)
  })
})
