import { describe, expect, it } from 'vitest'
import { createArchive } from '../../src/archive/archive.ts'
import { publishEdition } from '../../src/archive/edition.ts'
import { list } from '../../src/archive/list.ts'
import { parseName } from '../../src/archive/name.ts'
import { point } from '../../src/archive/point.ts'
import { publish } from '../../src/archive/publish.ts'
import { resolve } from '../../src/archive/resolve.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { EditionDraft, TrendDraft } from '../../src/document/document.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, type World, world } from '../world.ts'

const EDITION: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }
const MEMBERS = [draft('rust'), draft('edge'), draft('wasm')]

const reading = ({ blocks, account }: World) => ({ sources: [blocks], registries: [account] })
const edge = (title: string): TrendDraft => draft('edge', { title })
const publishAll = async (here: World, ...titles: readonly string[]) => {
  const named = []
  for (const title of titles) named.push((await publish(here.ports, [edge(title)])).steps[0]!.named)
  return named
}
const resolved = async (here: World, name: string) => await resolve(reading(here), parseName(name))

describe('an edition', () => {
  it('lists its members by slug and is one transaction', async () => {
    const here = world()
    const { edition, steps, receipts } = await publishEdition(here.ports, EDITION, MEMBERS)
    expect(receipts).toHaveLength(1)
    expect(edition.named.document).toMatchObject({
      type: 'edition',
      entries: [
        { slug: 'edge', version: 1 },
        { slug: 'rust', version: 1 },
        { slug: 'wasm', version: 1 }
      ]
    })
    expect(steps.map(({ named }) => named.document)).toMatchObject(MEMBERS.map(() => ({ edition: 'first' })))
  })

  it('has nothing to publish the second time, with and without moved refs', async () => {
    for (const refs of [true, false]) {
      const here = world()
      const first = await publishEdition(here.ports, EDITION, MEMBERS, { refs })
      const again = await publishEdition(here.ports, EDITION, MEMBERS, { refs })
      expect(again).toMatchObject({ receipts: [], edition: { status: 'unchanged' } })
      expect(again.edition.named.cid.equals(first.edition.named.cid)).toBe(true)
    }
  })

  it('lists a document that was published alone as it is', async () => {
    const here = world()
    const [alone] = await publishAll(here, 'About edge')
    const { steps } = await publishEdition(here.ports, EDITION, MEMBERS)
    const step = steps.find(({ slug }) => slug === 'edge')
    expect(step).toMatchObject({ status: 'unchanged' })
    expect(step!.named.cid.equals(alone!.cid)).toBe(true)
  })

  it('leaves its members as they are when their drafts, which name no edition, are published alone', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, MEMBERS)
    const alone = await publish(here.ports, MEMBERS)
    expect(alone).toMatchObject({ receipts: [], steps: MEMBERS.map(() => ({ status: 'unchanged' })) })
    const [changed] = (await publish(here.ports, [edge('Edge, again')])).steps
    expect(changed!.named.document).toMatchObject({ version: 2, edition: 'first' })
    expect(steps).toHaveLength(3)
  })

  it('becomes its next version when a member changed', async () => {
    const here = world()
    const { edition: first } = await publishEdition(here.ports, EDITION, MEMBERS)
    const { edition } = await publishEdition(here.ports, EDITION, [edge('Edge, again'), MEMBERS[0]!, MEMBERS[2]!])
    expect(edition.named.document).toMatchObject({
      version: 2,
      previous: String(first.named.cid),
      entries: [{ version: 2 }, { version: 1 }, { version: 1 }]
    })
  })

  it('names a member again whose ref was moved back, though the edition itself has not changed', async () => {
    const here = world()
    const { steps } = await publishEdition(here.ports, EDITION, [edge('One')])
    const { steps: later } = await publishEdition(here.ports, EDITION, [edge('Two')])
    await point(here.ports, steps[0]!.named)
    const again = await publishEdition(here.ports, EDITION, [edge('Two')])
    expect(again).toMatchObject({ edition: { status: 'unchanged' }, steps: [{ status: 'new' }] })
    expect(again.receipts).toHaveLength(1)
    expect((await resolved(here, `${PUBLISHER}/edge`)).cid.equals(later[0]!.named.cid)).toBe(true)
    expect((await publishEdition(here.ports, EDITION, [edge('Two')])).receipts).toEqual([])
  })

  it('ends in the same state when it is interrupted after pinning', async () => {
    const here = world()
    const members = MEMBERS.map((member) => ({ ...member, published: undefined }))
    const cut = { ...here.ports, registry: { ...here.account, send: () => Promise.reject(new Error('power cut')) } }
    await expect(publishEdition(cut, EDITION, members, { now: 1_750_000_000 })).rejects.toThrow('power cut')
    await publishEdition(here.ports, EDITION, members, { now: 1_760_000_000 })
    const documents = await list({ pinned: here.blocks, sources: [here.blocks] })
    expect(documents.map(({ document }) => document.published)).toEqual(Array(4).fill('2025-06-15T15:06:40Z'))
  })

  it('refuses a member that names another series, and too many moved refs', async () => {
    const here = world()
    const foreign = draft('edge', { edition: 'second' })
    await expect(publishEdition(here.ports, EDITION, [foreign])).rejects.toMatchObject({
      details: { path: '$.edition' }
    })
    const many = Array.from({ length: 251 }, (_, i) => draft(`trend-${i}`))
    await expect(publishEdition(here.ports, EDITION, many)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    const { receipts } = await publishEdition(here.ports, EDITION, many, { refs: false })
    expect(receipts).toHaveLength(1)
  })
})

describe('resolving', () => {
  it('finds a document by CID, by its slug, and at an earlier version', async () => {
    const here = world()
    const [first, second, third] = await publishAll(here, 'One', 'Two', 'Three')
    for (const [name, cid] of [
      [`${first!.cid}`, first!.cid],
      [`ipfs://${second!.cid}`, second!.cid],
      [`${PUBLISHER}/edge`, third!.cid],
      [`${PUBLISHER}/edge@1`, first!.cid],
      [`${PUBLISHER}/edge@2`, second!.cid],
      [`${PUBLISHER}/edge@3`, third!.cid]
    ] as const) {
      expect((await resolved(here, name)).cid.equals(cid)).toBe(true)
    }
  })

  it('says whom it trusted: nobody for a CID', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    expect((await resolved(here, String(first!.cid))).trusted).toBeUndefined()
    expect((await resolved(here, `${PUBLISHER}/edge`)).trusted).toBe('memory')
  })

  it.each([
    [`${PUBLISHER}/nothing`, 'NOT_FOUND'],
    [`${PUBLISHER}/edge@9`, 'NOT_FOUND'],
    [`eip155:10:${ADDRESS}/edge`, 'NOT_FOUND'],
    ['bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea', 'BLOCK_UNAVAILABLE']
  ])('%s is %s', async (name, code) => {
    const here = world()
    await publishAll(here, 'One')
    await expect(resolved(here, name)).rejects.toMatchObject({ code })
  })

  it('refuses bytes that are no document', async () => {
    const here = world()
    const block = await toBlock({ hello: 'world' })
    await here.blocks.pin([block])
    await expect(resolved(here, String(block.cid))).rejects.toMatchObject({ code: 'INVALID_DOCUMENT' })
  })

  it('names the version that is missing when a lineage has a hole', async () => {
    const here = world()
    const [, second] = await publishAll(here, 'One', 'Two', 'Three')
    await here.blocks.unpin([second!.cid])
    await expect(resolved(here, `${PUBLISHER}/edge@1`)).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE',
      message: expect.stringContaining(String(second!.cid))
    })
  })
})

describe('pointing', () => {
  it('moves a ref back, and does nothing where it points there already', async () => {
    const here = world()
    const [first, second] = await publishAll(here, 'One', 'Two')
    expect(await point(here.ports, first!)).toMatchObject({ status: 'moved', from: second!.cid, retracted: [] })
    expect(await point(here.ports, first!)).toMatchObject({ status: 'unchanged', receipt: undefined })
    expect((await resolved(here, `${PUBLISHER}/edge`)).cid.equals(first!.cid)).toBe(true)
  })

  it('retracts what it passes over on the way back when asked to, in the same transaction', async () => {
    const here = world()
    const [first, second, third] = await publishAll(here, 'One', 'Two', 'Three')
    const { retracted, receipt } = await point(here.ports, first!, { retractSkipped: true })
    expect(retracted.map(String)).toEqual([String(third!.cid), String(second!.cid)])
    const at = await here.account.block(receipt!.block.number)
    for (const { cid } of [second!, third!]) {
      expect((await here.account.record(ADDRESS, toBytes32(cid), [], at)).retractedAt).not.toBe(0)
    }
  })

  it("refuses another publisher's document", async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    await expect(point(here.as(STRANGER), first!)).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      details: { reason: 'NotEditor' },
      hint: expect.stringContaining(`trend-archive editors add ${STRANGER}`)
    })
  })
})

describe('retracting', () => {
  it('takes a document back once, with a notice that the chain names', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    const taken = await retract(here.ports, first!, { note: 'Wrong figures.', reason: 'error' })
    expect(taken.status).toBe('retracted')
    const { document } = await resolve(reading(here), { by: 'cid', cid: taken.notice! })
    expect(document).toMatchObject({ type: 'notice', of: String(first!.cid), action: 'retracted', reason: 'error' })
    expect(await retract(here.ports, first!, { note: 'Wrong figures.' })).toMatchObject({
      status: 'unchanged',
      notice: taken.notice,
      receipt: undefined
    })
  })

  it('needs no notice', async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    expect(await retract(here.ports, first!)).toMatchObject({ status: 'retracted', notice: undefined })
  })

  it('keeps a title that is as long as titles may be', async () => {
    const here = world()
    const [first] = await publishAll(here, 'T'.repeat(200))
    await expect(retract(here.ports, first!, { note: 'n'.repeat(600) })).resolves.toMatchObject({ status: 'retracted' })
  })

  it("refuses another publisher's document", async () => {
    const here = world()
    const [first] = await publishAll(here, 'One')
    await expect(retract(here.as(STRANGER), first!)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

it('lists what is pinned by slug and version, and leaves out what is no document', async () => {
  const here = world()
  await publishAll(here, 'One', 'Two')
  await publish(here.ports, [draft('alpha')])
  await here.blocks.pin([await toBlock({ hello: 'world' })])
  const found = await list({ pinned: here.blocks, sources: [here.blocks] })
  expect(found.map(({ document: { slug, version } }) => `${slug}@${version}`)).toEqual(['alpha@1', 'edge@1', 'edge@2'])
})

it('binds the verbs to their ports', async () => {
  const here = world()
  const archive = createArchive(here.ports)
  expect(await archive.plan([draft('edge')])).toMatchObject([{ status: 'new' }])
  const { steps } = await archive.publish([draft('edge')])
  const { cid } = steps[0]!.named
  expect((await archive.resolve(`${PUBLISHER}/edge`)).cid.equals(cid)).toBe(true)
  expect(await archive.verify({ cid })).toMatchObject({ status: 'verified' })
  expect(await archive.point(String(cid))).toMatchObject({ status: 'unchanged' })
  await archive.publishEdition(EDITION, MEMBERS)
  expect(await archive.history(`${PUBLISHER}/first`)).toMatchObject({ versions: [{ named: true }], complete: true })
  expect(await archive.retract(String(cid))).toMatchObject({ status: 'retracted' })
  expect(await archive.verify({ cid })).toMatchObject({ status: 'refuted' })
  expect(await here.account.head(ADDRESS, refOf('edge'), await here.account.block('latest'))).toBe(toBytes32(cid))
})

describe('a ref that names something else', () => {
  it('is not continued by a document of another type', async () => {
    const here = world()
    await publishEdition(here.ports, EDITION, MEMBERS)
    const trend = draft('first')
    await expect(publish(here.ports, [trend])).rejects.toMatchObject({ code: 'BROKEN_LINEAGE' })
    await publishAll(here, 'One')
    const edition: EditionDraft = { ...EDITION, slug: 'edge' }
    await expect(publishEdition(here.ports, edition, [MEMBERS[0]!])).rejects.toMatchObject({ code: 'BROKEN_LINEAGE' })
  })

  it("is not continued where it names a stranger's document, nor resolved as the publisher's own", async () => {
    const here = world()
    const { steps } = await publish(here.as(STRANGER), [edge('Stolen')])
    const { cid } = steps[0]!.named
    const pointing = { publisher: ADDRESS, ref: refOf('edge'), digest: toBytes32(cid), parent: NONE }
    await here.account.send([{ verb: 'point', ...pointing }])
    for (const title of ['Stolen', 'Mine']) {
      await expect(publish(here.ports, [edge(title)])).rejects.toMatchObject({ code: 'BROKEN_LINEAGE' })
    }
    await expect(resolved(here, `${PUBLISHER}/edge`)).rejects.toMatchObject({ code: 'BROKEN_LINEAGE' })
    expect((await resolved(here, String(cid))).cid.equals(cid)).toBe(true)
  })
})

it('refuses an edition that is called like one of its members', async () => {
  const here = world()
  await expect(publishEdition(here.ports, EDITION, [draft('first')])).rejects.toMatchObject({
    code: 'INVALID_DOCUMENT',
    details: { path: '$.slug' }
  })
})

it.each([
  ['many paragraphs', 'One.\n\nTwo.', 'A title'],
  ['a long note that would be cut at a space', `${'word '.repeat(120)}end`, 'A title'],
  ['a title that would be cut inside a letter', 'Wrong.', `${'x'.repeat(188)}😀 and more`],
  ['a title that is one long word', 'Wrong.', 'x'.repeat(200)]
])('takes a document back with %s', async (_, note, title) => {
  const here = world()
  const [named] = await publishAll(here, title)
  const { notice } = await retract(here.ports, named!, { note })
  expect((await resolve(reading(here), { by: 'cid', cid: notice! })).document).toMatchObject({ note })
})
