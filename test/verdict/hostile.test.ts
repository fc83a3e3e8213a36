import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { publish } from '../../src/archive/publish.ts'
import type { Block } from '../../src/block/block.ts'
import { type Bytes32, cidOf, type TrendCid } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import type { ChainBlock, Registry, RegistryRecord, Survey } from '../../src/registry/registry.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks } from '../../src/verdict/watermarks.ts'
import { draft, type World, world } from '../world.ts'

const STATUSES = ['verified', 'refuted', 'inconclusive']

const hex = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg'), minLength: min, maxLength: max })
const word = fc.oneof(
  hex(64, 64).map((digits): Bytes32 => `0x${digits}`),
  hex(0, 70).map((digits): Bytes32 => `0x${digits}`),
  fc.constant<Bytes32>(`0x${'0'.repeat(64)}`)
)
const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.double(),
  fc.constantFrom(0, -1, 1.5, 2 ** 40, 2 ** 53, 1e300, Number.NaN, Infinity)
)
const record: fc.Arbitrary<RegistryRecord> = fc.record({
  publishedAt: time,
  retractedAt: time,
  editor: hex(0, 44).map((digits): Address => `0x${digits}`)
})
const survey: fc.Arbitrary<Survey> = fc.record({
  record,
  head: fc.option(word, { nil: undefined }),
  notice: fc.option(word, { nil: undefined })
})
const block: fc.Arbitrary<ChainBlock> = fc.record({
  number: fc.oneof(fc.bigInt(), fc.constantFrom(0n, -1n, 2n ** 64n)),
  hash: word,
  timestamp: time,
  finality: fc.constantFrom('final', 'safe', 'unsafe')
})

/** A registry whose answers are lies of the right type, or the truth, one call at a time. */
function lying(truth: Registry, lies: fc.GeneratorValue): Registry {
  const lie = <Value>(arbitrary: () => fc.Arbitrary<Value>, honest: () => Promise<Value>): Promise<Value> =>
    lies(fc.integer, { min: 0, max: 2 }) === 0 ? honest() : Promise.resolve(lies(arbitrary))
  return {
    ...truth,
    block: (...args) =>
      lie(
        () => block,
        () => truth.block(...args)
      ),
    record: (...args) =>
      lie(
        () => record,
        () => truth.record(...args)
      ),
    keyed: (...args) =>
      lie(
        () => record,
        () => truth.keyed(...args)
      ),
    head: (...args) =>
      lie(
        () => fc.option(word, { nil: undefined }),
        () => truth.head(...args)
      ),
    notice: (...args) =>
      lie(
        () => fc.option(word, { nil: undefined }),
        () => truth.notice(...args)
      ),
    survey: (publisher, questions, ...rest) =>
      lie(
        () => fc.array(survey, { minLength: questions.length, maxLength: questions.length }),
        () => truth.survey(publisher, questions, ...rest)
      ),
    editorUntil: (...args) =>
      lie(
        () => fc.bigInt(),
        () => truth.editorUntil(...args)
      )
  }
}

const policy: fc.Arbitrary<Policy> = fc.record(
  {
    standings: fc.subarray(['current', 'superseded', 'retracted', 'unnamed']),
    requireRecord: fc.boolean(),
    finality: fc.constantFrom('final', 'safe', 'unsafe'),
    maxAge: fc.constantFrom(1, 1e12)
  },
  { requiredKeys: [] }
)

let here: World
let subjects: readonly TrendCid[]

beforeAll(async () => {
  here = world()
  const { edition, steps } = await publishEdition(
    here.ports,
    { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' },
    [draft('edge'), draft('rust')],
    { refs: false }
  )
  const { steps: alone } = await publish(here.ports, [draft('wasm')])
  const { steps: again } = await publish(here.ports, [draft('wasm', { title: 'Again' })])
  subjects = [edition, ...steps, ...alone, ...again].map(({ named }) => named.cid)
})

const hold = (verdict: Verdict): void => {
  expect(STATUSES).toContain(verdict.status)
  expect(() => reportText(verdict)).not.toThrow()
  expect(() => JSON.stringify(reportJson(verdict))).not.toThrow()
}

describe('verify', () => {
  it('ends in a verdict whatever a registry answers, so long as it is of the right type', async () => {
    const property = fc.asyncProperty(fc.gen(), fc.nat(), policy, fc.array(word), async (lies, i, asked, proof) => {
      const registry = lying(here.account, lies)
      const ports = { ...here.reading, registries: [registry], watermarks: memoryWatermarks() }
      hold(await verify(ports, { cid: subjects[i % subjects.length]!, hints: { proof } }, { policy: asked }))
    })
    await fc.assert(property, { numRuns: 1500 })
  })

  it('ends in a verdict whatever a registry throws', async () => {
    const methods = ['block', 'record', 'keyed', 'head', 'notice'] as const
    for (const method of methods) {
      for (const reason of [new TypeError('x is not a function'), 'a text', undefined]) {
        const registry: Registry = { ...here.account, [method]: () => Promise.reject(reason) }
        for (const cid of subjects) {
          const verdict = await verify({ ...here.reading, registries: [registry] }, { cid })
          hold(verdict)
          expect(verdict.status).not.toBe('refuted')
        }
      }
    }
  })

  it('ends in a verdict whatever bytes a source sends', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text))
    )
    const property = fc.asyncProperty(bytes, fc.boolean(), async (sent, isHonest) => {
      const cid = isHonest ? await cidOf(sent) : subjects[0]!
      const source = { name: 'odd', get: async () => Uint8Array.from(sent) }
      const verdict = await verify({ ...here.reading, sources: [source] }, { cid })
      hold(verdict)
      expect(verdict.status).toBe(isHonest ? 'refuted' : 'inconclusive')
    })
    await fc.assert(property, { numRuns: 500 })
  })

  it('stops when told to, though the registry never answers', async () => {
    const stop = new AbortController()
    const deaf = (): Promise<never> => {
      stop.abort()
      return new Promise(() => {})
    }
    const registry: Registry = { ...here.account, block: deaf }
    const waiting = verify({ ...here.reading, registries: [registry] }, { cid: subjects[0]! }, { signal: stop.signal })
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('follows a lineage of thousands of versions so far and no further', async () => {
    const { MAX_HOPS } = await import('../../src/verdict/library.ts')
    const { complete } = await import('../../src/document/draft.ts')
    const { toBlock } = await import('../../src/block/block.ts')
    const { PUBLISHER } = await import('../world.ts')
    const long = world()
    const blocks: Block[] = []
    for (let version = 1; version <= MAX_HOPS + 500; version++) {
      const previous = blocks.at(-1) && String(blocks.at(-1)!.cid)
      const place = { publisher: PUBLISHER, version, previous, published: '2025-06-01T09:00:00Z' }
      blocks.push(await toBlock(complete(draft('edge', { published: undefined }), place)))
    }
    await long.blocks.pin(blocks)
    let reads = 0
    const counting = {
      name: 'counting',
      get: (cid: TrendCid) => {
        reads++
        return long.blocks.get(cid)
      }
    }
    const verdict = await verify({ ...long.reading, sources: [counting] }, { cid: blocks.at(-1)!.cid })
    expect(verdict.checks.find(({ name }) => name === 'lineage')).toMatchObject({ outcome: 'unknown' })
    expect(reads).toBeLessThanOrEqual(MAX_HOPS + 1)
  })
})
