import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publish } from '../../src/archive/publish.ts'
import { parseJson } from '../../src/document/json.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { Evidence } from '../../src/verdict/evidence.ts'
import { judge } from '../../src/verdict/judge.ts'
import { loosenedBy, type Policy, parsePolicy, standingsOf } from '../../src/verdict/policy.ts'
import { policySchema } from '../../src/verdict/policy-schema.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { gather, verify } from '../../src/verdict/verify.ts'
import { draft, NOW, PUBLISHER, world } from '../world.ts'

it('reads a policy with every setting', () => {
  const common = {
    publishers: [PUBLISHER],
    requireRecord: true,
    finality: 'final',
    maxAge: 60,
    trust: ['quorum', 'light client'],
    readers: 2,
    tier: 'recorded'
  }
  const listed = { ...common, standings: ['current'] }
  const worded = { ...common, requireCurrent: false, allowSuperseded: false, allowRetracted: true, maxAge: null }
  for (const policy of [listed, worded]) expect(parsePolicy(policy)).toEqual(policy)
  expect(parsePolicy({})).toEqual({})
})

it('reads a did:pkh as the account it names', () => {
  const did = `did:pkh:${PUBLISHER.replace('f39fd6', 'F39fD6')}`
  expect(parsePolicy({ publishers: [did, PUBLISHER], maxAge: 1 })).toEqual({
    publishers: [PUBLISHER, PUBLISHER],
    maxAge: 1
  })
})

it.each([
  [null, 'policy'],
  [[], 'policy'],
  ['x', 'policy'],
  [{ publishers: PUBLISHER }, 'policy.publishers'],
  [{ publishers: ['0x12'] }, 'policy.publishers'],
  [{ publishers: [PUBLISHER.toUpperCase()] }, 'policy.publishers'],
  [{ publishers: [[PUBLISHER]] }, 'policy.publishers'],
  [{ publishers: [`did:pkh:${PUBLISHER}#key`] }, 'policy.publishers'],
  [{ standings: ['good'] }, 'policy.standings'],
  [{ requireRecord: 1 }, 'policy.requireRecord'],
  [{ finality: 'finalized' }, 'policy.finality'],
  [{ maxAge: -1 }, 'policy.maxAge'],
  [{ maxAge: '60' }, 'policy.maxAge'],
  [{ trust: 'quorum' }, 'policy.trust'],
  [{ trust: [] }, 'policy.trust'],
  [{ trust: ['majority'] }, 'policy.trust'],
  [{ readers: 0 }, 'policy.readers'],
  [{ readers: 1.5 }, 'policy.readers'],
  [{ tier: 'pointed' }, 'policy.tier'],
  [{ requireCurrent: 'yes' }, 'policy.requireCurrent'],
  [{ standings: ['current'], allowRetracted: false }, 'policy.allowRetracted'],
  [{ requireCurrent: true, allowSuperseded: true }, 'policy.allowSuperseded'],
  [{ requireCurrent: true, allowRetracted: true }, 'policy.allowRetracted'],
  [{ sources: 2 }, 'policy.sources'],
  [{ publisher: [] }, 'policy.publisher'],
  [JSON.parse('{"__proto__": []}'), 'policy.__proto__'],
  [{ constructor: 1 }, 'policy.constructor']
])('refuses %j, naming the setting', (value, option) => {
  expect(() => parsePolicy(value)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ option }) })
  )
})

describe('the schema of a policy', () => {
  const fits = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
    policySchema() as object
  )
  const odd = fc.constantFrom<unknown>(null, true, 1, -1, 1.5, 'final', 'x', [], {}, ['current'], [1])
  const setting = <Value>(sound: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 6, arbitrary: sound }, { weight: 1, arbitrary: odd })
  const settings: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    publishers: setting(fc.array(fc.constantFrom(PUBLISHER, PUBLISHER.toUpperCase()), { maxLength: 2 })),
    standings: setting(fc.subarray(['current', 'superseded', 'retracted', 'unnamed'])),
    requireCurrent: setting(fc.boolean()),
    allowSuperseded: setting(fc.boolean()),
    allowRetracted: setting(fc.boolean()),
    requireRecord: setting(fc.boolean()),
    finality: setting(fc.constantFrom('final', 'safe', 'unsafe', 'finalized')),
    maxAge: setting(fc.constantFrom(0, 0.5, 60, 1e300, null)),
    trust: setting(fc.subarray(['rpc', 'quorum', 'state proof', 'light client'])),
    readers: setting(fc.constantFrom(1, 2, 2 ** 53, 1e300)),
    tier: setting(fc.constantFrom('recorded', 'signed')),
    sources: fc.constant(1)
  }
  const one = fc.constantFrom(...Object.keys(settings)).chain((name) => fc.tuple(fc.constant(name), settings[name]!))
  const policy = fc.array(one, { maxLength: 4 }).map((entries) => Object.fromEntries(entries))

  it('takes what the reader of a policy takes, and nothing else', () => {
    let taken = 0
    const property = fc.property(policy, (value) => {
      const isTaken = (() => {
        try {
          parsePolicy(value)
          return true
        } catch {
          return false
        }
      })()
      if (isTaken) taken++
      expect(fits(value)).toBe(isTaken)
    })
    fc.assert(property, { numRuns: 3000 })
    expect(taken).toBeGreaterThan(100)
  })

  it('is the one that is published', () => {
    const script = fileURLToPath(new URL('../../scripts/schema.ts', import.meta.url))
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow()
  })
})

describe('the words for standings', () => {
  it.each<[Policy, readonly string[]]>([
    [{}, ['current', 'superseded', 'unnamed']],
    [{ requireCurrent: true }, ['current']],
    [{ allowSuperseded: false }, ['current', 'unnamed']],
    [{ allowRetracted: true }, ['current', 'superseded', 'unnamed', 'retracted']],
    [{ requireCurrent: false, allowSuperseded: true, allowRetracted: false }, ['current', 'superseded', 'unnamed']],
    [{ standings: ['retracted'] }, ['retracted']]
  ])('%j means %j', (policy, standings) => {
    expect(standingsOf(policy)).toEqual(standings)
  })
})

describe('a verdict', () => {
  const evidenceOf = async (change: Partial<Registry> = {}, lag = 0): Promise<Evidence> => {
    const here = world({ lag })
    const [step] = (await publish(here.ports, [draft('edge')])).steps
    here.chain.mine(lag)
    const registries = [{ ...here.account, ...change }]
    return await gather({ ...here.reading, registries }, step!.named, { now: NOW + 60 })
  }
  const onMain = (evidence: Evidence, more: object = {}): Evidence =>
    ({ ...evidence, chain: { ...evidence.chain, test: false, ...more } }) as Evidence
  const found = (evidence: Evidence, policy: Policy = {}) => {
    const { status, checks, loosened } = judge(evidence, policy)
    const failing = checks.filter(({ outcome }) => outcome !== 'pass').map(({ name }) => name)
    return [status, failing, loosened]
  }

  it('asks by default for a block of the last hour, but not on a test network nor of a block that was given', async () => {
    const young = await evidenceOf()
    const old = { ...young, now: NOW + 3_700 }
    expect(found(onMain(young))).toEqual(['verified', [], []])
    expect(found(onMain(old))).toEqual(['inconclusive', ['freshness'], []])
    expect(found(old)).toEqual(['verified', [], []])
    expect(found(onMain(old, { test: undefined }))).toEqual(['inconclusive', ['freshness'], []])
    expect(found(onMain(old, { given: true }))).toEqual(['verified', [], []])
    expect(found(onMain(old), { maxAge: null })).toEqual(['verified', [], ['maxAge: any']])
    expect(found(onMain(old), { maxAge: 7_200 })).toEqual(['verified', [], ['maxAge: 7200']])
    expect(found(old, { maxAge: 60 })).toEqual(['inconclusive', ['freshness'], []])
  })

  it('cannot tell the age of a block from the future', async () => {
    const evidence = await evidenceOf()
    expect(found(onMain({ ...evidence, now: NOW - 1_000 }))).toEqual(['inconclusive', ['freshness'], []])
    expect(found(onMain({ ...evidence, now: NOW - 800 }))).toEqual(['verified', [], []])
    expect(found({ ...evidence, now: NOW - 1_000 })).toEqual(['verified', [], []])
  })

  it('asks by default for what the address book asks for', async () => {
    const evidence = await evidenceOf()
    expect(found(onMain(evidence, { usual: 'final' }))).toEqual(['inconclusive', ['finality'], []])
    expect(found(onMain(evidence, { usual: 'final' }), { finality: 'unsafe' })).toEqual([
      'verified',
      [],
      ['finality: unsafe']
    ])
  })

  it('is inconclusive where the chain was read otherwise than the policy asks', async () => {
    const one = await evidenceOf()
    const quorum = await evidenceOf({ mode: 'quorum', readers: 2 })
    expect(found(one, { trust: ['quorum', 'light client'] })).toEqual(['inconclusive', ['trust'], []])
    expect(found(quorum, { trust: ['quorum', 'light client'] })).toEqual(['verified', [], []])
    expect(found(one, { readers: 2 })).toEqual(['inconclusive', ['trust'], []])
    expect(found(quorum, { readers: 2 })).toEqual(['verified', [], []])
    expect(found(quorum, { readers: 3 })).toEqual(['inconclusive', ['trust'], []])
    expect(found(onMain(one, { mode: 'light client', readers: undefined }), { readers: 3 })[0]).toBe('verified')
    expect(found(onMain(one, { mode: 'state proof' }), { readers: 2 })[0]).toBe('inconclusive')
    expect(found(onMain(one, { mode: 'state proof', given: true }), { readers: 2 })[0]).toBe('verified')
    const { checks } = judge(one, { readers: 1 })
    expect(checks.at(-1)).toEqual({ name: 'trust', outcome: 'pass', detail: 'read by rpc', trusted: 'memory' })
    const silent = { ...one, chain: { chain: 'eip155:31337', silent: 'no answer' } } as const
    expect(judge(silent, { readers: 1 }).checks.at(-1)).toMatchObject({ name: 'trust', outcome: 'unknown' })
  })

  it('names where the policy was loosened', async () => {
    const policy: Policy = {
      allowRetracted: true,
      requireRecord: false,
      finality: 'safe',
      maxAge: null,
      tier: 'signed'
    }
    expect(loosenedBy(policy, false)).toEqual([
      'standings: retracted',
      'requireRecord: false',
      'finality: safe',
      'maxAge: any',
      'tier: signed'
    ])
    expect(loosenedBy({ finality: 'unsafe', maxAge: null }, true)).toEqual([])
    expect(loosenedBy({ finality: 'final', maxAge: 3_600, requireCurrent: true }, false)).toEqual([])
    const verdict = judge(await evidenceOf(), { requireRecord: false })
    expect(reportText(verdict)).toContain('  loosened  requireRecord: false')
    expect(reportJson(verdict)).toMatchObject({ loosened: ['requireRecord: false'] })
  })

  it('is what the guide to policies shows', async () => {
    const guide = readFileSync(new URL('../../docs/POLICY.md', import.meta.url), 'utf8')
    const shown = [...guide.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, text]) => parseJson(text!))
    expect(shown.length).toBeGreaterThan(1)
    for (const policy of shown) expect(parsePolicy(policy)).toEqual(policy)
    for (const name of Object.keys(Object(policySchema()).properties)) expect(guide).toContain(`\`${name}\``)
  })

  it('names the question, and who said what, where readers disagree', async () => {
    const here = world()
    const [step] = (await publish(here.ports, [draft('edge')])).steps
    const { quorumRegistry } = await import('../../src/registry/quorum.ts')
    const lying: Registry = {
      ...here.account,
      trust: 'rpc:b.example',
      head: async () => undefined,
      survey: async (...asked) => (await here.account.survey(...asked)).map((one) => ({ ...one, head: undefined }))
    }
    const registry = quorumRegistry(
      [{ ...here.account, trust: 'rpc:a.example' }, lying, { ...here.account, trust: 'rpc:c.example' }],
      { agree: 2 }
    )
    const verdict = await verify({ ...here.reading, registries: [registry] }, step!.named)
    expect(verdict).toMatchObject({ status: 'inconclusive', standing: undefined })
    expect(verdict.disagreement?.question).toContain('what is named beside 0x')
    expect(verdict.disagreement?.answers.map(({ reader }) => reader)).toEqual(['a.example', 'b.example', 'c.example'])
    expect(reportText(verdict)).toContain('    b.example: nothing')
    expect(reportJson(verdict)).toHaveProperty('disagreement')
  })
})
