import { beforeAll, describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import type { BlockSource } from '../../src/block/source.ts'
import type { Json } from '../../src/document/canonical.ts'
import { ArchiveError } from '../../src/errors.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { reportJson } from '../../src/verdict/report.ts'
import { verify } from '../../src/verdict/verify.ts'
import { type OneOfMany, type VerifyAdvance, verifyAll } from '../../src/verdict/verify-all.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { draft, NOW, PUBLISHER, STRANGER, type World, world } from '../world.ts'

const OTHER = PUBLISHER.replace(/0x.*/, STRANGER) as typeof PUBLISHER

/** A world with a document of every kind, and who is asked about them. */
async function everything(options: Parameters<typeof world>[0] = {}): Promise<{
  readonly here: World
  readonly subjects: readonly OneOfMany[]
}> {
  const here = world(options)
  const named = async (slug: string) => (await publish(here.ports, [draft(slug)])).steps[0]!.named
  const alone = [await named('edge'), await named('wasm'), await named('rust')]
  const second = (await publish(here.ports, [draft('wasm', { title: 'About wasm again' })])).steps[0]!.named
  const listed = await publishEdition(
    here.ports,
    { type: 'edition', slug: 'first', title: 'The first', summary: 'All.' },
    [draft('queue'), draft('cache'), draft('proof')]
  )
  const { notice } = await retract(here.ports, alone[2]!, { reason: 'error', note: 'The figures were wrong.' })
  const strangers = (await publish(here.as(STRANGER), [draft('strange')])).steps[0]!.named
  const unrecorded = await toBlock({ ...alone[0]!.document, slug: 'never', title: 'Never recorded' } as unknown as Json)
  const elsewhere = await toBlock({
    ...alone[0]!.document,
    publisher: PUBLISHER.replace('31337', '1'),
    slug: 'far'
  } as unknown as Json)
  const missing = await toBlock({ ...alone[0]!.document, slug: 'missing' } as unknown as Json)
  const noDocument = await toBlock({ a: 1 })
  await here.blocks.pin([unrecorded, elsewhere, noDocument])
  const recorded = [...alone, second, listed.edition.named, ...listed.steps.map((step) => step.named), strangers]
  const subjects = [
    ...recorded.map(({ cid }) => ({ cid })),
    { cid: notice! },
    ...[unrecorded, elsewhere, missing, noDocument].map(({ cid }) => ({ cid })),
    { cid: alone[0]!.cid },
    { cid: alone[0]!.cid, bytes: missing.bytes },
    { cid: missing.cid, bytes: missing.bytes }
  ]
  return { here, subjects }
}

/** A registry that counts what it is asked. */
function counting(registry: Registry): { readonly registry: Registry; readonly asked: Map<string, number> } {
  const asked = new Map<string, number>()
  const counted = Object.entries(registry).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member]
    const ask = (...args: readonly unknown[]): unknown => {
      asked.set(name, (asked.get(name) ?? 0) + 1)
      return (member as (...args: readonly unknown[]) => unknown)(...args)
    }
    return [name, ask]
  })
  return { registry: Object.fromEntries(counted) as Registry, asked }
}

const CASES: readonly (readonly [string, { readonly lag?: number }, Policy])[] = [
  ['where the newest block is judged', {}, {}],
  ['where an older block is judged', { lag: 3 }, { finality: 'final' }]
]

describe.each(CASES)('many documents, %s', (_, options, policy) => {
  let here: World
  let subjects: readonly OneOfMany[]
  beforeAll(async () => {
    const made = await everything(options)
    here = made.here
    subjects = made.subjects
  })

  it('get the verdict that each gets alone, in their order', async () => {
    const set = { now: NOW, policy }
    const together = await verifyAll(here.reading, subjects, set)
    const alone = await Promise.all(subjects.map((subject) => verify(here.reading, subject, set)))
    expect(together.map(reportJson)).toEqual(alone.map(reportJson))
    expect(together).toEqual(alone)
    expect(new Set(together.map(({ status }) => status)).size).toBe(3)
  })

  it('are one survey a publisher and block, and one question for the block in the end', async () => {
    const { registry, asked } = counting(here.account)
    await verifyAll({ ...here.reading, registries: [registry] }, subjects, { policy })
    const blocks = policy.finality === undefined ? 1 : 2
    expect(asked.get('survey')).toBe(2 * blocks)
    expect(asked.get('block')).toBe(blocks + 1)
    // What the documents of one edition share is read once.
    expect(asked.get('keyed')).toBe(1)
  })
})

describe('many documents', () => {
  it('are none without any, and ask nobody', async () => {
    const here = world()
    const { registry, asked } = counting(here.account)
    expect(await verifyAll({ ...here.reading, registries: [registry] }, [])).toEqual([])
    expect(asked.size).toBe(0)
  })

  it('are all inconclusive where the block left the chain while they were read', async () => {
    const { here, subjects } = await everything()
    let isOver = false
    const registry: Registry = {
      ...here.account,
      survey: async (...args) => {
        const answers = await here.account.survey(...args)
        if (!isOver) {
          isOver = true
          here.chain.reorg(1)
        }
        return answers
      }
    }
    const verdicts = await verifyAll({ ...here.reading, registries: [registry] }, subjects.slice(0, 2))
    expect(verdicts.map(({ status }) => status)).toEqual(['inconclusive', 'inconclusive'])
  })

  it('are verified by no word of a block that is not canonical in the end', async () => {
    const { here, subjects } = await everything()
    for (const isCanonical of [
      async () => false,
      async () => {
        throw new ArchiveError('REGISTRY_UNAVAILABLE', 'gone', { registry: here.account.address, reason: 'no answer' })
      },
      () => {
        throw new Error('broken')
      }
    ]) {
      const registry: Registry = { ...here.account, isCanonical }
      const verdicts = await verifyAll({ ...here.reading, registries: [registry] }, subjects.slice(0, 2))
      expect(verdicts.map(({ status }) => status)).toEqual(['inconclusive', 'inconclusive'])
      expect(await verify({ ...here.reading, registries: [registry] }, subjects[0]!)).toMatchObject({
        status: 'inconclusive'
      })
    }
  })

  it('are not kept waiting by one whose bytes never come, nor by a chain that never answers', async () => {
    const { here, subjects } = await everything()
    const slow = subjects[1]!.cid
    const silent: BlockSource = {
      name: 'silent',
      get: async (cid, options) =>
        cid.equals(slow) ? await new Promise(() => {}) : await here.blocks.get(cid, options)
    }
    const some = subjects.slice(0, 2)
    const verdicts = await verifyAll({ ...here.reading, sources: [silent] }, some, { timeout: 100 })
    expect(verdicts.map(({ status }) => status)).toEqual(['verified', 'inconclusive'])
    const hung: Registry = { ...here.account, survey: () => new Promise(() => {}) }
    const waiting = await verifyAll({ ...here.reading, registries: [hung] }, some, { timeout: 100 })
    expect(waiting.map(({ status }) => status)).toEqual(['inconclusive', 'inconclusive'])
    const open: Registry = { ...here.account, block: () => new Promise(() => {}) }
    const closed = await verifyAll({ ...here.reading, registries: [open] }, some, { timeout: 100 })
    expect(closed.map(({ status }) => status)).toEqual(['inconclusive', 'inconclusive'])
  })

  it('end as soon as they are told to', async () => {
    const { here, subjects } = await everything()
    const hung: Registry = { ...here.account, survey: () => new Promise(() => {}) }
    const stop = new AbortController()
    const work = verifyAll({ ...here.reading, registries: [hung] }, subjects, { signal: stop.signal })
    setTimeout(() => stop.abort('stop'), 20)
    await expect(work).rejects.toBe('stop')
    await expect(verifyAll(here.reading, subjects, { signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
  })

  it('are worked on so many at once, and say how far they are', async () => {
    const { here, subjects } = await everything()
    let now = 0
    let most = 0
    const counted: BlockSource = {
      name: 'counted',
      async get(cid, options) {
        now += 1
        most = Math.max(most, now)
        await new Promise((resolve) => setTimeout(resolve, 1))
        now -= 1
        return await here.blocks.get(cid, options)
      }
    }
    const told: VerifyAdvance[] = []
    await verifyAll({ ...here.reading, sources: [counted] }, subjects, {
      lanes: 3,
      onProgress: (event) => told.push(event)
    })
    expect(most).toBe(3)
    const total = subjects.length
    for (const part of ['bytes', 'chain'] as const) {
      const steps = told.filter((event) => event.part === part)
      expect(steps.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1))
      expect(steps.every((event) => event.total === total && event.unit === 'documents')).toBe(true)
    }
  })

  it('may each have a publisher that it has to be of', async () => {
    const { here, subjects } = await everything()
    const cid: TrendCid = subjects[0]!.cid
    const verdicts = await verifyAll(here.reading, [
      { cid, publishers: [PUBLISHER] },
      { cid, publishers: [OTHER] },
      { cid }
    ])
    expect(verdicts.map(({ status }) => status)).toEqual(['verified', 'refuted', 'verified'])
  })

  it('teach what each of them teaches', async () => {
    const { here, subjects } = await everything({ lag: 3 })
    const policy = { finality: 'final' } as const
    const [together, alone] = [memoryWatermarks(), memoryWatermarks()]
    await verifyAll({ ...here.reading, watermarks: together }, subjects, { policy, now: NOW })
    for (const subject of subjects) await verify({ ...here.reading, watermarks: alone }, subject, { policy, now: NOW })
    expect(await together.recall(PUBLISHER)).toEqual(await alone.recall(PUBLISHER))
    expect(await together.recall(PUBLISHER)).toBeDefined()
  })
})
