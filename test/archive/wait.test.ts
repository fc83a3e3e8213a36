import { describe, expect, it, onTestFinished } from 'vitest'
import { createDelegation } from '../../src/archive/delegation.ts'
import { publishEdition } from '../../src/archive/edition.ts'
import { pendingName } from '../../src/archive/plan.ts'
import { point } from '../../src/archive/point.ts'
import { type PublishEvent, publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { Json } from '../../src/document/canonical.ts'
import { ArchiveError } from '../../src/errors.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type Registry, type RegistryCall, type RegistryWriter } from '../../src/registry/registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { ADDRESS, draft, PUBLISHER, STRANGER, type World, world } from '../world.ts'

const LAG = 6
const FINAL = { wait: 'final' } as const

/** A chain on which a block is final when six more are made, and one comes every few milliseconds. */
function alive(): World & { readonly stop: () => void; readonly start: () => void } {
  const here = world({ lag: LAG })
  let mining: NodeJS.Timeout | undefined
  const stop = (): void => clearInterval(mining)
  const start = (): void => {
    stop()
    mining = setInterval(() => here.chain.mine(), 5)
  }
  start()
  onTestFinished(stop)
  return { ...here, stop, start }
}

/** Takes back so many blocks as soon as something is recorded, so often. */
function takingBack(here: World, depth: number, times = 1): (event: PublishEvent) => void {
  let left = times
  return (event) => {
    if (event.type !== 'recorded' || left === 0) return
    left -= 1
    here.chain.reorg(depth)
  }
}

const recordAt = async ({ account }: World, cid: Parameters<typeof toBytes32>[0], tag: 'latest' | 'finalized') =>
  await account.record(ADDRESS, toBytes32(cid), [], await account.block(tag))

const withRegistry = (here: World, more: Partial<Registry & RegistryWriter>): World['ports'] => ({
  ...here.ports,
  registry: { ...here.account, ...more }
})

describe('publishing until final', () => {
  it('ends when the block that holds it is final, and says how far that is', async () => {
    const here = alive()
    const events: PublishEvent[] = []
    const done = await publish(here.ports, [draft('edge')], { ...FINAL, onProgress: (event) => events.push(event) })
    const final = await here.account.block('finalized')
    expect(final.number).toBeGreaterThanOrEqual(done.receipts[0]!.block.number)
    expect(done).toMatchObject({ settled: { finality: 'final' }, steps: [{ status: 'new' }] })
    expect(done.settled!.at.number).toBeGreaterThanOrEqual(done.receipts[0]!.block.number)
    expect(await recordAt(here, done.steps[0]!.named.cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
    const waited = events.filter((event) => event.type === 'advanced' && event.work === 'waiting')
    expect(waited[0]).toMatchObject({ unit: 'blocks', until: 'final', total: expect.any(Number) })
    expect(waited.at(-1)).toMatchObject({ done: (waited.at(-1) as { readonly total: number }).total })
    expect(events.at(-1)).toMatchObject({ type: 'settled' })
  })

  it('waits for nothing where that is not asked for', async () => {
    const here = world({ lag: LAG })
    const done = await publish(here.ports, [draft('edge')])
    expect(done.settled).toBeUndefined()
    expect(await recordAt(here, done.steps[0]!.named.cid, 'finalized')).toMatchObject({ publishedAt: 0 })
  })

  it('waits for what was published before, and sends nothing for that', async () => {
    const here = alive()
    await publish(here.ports, [draft('edge')])
    const sent = { count: 0 }
    const ports = withRegistry(here, {
      send: async () => {
        sent.count += 1
        throw new Error('nothing is to be sent')
      }
    })
    const again = await publish(ports, [draft('edge')], FINAL)
    expect(again).toMatchObject({ settled: { finality: 'final' }, steps: [{ status: 'unchanged' }], receipts: [] })
    expect(await recordAt(here, again.steps[0]!.named.cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
    expect(sent.count).toBe(0)
  })

  it('sends again what a reorganisation took back, under the same CID', async () => {
    const here = alive()
    const events: PublishEvent[] = []
    const take = takingBack(here, 1, 2)
    const unstated = draft('edge', { published: undefined })
    let clock = 1_750_000_000
    const registry = { ...here.account, send: here.account.send }
    const done = await publish({ ...here.ports, registry }, [unstated], {
      ...FINAL,
      now: clock++,
      onProgress(event) {
        events.push(event)
        take(event)
      }
    })
    const recorded = events.filter(({ type }) => type === 'recorded')
    expect(recorded).toHaveLength(3)
    expect(events.filter(({ type }) => type === 'dropped')).toHaveLength(2)
    expect(new Set(events.flatMap((event) => (event.type === 'planned' ? [String(event.cid)] : []))).size).toBe(1)
    expect(done).toMatchObject({ steps: [{ status: 'new' }], settled: { finality: 'final' } })
    expect(done.receipts).toHaveLength(1)
    expect(await here.account.receipt(done.receipts[0]!.transaction)).toEqual(done.receipts[0])
    expect(await recordAt(here, done.steps[0]!.named.cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
  })

  it('goes on where a transaction was mined in another block', async () => {
    const here = alive()
    const moved: { receipt?: Awaited<ReturnType<RegistryWriter['send']>> } = {}
    const ports = withRegistry(here, {
      // The network puts it back by itself before anybody looks.
      async send(calls) {
        here.stop()
        const { block, ...receipt } = await here.account.send(calls)
        here.chain.reorg(1)
        moved.receipt = { ...receipt, block: (await here.account.send(calls)).block }
        here.start()
        return { ...receipt, block }
      },
      receipt: async () => moved.receipt
    })
    const done = await publish(ports, [draft('edge')], FINAL)
    expect(done.receipts).toEqual([moved.receipt])
    expect(done.settled).toMatchObject({ finality: 'final' })
  })

  it('restores version 1 under version 2 where both are dropped, once each', async () => {
    const here = alive()
    const [one, two] = [draft('edge', { title: 'One' }), draft('edge', { title: 'Two' })]
    here.stop()
    const first = await publish(here.ports, [one])
    const take = takingBack(here, 2)
    const onProgress = (event: PublishEvent): void => {
      take(event)
      if (event.type === 'recorded') here.start()
    }
    const second = await publish(here.ports, [two], { ...FINAL, onProgress })
    expect(second.steps).toMatchObject([{ named: { document: { version: 2 } } }])
    for (const { steps } of [first, second]) {
      expect(await recordAt(here, steps[0]!.named.cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
    }
    expect(await publish(here.ports, [one, draft('other')].slice(0, 1))).toMatchObject({
      steps: [{ status: 'unchanged' }]
    })
    const at = await here.account.block('latest')
    expect(await here.account.head(ADDRESS, refOf('edge'), at)).toBe(toBytes32(second.steps[0]!.named.cid))
  })

  it('keeps the note until it is final, so that the next run makes the same bytes', async () => {
    const here = world({ lag: LAG })
    const unstated = draft('edge', { published: undefined })
    const failed = publish(here.ports, [unstated], { ...FINAL, waitTimeout: 1, now: 1_750_000_000 })
    await expect(failed).rejects.toMatchObject({ code: 'NOT_SETTLED', details: { reason: 'timed out' } })
    const noted = await here.ports.pending.get(pendingName(PUBLISHER, 'edge'))
    expect(noted).toBeDefined()
    here.chain.reorg(1)
    const mining = setInterval(() => here.chain.mine(), 5)
    onTestFinished(() => clearInterval(mining))
    const { steps, settled } = await publish(here.ports, [unstated], { ...FINAL, now: 1_760_000_000 })
    expect(steps[0]!.named.cid).toEqual(noted)
    expect(settled).toBeDefined()
    expect(await here.ports.pending.get(pendingName(PUBLISHER, 'edge'))).toBeUndefined()
  })

  it('does the same with what was found published and then dropped', async () => {
    const here = alive()
    here.stop()
    const { steps } = await publish(here.ports, [draft('edge', { published: undefined })], { now: 1_750_000_000 })
    const [step] = steps
    let isTaken = false
    const ports = withRegistry(here, {
      async block(at, options) {
        const block = await here.account.block(at, options)
        if (at === 'finalized' && !isTaken) queueMicrotask(() => here.start())
        return block
      }
    })
    const done = publish(ports, [draft('edge', { published: undefined })], {
      ...FINAL,
      now: 1_760_000_000,
      onProgress(event) {
        if (event.type !== 'planned' || isTaken) return
        isTaken = true
        here.chain.reorg(1)
      }
    })
    expect((await done).steps[0]!.named.cid).toEqual(step!.named.cid)
    expect(await recordAt(here, step!.named.cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
  })

  it('gives up with what it knows when the time is over', async () => {
    const here = world({ lag: LAG })
    const failed = publish(here.ports, [draft('edge')], { ...FINAL, waitTimeout: 30 })
    await expect(failed).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      message: expect.stringContaining('it is in block 1, and not final after'),
      hint: expect.stringContaining('goes on waiting'),
      details: { wanted: 'final', reason: 'timed out', block: { number: '1' }, transaction: expect.any(String) }
    })
    const again = publish(here.ports, [draft('edge')], { ...FINAL, waitTimeout: 30 })
    await expect(again).rejects.toMatchObject({ details: { reason: 'timed out' } })
  })

  it('does not wait for a dev chain that makes no blocks by itself', { timeout: 15_000 }, async () => {
    const here = world({ lag: LAG })
    const failed = publish(here.ports, [draft('edge')], FINAL)
    await expect(failed).rejects.toMatchObject({ code: 'NOT_SETTLED', details: { reason: 'no new blocks' } })
  })

  it('sends nothing through a node that does not tell what is final', async () => {
    const here = world({ lag: LAG })
    const ports = withRegistry(here, {
      async block(at, options) {
        if (at !== 'finalized') return await here.account.block(at, options)
        throw new ArchiveError('REGISTRY_UNAVAILABLE', 'bad tag', { registry: ADDRESS, reason: 'no answer' })
      }
    })
    await expect(publish(ports, [draft('edge')], FINAL)).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      details: { reason: 'no tag' }
    })
    expect((await here.account.block('latest')).number).toBe(0n)
    expect(await here.blocks.get((await publish(here.ports, [draft('edge')])).steps[0]!.named.cid)).toBeDefined()
  })

  it('survives a node that is silent for a while', async () => {
    const here = alive()
    let silent = 3
    const ports = withRegistry(here, {
      async block(at, options) {
        if (at === 'finalized' && silent < 3 && silent-- > 0) {
          throw new ArchiveError('REGISTRY_UNAVAILABLE', 'away', { registry: ADDRESS, reason: 'no answer' })
        }
        return await here.account.block(at, options)
      },
      async send(calls, options) {
        silent = 2
        return await here.account.send(calls, options)
      }
    })
    expect(await publish(ports, [draft('edge')], FINAL)).toMatchObject({ settled: { finality: 'final' } })
    expect(silent).toBeLessThanOrEqual(0)
  })

  it('ends with the reason of the signal, and leaves what was recorded', async () => {
    const here = world({ lag: LAG })
    const controller = new AbortController()
    const failed = publish(here.ports, [draft('edge')], {
      ...FINAL,
      signal: controller.signal,
      onProgress: ({ type }) => {
        if (type === 'recorded') setTimeout(() => controller.abort(), 20)
      }
    })
    await expect(failed).rejects.toMatchObject({ name: 'AbortError' })
    expect(await publish(here.ports, [draft('edge')])).toMatchObject({ steps: [{ status: 'unchanged' }] })
  })

  it('is content with less where safe is asked for', async () => {
    const here = alive()
    const done = await publish(here.ports, [draft('edge')], { wait: 'safe' })
    expect(done.settled).toMatchObject({ finality: 'safe' })
  })
})

describe('the other verbs until final', () => {
  it('publish an edition and its members again', async () => {
    const here = alive()
    const edition = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' } as const
    const onProgress = takingBack(here, 1)
    const done = await publishEdition(here.ports, edition, [draft('edge'), draft('rust')], { ...FINAL, onProgress })
    const { cid } = done.edition.named
    const at = await here.account.block('finalized')
    expect(await here.account.head(ADDRESS, refOf('first'), at)).toBe(toBytes32(cid))
    expect(await here.account.head(ADDRESS, refOf('edge'), at)).toBe(toBytes32(done.steps[0]!.named.cid))
    expect(done).toMatchObject({ edition: { status: 'new' }, steps: [{ status: 'new' }, { status: 'new' }] })
    const again = await publishEdition(here.ports, edition, [draft('edge'), draft('rust')], FINAL)
    expect(again).toMatchObject({ receipts: [], settled: { finality: 'final' } })
  })

  it('retract again, with the same notice', async () => {
    const here = alive()
    const { steps } = await publish(here.ports, [draft('edge')], FINAL)
    const { named } = steps[0]!
    const onProgress = takingBack(here, 1)
    const done = await retract(here.ports, named, { ...FINAL, note: 'Wrong.', onProgress })
    expect(done).toMatchObject({ status: 'retracted', settled: { finality: 'final' } })
    const at = await here.account.block('finalized')
    expect((await here.account.keyed(ADDRESS, leafOf(toBytes32(named.cid)), at)).retractedAt).not.toBe(0)
    expect(await here.account.notice(ADDRESS, toBytes32(named.cid), at)).toBe(toBytes32(done.notice!))
    expect(await retract(here.ports, named, FINAL)).toMatchObject({
      status: 'unchanged',
      settled: { finality: 'final' }
    })
  })

  it('do not retract, instead of a document, the right to publish it again', async () => {
    const here = alive()
    here.stop()
    const { steps } = await publish(here.ports, [draft('edge')])
    const { named } = steps[0]!
    const take = takingBack(here, 2)
    const failed = retract(here.ports, named, { ...FINAL, onProgress: take })
    await expect(failed).rejects.toMatchObject({ code: 'NOT_SETTLED', details: { reason: 'gone' } })
    here.start()
    expect(await publish(here.ports, [draft('edge')], FINAL)).toMatchObject({ settled: { finality: 'final' } })
  })

  it.each(['included', 'safe'] as const)(
    'do not have a slug name a document that left the chain in the meantime, %s',
    async (wait) => {
      const here = alive()
      here.stop()
      const { steps } = await publish(here.ports, [draft('edge')])
      // Before anything is looked up, or between looking whether it is recorded and what its slug names.
      let looks = wait === 'included' ? 0 : 2
      const registry: World['account'] = {
        ...here.account,
        async block(at, options) {
          if (at === 'latest' && looks-- === 0) here.chain.reorg(1)
          return await here.account.block(at, options)
        }
      }
      const failed = point({ ...here.ports, registry }, steps[0]!.named, { wait })
      await expect(failed).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await here.account.head(ADDRESS, refOf('edge'), await here.account.block('latest'))).toBeUndefined()
    }
  )

  it('never call final what is named and not recorded, and record it', async () => {
    const here = alive()
    const first = (await publish(here.ports, [draft('edge')], FINAL)).steps[0]!.named
    let isBare = true
    // As a reorganisation leaves it that takes the record of what a ref was moved back to, and mines the move again.
    const send: RegistryWriter['send'] = async (calls, options) => {
      const bare = calls.map((call): RegistryCall => {
        if (!isBare || call.verb !== 'publish') return call
        const { publisher, ref, digest, parent } = call
        return { verb: 'point', publisher, ref, digest, parent }
      })
      isBare = false
      return await here.account.send(bare, options)
    }
    const done = await publish(withRegistry(here, { send }), [draft('edge', { title: 'Edge, again' })], FINAL)
    const { cid } = done.steps[0]!.named
    expect([done.steps[0]!.named.document.version, done.settled?.finality]).toEqual([2, 'final'])
    expect(done.steps[0]!.named.document.previous).toBe(String(first.cid))
    expect(await recordAt(here, cid, 'finalized')).not.toMatchObject({ publishedAt: 0 })
  })

  it('record what is named only when it is published, as it is', async () => {
    const here = world()
    const { named } = (await publish(here.ports, [draft('edge')], { dryRun: true })).steps[0]!
    await here.blocks.pin([await toBlock(named.document as unknown as Json)])
    const call = { publisher: ADDRESS, ref: refOf('edge'), digest: toBytes32(named.cid), parent: NONE }
    await here.account.send([{ verb: 'point', ...call }])
    const { steps } = await publish(here.ports, [draft('edge')])
    expect(steps).toMatchObject([{ status: 'new', named: { cid: named.cid } }])
    expect(await recordAt(here, named.cid, 'latest')).not.toMatchObject({ publishedAt: 0 })
    expect((await publish(here.ports, [draft('edge')])).steps).toMatchObject([{ status: 'unchanged' }])
  })

  it('point again, and set an editor again', async () => {
    const here = alive()
    const one = await publish(here.ports, [draft('edge', { title: 'One' })], FINAL)
    await publish(here.ports, [draft('edge', { title: 'Two' })], FINAL)
    let left = 2
    const registry: World['account'] = {
      ...here.account,
      async send(calls, options) {
        const receipt = await here.account.send(calls, options)
        if (left-- > 0) here.chain.reorg(1)
        return receipt
      }
    }
    const moved = await point({ ...here.ports, registry }, one.steps[0]!.named, FINAL)
    expect(moved).toMatchObject({ status: 'moved', settled: { finality: 'final' } })
    const at = await here.account.block('finalized')
    expect(await here.account.head(ADDRESS, refOf('edge'), at)).toBe(toBytes32(one.steps[0]!.named.cid))
    left = 2
    const until = 4_000_000_000n
    const delegation = createDelegation({ ...here.ports, registry })
    expect(await delegation.addEditor(STRANGER, until, FINAL)).toMatchObject({ status: 'set', before: 0n, until })
    expect(await here.account.editorUntil(ADDRESS, STRANGER, await here.account.block('finalized'))).toBe(until)
    expect(await delegation.addEditor(STRANGER, until, FINAL)).toMatchObject({
      status: 'unchanged',
      settled: { finality: 'final' }
    })
  })
})
