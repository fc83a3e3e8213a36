import { describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { plan } from '../../src/archive/plan.ts'
import { type PublishEvent, publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { BlockSink } from '../../src/block/sink.ts'
import { refOf } from '../../src/registry/ref.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, setEditor, world } from '../world.ts'

const headOf = async ({ account }: ReturnType<typeof world>, slug: string) =>
  await account.head(ADDRESS, refOf(slug), await account.block('latest'))

describe('publishing', () => {
  it('makes the first version, keeps it, records it and names it', async () => {
    const here = world()
    const { steps, receipts } = await publish(here.ports, [draft('edge')])
    expect(steps).toMatchObject([
      { status: 'new', slug: 'edge', named: { document: { version: 1, publisher: PUBLISHER } } }
    ])
    expect(receipts).toHaveLength(1)
    const digest = toBytes32(steps[0]!.named.cid)
    expect(await headOf(here, 'edge')).toBe(digest)
    const record = await here.account.record(ADDRESS, digest, [], await here.account.block('latest'))
    expect(record).toMatchObject({ retractedAt: 0, editor: ADDRESS })
    await expect(here.blocks.get(steps[0]!.named.cid)).resolves.toBeInstanceOf(Uint8Array)
  })

  it('finds nothing to publish the second time', async () => {
    const here = world()
    const first = await publish(here.ports, [draft('edge')])
    const second = await publish(here.ports, [draft('edge')])
    expect(second).toMatchObject({ receipts: [], steps: [{ status: 'unchanged' }] })
    expect(second.steps[0]!.named.cid.equals(first.steps[0]!.named.cid)).toBe(true)
  })

  it('says when what is published already was taken back', async () => {
    const here = world()
    const [first] = (await publish(here.ports, [draft('edge')])).steps
    expect(await plan(here.ports, [draft('edge')])).toMatchObject([{ status: 'unchanged', isRetracted: false }])
    await retract(here.ports, first!.named)
    expect(await plan(here.ports, [draft('edge')])).toMatchObject([{ status: 'unchanged', isRetracted: true }])
  })

  it('ignores the fields the tool fills in when it compares', async () => {
    const here = world()
    const [first] = (await publish(here.ports, [draft('edge')])).steps
    const stated = { ...draft('edge'), published: '2025-09-09T00:00:00Z', version: 1, publisher: PUBLISHER }
    expect((await plan(here.ports, [stated]))[0]).toMatchObject({
      status: 'unchanged',
      named: { cid: first!.named.cid }
    })
  })

  it('makes a changed draft the next version, with the right previous and parent', async () => {
    const here = world()
    const [first] = (await publish(here.ports, [draft('edge')])).steps
    const [second] = (await publish(here.ports, [draft('edge', { title: 'Edge, again' })])).steps
    expect(second!.named.document).toMatchObject({ version: 2, previous: String(first!.named.cid) })
    expect(await headOf(here, 'edge')).toBe(toBytes32(second!.named.cid))
  })

  it('has nothing to publish for a draft that equals an older version, unless it is to revert', async () => {
    const here = world()
    await publish(here.ports, [draft('edge')])
    await publish(here.ports, [draft('edge', { title: 'Edge, again' })])
    expect((await publish(here.ports, [draft('edge')])).steps).toMatchObject([
      { status: 'unchanged', named: { document: { version: 1 } } }
    ])
    expect((await publish(here.ports, [draft('edge')], { revert: true })).steps).toMatchObject([
      { status: 'new', named: { document: { version: 3, title: 'About edge' } } }
    ])
  })

  it('does not make the present version again when asked to revert to it', async () => {
    const here = world()
    await publish(here.ports, [draft('edge')])
    expect((await publish(here.ports, [draft('edge')], { revert: true })).steps).toMatchObject([
      { status: 'unchanged' }
    ])
  })

  it('sends a batch as one transaction', async () => {
    const here = world()
    const { steps, receipts } = await publish(here.ports, [draft('edge'), draft('wasm'), draft('rust')])
    expect(steps.map(({ status }) => status)).toEqual(['new', 'new', 'new'])
    expect(receipts).toHaveLength(1)
  })

  it('pins and sends nothing when one draft of the batch is refused', async () => {
    const here = world()
    const before = (await here.account.block('latest')).hash
    const bad = draft('wasm', { version: 7 })
    await expect(publish(here.ports, [draft('edge'), bad])).rejects.toMatchObject({
      code: 'INVALID_DOCUMENT',
      details: { path: '$.version' }
    })
    const pinned = []
    for await (const cid of here.blocks.pinned()) pinned.push(cid)
    expect(pinned).toEqual([])
    expect((await here.account.block('latest')).hash).toBe(before)
  })

  it('refuses two drafts of one slug', async () => {
    await expect(publish(world().ports, [draft('edge'), draft('edge')])).rejects.toMatchObject({
      code: 'INVALID_DOCUMENT',
      details: { path: '$.slug' }
    })
  })

  it('records nothing when a sink fails', async () => {
    const here = world()
    const full: BlockSink = { name: 'full', pin: () => Promise.reject(new Error('no space left')) }
    await expect(publish({ ...here.ports, sinks: [here.blocks, full] }, [draft('edge')])).rejects.toThrow('no space')
    expect(await headOf(here, 'edge')).toBeUndefined()
  })

  it.each(['before anything is pinned', 'after pinning', 'after recording'])(
    'ends in the same state when it is interrupted %s and run again',
    async (when) => {
      const here = world()
      const text = draft('edge', { published: undefined })
      const down = () => Promise.reject(new Error('power cut'))
      const faulty = {
        ...here.ports,
        ...(when === 'before anything is pinned' && { sinks: [{ name: 'cut', pin: down }] }),
        ...(when === 'after pinning' && { registry: { ...here.account, send: down } }),
        ...(when === 'after recording' && { pending: { ...here.ports.pending, clear: down } })
      }
      await expect(publish(faulty, [text], { now: 1_750_000_000 })).rejects.toThrow('power cut')
      const again = await publish(here.ports, [text], { now: 1_760_000_000 })
      const once = await publish(here.ports, [text], { now: 1_770_000_000 })
      expect(once.receipts).toEqual([])
      expect(await headOf(here, 'edge')).toBe(toBytes32(again.steps[0]!.named.cid))
      const first = when === 'before anything is pinned' ? '2025-10-09T08:53:20Z' : '2025-06-15T15:06:40Z'
      expect(once.steps[0]!.named.document).toMatchObject({ version: 1, published: first })
      const pinned = []
      for await (const cid of here.blocks.pinned()) pinned.push(cid)
      expect(pinned).toHaveLength(1)
    }
  )

  it('does not continue an interrupted run whose draft has changed since', async () => {
    const here = world()
    const cut = { ...here.ports, registry: { ...here.account, send: () => Promise.reject(new Error('power cut')) } }
    await expect(publish(cut, [draft('edge', { published: undefined })], { now: 1_750_000_000 })).rejects.toThrow()
    const edited = draft('edge', { published: undefined, title: 'Edited' })
    const [step] = (await publish(here.ports, [edited], { now: 1_760_000_000 })).steps
    expect(step!.named.document).toMatchObject({ title: 'Edited', published: '2025-10-09T08:53:20Z' })
  })

  it('loses against another writer of the same ref without recording anything', async () => {
    const here = world()
    await publish(here.ports, [draft('edge')])
    const late = {
      ...here.account,
      send: async (calls: Parameters<typeof here.account.send>[0]) => {
        await publish(here.ports, [draft('edge', { title: 'I was first' })])
        return await here.account.send(calls)
      }
    }
    const race = publish({ ...here.ports, registry: late }, [draft('edge', { title: 'I was late' })])
    await expect(race).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', details: { reason: 'StaleParent' } })
  })

  it('finds nothing left to do where another process recorded the same meanwhile', async () => {
    const here = world()
    const both = [draft('edge'), draft('rust')]
    let isFirst = true
    const late = {
      ...here.account,
      send: async (calls: Parameters<typeof here.account.send>[0]) => {
        if (isFirst) await publish(here.ports, [draft('edge')])
        isFirst = false
        return await here.account.send(calls)
      }
    }
    const { steps, receipts } = await publish({ ...here.ports, registry: late }, both)
    expect(steps.map(({ status }) => status)).toEqual(['unchanged', 'new'])
    expect(receipts).toHaveLength(1)
    expect(await headOf(here, 'rust')).toBe(toBytes32(steps[1]!.named.cid))
  })

  it('finds nothing left to do where another process published the same edition meanwhile', async () => {
    const here = world()
    const edition = { type: 'edition', slug: 'spring', title: 'Spring', summary: 'All of it.' } as const
    const same = { now: 1_750_000_000 }
    const late = {
      ...here.account,
      send: async (calls: Parameters<typeof here.account.send>[0]) => {
        await publishEdition(here.ports, edition, [draft('edge')], same)
        return await here.account.send(calls)
      }
    }
    const ports = { ...here.ports, registry: late }
    const published = await publishEdition(ports, edition, [draft('edge')], same)
    expect(published).toMatchObject({
      edition: { status: 'unchanged' },
      steps: [{ status: 'unchanged' }],
      receipts: []
    })
  })

  it('only estimates on a dry run', async () => {
    const here = world()
    const { cost, steps } = await publish(here.ports, [draft('edge')], { dryRun: true })
    expect(cost?.gas).toBeGreaterThan(40_000n)
    expect(steps).toMatchObject([{ status: 'new' }])
    expect(await headOf(here, 'edge')).toBeUndefined()
    await publish(here.ports, [draft('edge')])
    expect((await publish(here.ports, [draft('edge')], { dryRun: true })).cost).toBeUndefined()
  })

  it('tells of its progress in the order of effects', async () => {
    const events: PublishEvent['type'][] = []
    await publish(world().ports, [draft('edge')], { onProgress: ({ type }) => events.push(type) })
    expect(events).toEqual(['planned', 'pinned', 'recorded'])
  })

  it('says so when the lineage cannot be read, instead of guessing that a draft is new', async () => {
    const here = world()
    await publish(here.ports, [draft('edge')])
    const blind = { ...here.ports, sources: [] }
    await expect(publish(blind, [draft('edge', { title: 'New?' })])).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE'
    })
  })

  it('is refused to an account that is no editor', async () => {
    const here = world()
    await expect(publish(here.as(STRANGER), [draft('edge')], { publisher: PUBLISHER })).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      details: { reason: 'NotEditor' }
    })
  })

  it('pins nothing for an account that may not publish, and says how it would be let', async () => {
    const here = world()
    const pinned: unknown[] = []
    const sink: BlockSink = { name: 'sink', pin: async (blocks) => void pinned.push(blocks) }
    const ports = { ...here.as(STRANGER), sinks: [sink] }
    const refusal = { details: { reason: 'NotEditor' }, hint: expect.stringContaining(`editors add ${STRANGER}`) }
    const options = { publisher: PUBLISHER }
    await expect(publish(ports, [draft('edge')], options)).rejects.toMatchObject(refusal)
    await expect(publish(ports, [draft('edge')], { ...options, dryRun: true })).rejects.toMatchObject(refusal)
    await setEditor(here.account, STRANGER, 1n)
    await expect(publish(ports, [draft('edge')], options)).rejects.toMatchObject(refusal)
    const elsewhere = `eip155:1:${ADDRESS}` as const
    await expect(publish(ports, [draft('edge')], { publisher: elsewhere })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { option: 'publisher' }
    })
    expect(pinned).toEqual([])
    expect(await plan(ports, [draft('edge')], options)).toMatchObject([{ status: 'new' }])
  })

  it('lets an editor publish for a publisher', async () => {
    const here = world()
    await setEditor(here.account, STRANGER, 2n ** 40n)
    const { steps } = await publish(here.as(STRANGER), [draft('edge')], { publisher: PUBLISHER })
    expect(steps[0]!.named.document.publisher).toBe(PUBLISHER)
  })

  it('stops when told to', async () => {
    const signal = AbortSignal.abort()
    await expect(publish(world().ports, [draft('edge')], { signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
