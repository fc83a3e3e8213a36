import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { point } from '../../src/archive/point.ts'
import { publish } from '../../src/archive/publish.ts'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { ChainBlock, Registry } from '../../src/registry/registry.ts'
import { highestFor, type Lesson, learned, type Memory } from '../../src/verdict/memory.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { draft, NOW, PUBLISHER, type World, world } from '../world.ts'

const word = (digit: string): Bytes32 => `0x${digit.repeat(64)}`
const block = (number: bigint, more: Partial<ChainBlock> = {}): ChainBlock => ({
  number,
  hash: word('a'),
  timestamp: NOW - 100,
  finality: 'final',
  ...more
})
const lesson = (more: Partial<Lesson> = {}): Lesson => ({
  accepted: block(5n),
  slug: 'edge',
  named: 1,
  violation: undefined,
  trust: 'rpc:a',
  weight: 1,
  now: NOW,
  ...more
})
const POLICY = { finality: 'final' } as const

describe('what is remembered', () => {
  it('is the block of every weight, with none above it that had no more', () => {
    const strong = learned(undefined, lesson({ accepted: block(5n), weight: 2 }))
    const both = learned(strong, lesson({ accepted: block(7n) }))
    expect(both.marks.map(({ number, weight }) => [number, weight])).toEqual([
      [5n, 2],
      [7n, 1]
    ])
    expect([1, 2, 3].map((weight) => highestFor(both, weight))).toEqual([7n, 5n, undefined])
    expect(learned(both, lesson({ accepted: block(6n), weight: 2 })).marks).toMatchObject([{ number: 6n, weight: 2 }])
  })

  it('is no block from the future', () => {
    expect(learned(undefined, lesson({ accepted: block(5n, { timestamp: NOW + 901 }) })).marks).toEqual([])
    expect(learned(undefined, lesson({ accepted: block(5n, { timestamp: NOW + 899 }) })).marks).toHaveLength(1)
  })

  it('is the highest version that was named, until more readers say otherwise', () => {
    const versionOf = (memory: Memory) => memory.versions.get('edge')?.version
    const seen = learned(undefined, lesson({ named: 3 }))
    expect(versionOf(learned(seen, lesson({ named: 2 })))).toBe(3)
    expect(versionOf(learned(seen, lesson({ named: undefined })))).toBe(3)
    expect(versionOf(learned(seen, lesson({ named: 4 })))).toBe(4)
    expect(versionOf(learned(seen, lesson({ named: 2, weight: 2 })))).toBe(2)
    expect(versionOf(learned(seen, lesson({ named: 9, accepted: undefined })))).toBe(3)
  })

  it('keeps both blocks of a violation, once, and not for ever more of them', () => {
    const violation = (number: bigint) => ({
      number,
      remembered: { hash: word('a'), trust: 'rpc:a' },
      found: { hash: word('b'), trust: 'rpc:b' },
      noticed: NOW
    })
    let memory = learned(undefined, lesson())
    for (let i = 0; i < 40; i++) memory = learned(memory, lesson({ accepted: undefined, violation: violation(5n) }))
    expect(memory.violations).toEqual([violation(5n)])
    expect(memory.marks).toMatchObject([{ number: 5n, hash: word('a') }])
    for (let i = 0n; i < 40n; i++) memory = learned(memory, lesson({ accepted: undefined, violation: violation(i) }))
    expect(memory.violations).toHaveLength(16)
  })

  it('binds a reader by nothing that was learned from fewer, whatever was learned in whatever order', () => {
    const lessons = fc.array(
      fc.record({ number: fc.bigInt({ min: 0n, max: 20n }), weight: fc.integer({ min: 1, max: 4 }) }),
      { maxLength: 12 }
    )
    const property = fc.property(lessons, fc.integer({ min: 1, max: 4 }), (all, weight) => {
      let memory: Memory | undefined
      for (const one of all) {
        // What is below a block that binds is never accepted.
        const bound = memory && highestFor(memory, one.weight)
        if (bound !== undefined && bound > one.number) continue
        memory = learned(memory, lesson({ accepted: block(one.number), weight: one.weight }))
      }
      const bound = memory && highestFor(memory, weight)
      const learnedFrom = all.filter((one) => one.weight >= weight).map(({ number }) => number)
      if (bound !== undefined) expect(learnedFrom).toContain(bound)
      expect(memory?.marks ?? []).toEqual((memory?.marks ?? []).toSorted((a, b) => b.weight - a.weight))
    })
    fc.assert(property, { numRuns: 500 })
  })
})

/** A chain on which blocks become final, with one document on it, and a reader that remembers. */
async function remembering(): Promise<{
  readonly here: World
  readonly cid: Awaited<ReturnType<typeof publishOne>>
  readonly judge: (change?: Partial<Registry>, now?: number) => ReturnType<typeof verify>
  readonly watermarks: ReturnType<typeof memoryWatermarks>
  readonly calls: (bigint | string)[]
}> {
  const here = world({ lag: 1 })
  const cid = await publishOne(here)
  here.chain.mine(3)
  const watermarks = memoryWatermarks()
  const calls: (bigint | string)[] = []
  return {
    here,
    cid,
    watermarks,
    calls,
    judge: async (change = {}, now = NOW + 3_000) => {
      const registry: Registry = {
        ...here.account,
        block: (at, options) => {
          calls.push(at)
          return here.account.block(at, options)
        },
        ...change
      }
      return await verify({ ...here.reading, registries: [registry], watermarks }, { cid }, { policy: POLICY, now })
    }
  }
}

const publishOne = async (here: World, title = 'One') =>
  (await publish(here.ports, [draft('edge', { title })])).steps[0]!.named.cid

describe('a verdict that remembers', () => {
  it('asks for one block more, and for none where it stands where it stood', async () => {
    const { judge, calls, here } = await remembering()
    expect((await judge()).status).toBe('verified')
    const usual = calls.splice(0).length
    expect((await judge()).status).toBe('verified')
    expect(calls.splice(0)).toHaveLength(usual)
    here.chain.mine(1)
    expect((await judge()).status).toBe('verified')
    expect(calls).toHaveLength(usual + 1)
  })

  it('is inconclusive and loud where a final block was replaced, and keeps both', async () => {
    const { judge, here, watermarks } = await remembering()
    await judge()
    const before = (await watermarks.recall(PUBLISHER))!.marks[0]!
    here.chain.mine(2)
    here.chain.reorg(4)
    const verdict = await judge()
    expect(verdict).toMatchObject({ status: 'inconclusive', notes: ['FINALITY_VIOLATED'] })
    expect(verdict.warnings[0]).toMatch(/FINALITY VIOLATED/)
    expect(verdict.checks.find(({ name }) => name === 'finality')).toMatchObject({ outcome: 'fail' })
    const after = (await watermarks.recall(PUBLISHER))!
    const { hash } = await here.account.block(before.number)
    expect(after.marks).toEqual([before])
    expect(after.violations).toMatchObject([
      {
        number: before.number,
        remembered: { hash: before.hash },
        found: { hash, trust: 'memory' },
        noticed: NOW + 3_000
      }
    ])
    expect(reportText(verdict).join('\n')).toContain(before.hash)
    expect(JSON.stringify(reportJson(verdict))).toContain(before.hash)
    expect((await judge()).status).toBe('inconclusive')
    await watermarks.forget(PUBLISHER)
    expect((await judge()).status).toBe('verified')
  })

  it('is loud once, and goes on, where more readers than before say that a final block is another', async () => {
    const { judge, here, watermarks } = await remembering()
    await judge()
    here.chain.mine(2)
    here.chain.reorg(4)
    const quorum = { mode: 'quorum', readers: 2 } as const
    expect(await judge(quorum)).toMatchObject({ status: 'inconclusive', notes: ['FINALITY_VIOLATED'] })
    expect(await judge(quorum)).toMatchObject({ status: 'verified', notes: [] })
    expect((await watermarks.recall(PUBLISHER))!.violations).toHaveLength(1)
  })

  it('is not disturbed by a reader that does not tell what was final', async () => {
    const { judge, here } = await remembering()
    await judge()
    here.chain.mine(1)
    const asked: bigint[] = []
    const mute: Registry['block'] = async (at, options) => {
      if (typeof at === 'bigint') asked.push(at)
      if (asked.length === 1 && typeof at === 'bigint') throw new Error('busy')
      return await here.account.block(at, options)
    }
    expect((await judge({ block: mute })).status).toBe('verified')
  })

  it('tells that a higher version was named, and refuses nothing for that', async () => {
    const { judge, here } = await remembering()
    const first = await judge()
    const second = await publishOne(here, 'Two')
    here.chain.mine(1)
    expect(await judge()).toMatchObject({ status: 'verified', standing: 'superseded', notes: [] })
    await point(here.ports, { cid: first.cid, document: first.document! })
    here.chain.mine(1)
    const back = await judge()
    expect(back).toMatchObject({ status: 'verified', standing: 'current', notes: ['WENT_BACK'] })
    expect(back.recalled?.newer).toEqual({ seen: 2, named: 1 })
    expect(back.warnings).toContain('version 2 was named when it was last looked at, and now version 1 is')
    expect(String(second)).not.toBe(String(first.cid))
  })
})
