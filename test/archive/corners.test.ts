import { describe, expect, it } from 'vitest'
import { voiceConcern } from '../../src/archive/concern.ts'
import { publishEdition } from '../../src/archive/edition.ts'
import { point } from '../../src/archive/point.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { EditionDraft, TrendDraft } from '../../src/document/document.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import type { Named } from '../../src/verdict/library.ts'
import { reportText } from '../../src/verdict/report.ts'
import { verify } from '../../src/verdict/verify.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, setEditor, type World, world } from '../world.ts'

const EDITION: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }
const EVER = 2n ** 40n

const publishOne = async (here: World, text: TrendDraft): Promise<Named> =>
  (await publish(here.ports, [text])).steps[0]!.named
const versions = async (here: World, ...titles: readonly string[]): Promise<readonly Named[]> => {
  const named: Named[] = []
  for (const title of titles) named.push(await publishOne(here, draft('edge', { title })))
  return named
}
const headOf = async ({ account }: World, slug: string) =>
  await account.head(ADDRESS, refOf(slug), await account.block('latest'))
const leafRecord = async ({ account }: World, { cid }: Named) =>
  await account.keyed(ADDRESS, leafOf(toBytes32(cid)), await account.block('latest'))
const pinnedIn = async ({ blocks }: World) => (await Array.fromAsync(blocks.pinned())).length

describe('pointing', () => {
  it('leaves a head that nobody has the bytes of', async () => {
    const here = world()
    const [first, second] = await versions(here, 'One', 'Two')
    await here.blocks.unpin([second!.cid])
    expect(await point(here.ports, first!)).toMatchObject({ status: 'moved', from: second!.cid })
    expect(await headOf(here, 'edge')).toBe(toBytes32(first!.cid))
  })

  it('retracts what it passes over, but for what was taken back before', async () => {
    const here = world()
    const [first, second, third] = await versions(here, 'One', 'Two', 'Three')
    await retract(here.ports, second!)
    const { retracted } = await point(here.ports, first!, { retractSkipped: true })
    expect(retracted.map(String)).toEqual([String(third!.cid)])
    for (const named of [second!, third!]) expect((await leafRecord(here, named)).retractedAt).not.toBe(0)
  })

  it('moves a notice under the ref of notices', async () => {
    const here = world()
    const [first] = await versions(here, 'One')
    const { notice } = await retract(here.ports, first!, { note: 'Wrong figures.' })
    const ref = leafOf(toBytes32(first!.cid))
    const digest = toBytes32(notice!)
    await here.account.send([{ verb: 'point', publisher: ADDRESS, ref, digest: NONE, parent: digest }])
    const { readDocument } = await import('../../src/document/parse.ts')
    const document = readDocument(await here.blocks.get(notice!))
    await point(here.ports, { cid: notice!, document })
    expect(await here.account.head(ADDRESS, ref, await here.account.block('latest'))).toBe(digest)
    expect(await headOf(here, document.slug)).toBeUndefined()
  })

  it('is open to an editor, who cannot retract what is passed over', async () => {
    const here = world()
    const [first] = await versions(here, 'One', 'Two')
    await setEditor(here.account, STRANGER, EVER)
    const before = await headOf(here, 'edge')
    const skipping = point(here.as(STRANGER), first!, { retractSkipped: true })
    await expect(skipping).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(await headOf(here, 'edge')).toBe(before)
    expect(await point(here.as(STRANGER), first!)).toMatchObject({ status: 'moved' })
    await setEditor(here.account, STRANGER, 0n)
    const refusal = { code: 'REGISTRY_REJECTED', details: { reason: 'NotEditor' } }
    await expect(point(here.as(STRANGER), first!)).rejects.toMatchObject(refusal)
  })
})

describe('retracting', () => {
  it('takes back what a disowned editor recorded, so that no edition vouches for it', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, EVER)
    const text = draft('edge', { edition: 'first' })
    const [step] = (await publish(here.as(STRANGER), [text], { publisher: PUBLISHER })).steps
    await setEditor(here.account, STRANGER, 0n)
    await publishEdition(here.ports, EDITION, [draft('edge')])
    expect((await verify(here.reading, step!.named)).status).toBe('verified')
    expect(await retract(here.ports, step!.named)).toMatchObject({ status: 'retracted' })
    expect((await verify(here.reading, step!.named)).status).toBe('refuted')
    expect(await retract(here.ports, step!.named)).toMatchObject({ status: 'unchanged' })
  })

  it('is not open to an editor', async () => {
    const here = world()
    const [first] = await versions(here, 'One')
    await setEditor(here.account, STRANGER, EVER)
    await expect(retract(here.as(STRANGER), first!)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('a concern', () => {
  it('is voiced by an editor, takes nothing back, and makes way for the notice of a retraction', async () => {
    const here = world()
    const [first] = await versions(here, 'One')
    const told = { note: 'The figures are under review.' }
    await expect(voiceConcern(here.as(STRANGER), first!, told)).rejects.toMatchObject({
      details: { reason: 'NotEditor' }
    })
    await setEditor(here.account, STRANGER, EVER)
    const voiced = await voiceConcern(here.as(STRANGER), first!, told)
    expect(voiced).toMatchObject({ status: 'voiced' })
    expect(await voiceConcern(here.as(STRANGER), first!, told)).toMatchObject({ status: 'unchanged' })
    const verdict = await verify(here.reading, first!)
    expect(verdict).toMatchObject({ status: 'verified', standing: 'current' })
    expect(verdict.notice).toMatchObject({ document: { action: 'concern', version: 1, reason: 'other', ...told } })
    expect(reportText(verdict).join('\n')).toContain('  concern   other: The figures are under review.')
    const { notice } = await retract(here.ports, first!, { note: 'They were wrong.' })
    const after = await verify(here.reading, first!)
    expect(after.notice?.document).toMatchObject({ action: 'retracted', version: 2, previous: String(voiced.notice) })
    expect(String(after.notice?.cid)).toBe(String(notice))
    await expect(voiceConcern(here.ports, first!, told)).rejects.toMatchObject({ details: { option: 'concern' } })
  })
})

describe('publishing', () => {
  it('is refused where nothing keeps the bytes', async () => {
    const here = world()
    const blocksBefore = (await here.account.block('latest')).number
    await expect(publish({ ...here.ports, sinks: [] }, [draft('edge')])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { option: 'sinks' }
    })
    expect((await here.account.block('latest')).number).toBe(blocksBefore)
  })

  it('names a version again that its ref moved back from, since it is recorded already', async () => {
    const here = world()
    const [first, second] = await versions(here, 'One', 'Two')
    await point(here.ports, first!)
    const again = await publishOne(here, draft('edge', { title: 'Two' }))
    expect(again.cid.equals(second!.cid)).toBe(true)
    expect(await headOf(here, 'edge')).toBe(toBytes32(second!.cid))
  })

  it('does not name a version again that was taken back, and says so before anything is pinned', async () => {
    const here = world()
    const [first] = await versions(here, 'One', 'Two')
    await point(here.ports, first!, { retractSkipped: true })
    const count = await pinnedIn(here)
    const text = draft('edge', { title: 'Two' })
    await expect(publish(here.ports, [text, draft('rust')])).rejects.toMatchObject({ code: 'INVALID_DOCUMENT' })
    expect(await pinnedIn(here)).toBe(count)
    await expect(publishEdition(here.ports, EDITION, [draft('edge', { title: 'Two' })])).resolves.toBeDefined()
  })

  it('continues after the first of several transactions', async () => {
    const here = world()
    const drafts = Array.from({ length: 450 }, (_, i) => draft(`trend-${i}`, { published: undefined }))
    let sends = 0
    const failing = {
      ...here.account,
      send: (...args: Parameters<typeof here.account.send>) =>
        ++sends === 2 ? Promise.reject(new Error('cut')) : here.account.send(...args)
    }
    const now = 1_750_000_000
    await expect(publish({ ...here.ports, registry: failing }, drafts, { now })).rejects.toThrow('cut')
    const { steps, receipts } = await publish(here.ports, drafts, { now: now + 1000 })
    expect(receipts).toHaveLength(2)
    expect(steps.filter(({ status }) => status === 'unchanged')).toHaveLength(200)
    expect(new Set(steps.map(({ named }) => named.document.published))).toEqual(new Set(['2025-06-15T15:06:40Z']))
    expect(await pinnedIn(here)).toBe(450)
  })
})

describe('an edition', () => {
  it('continues a member that the newest edition left out and an older one lists', async () => {
    const here = world()
    const untimed = (slug: string, title?: string) => draft(slug, { published: undefined, title })
    const one = { refs: false, now: 1_750_000_000 }
    const { steps } = await publishEdition(here.ports, EDITION, [untimed('edge'), untimed('rust')], one)
    await publishEdition(here.ports, EDITION, [untimed('rust')], { ...one, now: one.now + 1 })
    const third = await publishEdition(here.ports, EDITION, [untimed('edge', 'Edge, again')], {
      ...one,
      now: one.now + 2
    })
    expect(third.steps[0]!.named.document).toMatchObject({ version: 2, previous: String(steps[0]!.named.cid) })
  })

  it('lists a member that was taken back, which stays taken back', async () => {
    const here = world()
    const edge = await publishOne(here, draft('edge'))
    await retract(here.ports, edge)
    const { steps } = await publishEdition(here.ports, EDITION, [draft('edge'), draft('rust')])
    expect(await verify(here.reading, edge)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    expect((await verify(here.reading, steps[1]!.named)).status).toBe('verified')
  })

  it('by an editor is theirs to record and to be cut off from', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, EVER)
    const { steps } = await publishEdition(here.as(STRANGER), EDITION, [draft('edge')], { publisher: PUBLISHER })
    expect((await verify(here.reading, steps[0]!.named)).status).toBe('verified')
    await setEditor(here.account, STRANGER, 0n)
    expect((await verify(here.reading, steps[0]!.named)).status).toBe('refuted')
  })
})
