import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBytes32 } from '../../src/block/cid.ts'
import type { TrendDocument } from '../../src/document/document.ts'
import { complete } from '../../src/document/draft.ts'
import { ArchiveError } from '../../src/errors.ts'
import type { ChainEvidence, Evidence, Fallen, Findings, SignatureFound, Voucher } from '../../src/verdict/evidence.ts'
import { judge } from '../../src/verdict/judge.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { ADDRESS, draft, NOW, PUBLISHER } from '../world.ts'

const cidOf = (digit: string) => fromBytes32(`0x${digit.repeat(64)}`)
const CID = cidOf('a')
const OTHER = cidOf('b')
const DOCUMENT: TrendDocument = complete(draft('edge'), {
  publisher: PUBLISHER,
  version: 1,
  published: '2025-06-01T09:00:00Z'
})
const RECORD = { publishedAt: NOW - 100, retractedAt: 0, editor: ADDRESS }
const VIOLATION = {
  number: 6n,
  remembered: { hash: `0x${'d'.repeat(64)}`, trust: 'rpc:a' },
  found: { hash: undefined, trust: 'rpc:somebody' },
  noticed: NOW
} as const
const FLAW = new ArchiveError('INVALID_DOCUMENT', '$: broken', { path: '$', rule: 'broken', issues: [] })

const voucher = fc.record<Voucher>({
  how: fc.constantFrom('record', 'lineage', 'edition', 'proof'),
  root: fc.constantFrom(CID, OTHER),
  record: fc.option(fc.constant(RECORD), { nil: undefined })
})
const fallen = fc.record<Fallen>({
  how: fc.constantFrom('record', 'edition'),
  root: fc.constant(CID),
  record: fc.constant({ ...RECORD, retractedAt: NOW - 50 }),
  by: fc.constantFrom('retraction', 'disowning')
})
const findings = fc.record<Findings>({
  leafRetractedAt: fc.constantFrom(0, NOW - 10),
  vouchers: fc.array(voucher, { maxLength: 2 }),
  fallen: fc.array(fallen, { maxLength: 1 }),
  namer: fc.constantFrom(
    { by: 'ref', cid: CID },
    { by: 'edition', cid: OTHER },
    { by: 'nobody' },
    { by: 'unknown', why: '?' }
  ),
  notice: fc.constantFrom(undefined, { cid: OTHER, document: undefined }),
  notes: fc.subarray(['FORK', 'AHEAD', 'ROLLED_BACK', 'DISOWNED', 'FOREIGN_HEAD']),
  gaps: fc.constantFrom([], ['missing'])
})
const chain = fc.oneof(
  fc.constant<ChainEvidence>({ chain: 'eip155:31337', silent: 'no answer' }),
  fc.constant<ChainEvidence>({
    chain: 'eip155:31337',
    silent: 'they disagree',
    disagreement: {
      question: 'what',
      answers: [
        { reader: 'a', answer: 'this' },
        { reader: 'b', answer: 'that' }
      ]
    }
  }),
  fc.record<Extract<ChainEvidence, { block: unknown }>>({
    chain: fc.constant('eip155:31337'),
    registry: fc.constant(ADDRESS),
    trust: fc.constant('rpc:somebody'),
    test: fc.constantFrom(true, false, undefined),
    block: fc.record({
      number: fc.constant(7n),
      hash: fc.constant(`0x${'c'.repeat(64)}` as const),
      timestamp: fc.constant(NOW - 5),
      finality: fc.constantFrom('final', 'safe', 'unsafe')
    }),
    canonical: fc.boolean(),
    seenHigher: fc.constantFrom(undefined, 9n),
    mode: fc.constantFrom(undefined, 'rpc', 'quorum', 'state proof', 'light client'),
    readers: fc.constantFrom(undefined, 1, 2),
    usual: fc.constantFrom(undefined, 'final', 'unsafe'),
    given: fc.constantFrom(undefined, true),
    recalled: fc.constantFrom(
      undefined,
      { violation: undefined, newer: { seen: 3, named: 1 } },
      { violation: VIOLATION, newer: undefined }
    ),
    judged: findings,
    latest: fc.option(findings, { nil: undefined }),
    lineage: fc.constantFrom(
      { found: 'walked', versions: 1 },
      { found: 'gap', why: '?' },
      { found: 'broken', rule: '?' }
    )
  })
)
const evidence = fc.oneof(
  fc.record<Evidence>({
    cid: fc.constant(CID),
    bytes: fc.constant({ found: 'matching' }),
    reading: fc.constant({ document: DOCUMENT }),
    chain,
    now: fc.constant(NOW)
  }),
  fc.record<Evidence>({
    cid: fc.constant(CID),
    bytes: fc.constantFrom({ found: 'other' }, { found: 'none', why: 'nobody has them' }),
    reading: fc.constant(undefined),
    chain: fc.constant(undefined),
    now: fc.constant(NOW)
  }),
  fc.record<Evidence>({
    cid: fc.constant(CID),
    bytes: fc.constant({ found: 'matching' }),
    reading: fc.constantFrom({ flawed: 'canonical', flaw: FLAW }, { flawed: 'schema', flaw: FLAW }),
    chain: fc.constant(undefined),
    now: fc.constant(NOW)
  })
)
const signature = fc.record<SignatureFound>({
  outcome: fc.constantFrom('pass', 'fail', 'unknown'),
  detail: fc.constant('as somebody says'),
  trusted: fc.constantFrom('nobody', 'rpc:somebody')
})
const policy = fc.record<Policy>(
  {
    publishers: fc.constantFrom([PUBLISHER], [`eip155:1:${ADDRESS}`]),
    standings: fc.subarray(['current', 'superseded', 'retracted', 'unnamed']),
    requireRecord: fc.boolean(),
    finality: fc.constantFrom('final', 'safe', 'unsafe'),
    maxAge: fc.constantFrom(1, 1000, null),
    trust: fc.subarray(['rpc', 'quorum', 'state proof', 'light client'], { minLength: 1 }),
    readers: fc.constantFrom(1, 2, 3)
  },
  { requiredKeys: [] }
)

const everything = (holds: (found: Evidence, asked: Policy) => void): void => {
  const property = fc.property(evidence, policy, (found, asked) => {
    holds(found, asked)
  })
  fc.assert(property, { numRuns: 3000 })
}

describe('a verdict', () => {
  it('is the same for the same evidence and policy', () => {
    everything((found, asked) => expect(judge(found, asked)).toEqual(judge(found, asked)))
  })

  it('verifies only when every check but the lineage passed', () => {
    everything((found, asked) => {
      const { status, checks } = judge(found, asked)
      const passed = checks.every(({ name, outcome }) => name === 'lineage' || outcome === 'pass')
      expect(status === 'verified').toBe(passed)
    })
  })

  it('refutes only on something false, never on something missing', () => {
    everything((found, asked) => {
      const { status, checks } = judge(found, asked)
      const fatal = checks.filter(({ name }) => !['lineage', 'freshness', 'finality', 'trust'].includes(name))
      expect(status === 'refuted').toBe(fatal.some(({ outcome }) => outcome === 'fail'))
    })
  })

  it('never verifies a document that was taken back, unless the policy says so', () => {
    everything((found, asked) => {
      const { status, standing } = judge(found, asked)
      if (standing === 'retracted' && asked.standings?.includes('retracted') !== true)
        expect(status).not.toBe('verified')
    })
  })

  it('never verifies against a memory of other final blocks, nor where readers disagree, nor when read otherwise', () => {
    everything((found, asked) => {
      const { status, disagreement, checks } = judge(found, asked)
      const chain = found.chain !== undefined && 'block' in found.chain ? found.chain : undefined
      if (chain?.recalled?.violation !== undefined || disagreement !== undefined) expect(status).not.toBe('verified')
      const isOther = asked.trust !== undefined && !asked.trust.includes(chain?.mode ?? 'rpc')
      if (isOther) expect(status).not.toBe('verified')
      expect(checks.some(({ name }) => name === 'trust')).toBe(asked.trust !== undefined || asked.readers !== undefined)
    })
  })

  it('is never made better by what the newest block says', () => {
    const rank = { refuted: 0, inconclusive: 1, verified: 2 }
    everything((found, { standings: _, ...asked }) => {
      if (found.chain === undefined || !('block' in found.chain) || found.chain.latest === undefined) return
      if (found.chain.judged.vouchers.length === 0) return
      const without = judge({ ...found, chain: { ...found.chain, latest: undefined } }, asked)
      expect(rank[judge(found, asked).status]).toBeLessThanOrEqual(rank[without.status])
    })
  })

  it('needs no record only where the policy says so', () => {
    everything((found, asked) => {
      const verdict = judge(found, asked)
      if (verdict.status === 'verified' && asked.requireRecord !== false) expect(verdict.recorded).toBeDefined()
    })
  })

  it('is lifted to inconclusive at most by a signature, unless the policy takes signatures', () => {
    const rank = { refuted: 0, inconclusive: 1, verified: 2 }
    const property = fc.property(
      evidence,
      policy,
      fc.array(signature, { maxLength: 3 }),
      (found, asked, signatures) => {
        const [without, with_] = [judge(found, asked), judge({ ...found, signatures }, { ...asked, tier: 'recorded' })]
        const [before, after] = [rank[without.status], rank[with_.status]]
        expect(after === before || (before === 0 && after === 1)).toBe(true)
        if (before === 2) expect(with_.tier).toBe(without.tier)
        if (!signatures.some(({ outcome }) => outcome !== 'fail')) expect(after).toBe(before)
      }
    )
    fc.assert(property, { numRuns: 3000 })
  })

  it('rests on a signature only where one passed, the chain was read, and nothing else is against it', () => {
    const property = fc.property(
      evidence,
      policy,
      fc.array(signature, { maxLength: 3 }),
      (found, asked, signatures) => {
        const verdict = judge({ ...found, signatures }, { ...asked, tier: 'signed' })
        if (verdict.status !== 'verified' || verdict.tier !== 'signed') return
        expect(signatures.some(({ outcome }) => outcome === 'pass')).toBe(true)
        expect(verdict.chain).toBeDefined()
        if (verdict.standing === 'retracted') expect(asked.standings).toContain('retracted')
        const failed = verdict.checks.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name)
        expect(failed.filter((name) => name !== 'lineage')).toEqual([])
        expect(verdict.warnings).toContain('signed and not recorded: nothing proves when it was signed')
      }
    )
    fc.assert(property, { numRuns: 3000 })
  })

  it('names everybody it trusted, and nobody for what it computed itself', () => {
    everything((found, asked) => {
      const { checks, trusted } = judge(found, asked)
      expect(trusted).not.toContain('nobody')
      for (const check of checks) {
        if (['integrity', 'canonical', 'schema', 'lineage'].includes(check.name)) expect(check.trusted).toBe('nobody')
      }
      if (found.chain !== undefined && 'block' in found.chain) expect(trusted).toEqual(['rpc:somebody'])
    })
  })
})
