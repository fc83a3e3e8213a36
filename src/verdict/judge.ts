import type { TrendCid } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import type { Chain, Publisher } from '../document/publisher.ts'
import type { ChainBlock, Finality, RegistryRecord } from '../registry/registry.ts'
import type { Beside } from './beside.ts'
import { type Check, type CheckName, NOBODY } from './check.ts'
import type { Answered, Evidence, Findings, Note, NoticeFound, Voucher } from './evidence.ts'
import type { Policy, Standing } from './policy.ts'
import { registeredCheck } from './registered.ts'
import { standingCheck, standingOf, successorOf } from './standing.ts'

/**
 * `verified`     every check that the policy asks for passed.
 * `refuted`      something is false at the block that was read.
 * `inconclusive` nothing is false, but something could not be checked: ask again, or elsewhere.
 */
export interface Verdict {
  readonly status: 'verified' | 'refuted' | 'inconclusive'
  readonly cid: TrendCid
  readonly publisher: Publisher | undefined
  readonly document: TrendDocument | undefined
  readonly checks: readonly Check[]
  readonly standing: Standing | undefined
  /** The earliest recording found: an upper bound of when the document existed. */
  readonly recorded: Recording | undefined
  /** What the publisher names now, where that is another document. */
  readonly successor: TrendCid | undefined
  /** The publisher's word about the document, e.g. why it was taken back. */
  readonly notice: NoticeFound | undefined
  readonly chain: JudgedChain | undefined
  readonly notes: readonly Note[]
  readonly warnings: readonly string[]
  /** What was seen beside the document, e.g. of those that it cites; it decides nothing. */
  readonly beside: Beside | undefined
  /** Everybody whose word the verdict rests on; empty when it rests on nobody's. */
  readonly trusted: readonly string[]
}

export interface Recording {
  readonly how: Voucher['how']
  readonly root: TrendCid
  readonly record: RegistryRecord
}

export interface JudgedChain {
  readonly chain: Chain
  readonly registry: string
  readonly block: ChainBlock
  readonly finality: Finality
  readonly test: boolean | undefined
}

const RANK: Readonly<Record<Finality, number>> = { unsafe: 0, safe: 1, final: 2 }

/** Weighs evidence under a policy. Pure: it reads no clock, no network and no address book. */
export function judge(evidence: Evidence, policy: Policy = {}): Verdict {
  const reading = evidence.reading
  const document = reading !== undefined && 'document' in reading ? reading.document : undefined
  const chain = evidence.chain !== undefined && 'block' in evidence.chain ? evidence.chain : undefined
  const registered = registeredCheck(evidence, document, policy)
  const standing = chain === undefined ? undefined : standingOf(evidence.cid, chain, registered)
  const checks: readonly Check[] = [
    integrityCheck(evidence),
    canonicalCheck(evidence),
    schemaCheck(evidence),
    authorshipCheck(document, registered, policy),
    registered,
    standingCheck(evidence.cid, chain, registered, standing, policy),
    lineageCheck(document, chain),
    freshnessCheck(evidence.now, chain, policy),
    finalityCheck(chain, policy)
  ]
  return {
    status: weigh(checks),
    cid: evidence.cid,
    publisher: document?.publisher,
    document,
    checks,
    standing,
    recorded: chain === undefined ? undefined : recordingOf(chain.judged),
    successor: chain === undefined || standing !== 'superseded' ? undefined : successorOf(evidence.cid, chain),
    notice: chain === undefined ? undefined : (chain.latest ?? chain.judged).notice,
    chain: chain && {
      chain: chain.chain,
      registry: chain.registry,
      block: chain.block,
      finality: chain.block.finality,
      test: chain.test
    },
    notes: chain === undefined ? [] : [...new Set([...chain.judged.notes, ...(chain.latest?.notes ?? [])])],
    warnings: [...warningsOf(chain, registered, standing, policy), ...(evidence.beside?.warnings ?? [])],
    beside: evidence.beside,
    trusted: [...new Set(checks.map(({ trusted }) => trusted).filter((name) => name !== NOBODY))]
  }
}

/** A lineage that is not whole never refutes a document; everything else that fails does (docs/SPEC.md, 7.3). */
function weigh(checks: readonly Check[]): Verdict['status'] {
  const decisive = checks.filter(({ name }) => name !== 'lineage')
  const soft: readonly CheckName[] = ['freshness', 'finality']
  if (decisive.some(({ name, outcome }) => outcome === 'fail' && !soft.includes(name))) return 'refuted'
  return decisive.every(({ outcome }) => outcome === 'pass') ? 'verified' : 'inconclusive'
}

function integrityCheck({ bytes }: Evidence): Check {
  const name = 'integrity'
  switch (bytes.found) {
    case 'matching':
      return { name, outcome: 'pass', detail: 'the bytes hash to the CID', trusted: NOBODY }
    case 'other':
      return { name, outcome: 'fail', detail: 'the bytes you supplied are not what the CID names', trusted: NOBODY }
    case 'none':
      return { name, outcome: 'unknown', detail: bytes.why, trusted: NOBODY }
  }
}

function canonicalCheck({ reading }: Evidence): Check {
  const name = 'canonical'
  if (reading === undefined) return { name, outcome: 'unknown', detail: 'no bytes to read', trusted: NOBODY }
  if ('document' in reading || reading.flawed === 'schema') {
    return { name, outcome: 'pass', detail: 'the bytes are the one canonical spelling', trusted: NOBODY }
  }
  return { name, outcome: 'fail', detail: reading.flaw.message, trusted: NOBODY }
}

function schemaCheck({ reading }: Evidence): Check {
  const name = 'schema'
  if (reading === undefined) return { name, outcome: 'unknown', detail: 'no bytes to read', trusted: NOBODY }
  if ('document' in reading) {
    const { type, slug, version } = reading.document
    return { name, outcome: 'pass', detail: `${type} ${slug}, version ${version}`, trusted: NOBODY }
  }
  return reading.flawed === 'schema'
    ? { name, outcome: 'fail', detail: reading.flaw.message, trusted: NOBODY }
    : { name, outcome: 'unknown', detail: 'not canonical, so not read further', trusted: NOBODY }
}

function authorshipCheck(document: TrendDocument | undefined, registered: Check, { publishers }: Policy): Check {
  const name = 'authorship'
  if (document === undefined) return { name, outcome: 'unknown', detail: 'no document to ask', trusted: NOBODY }
  const { publisher } = document
  if (publishers !== undefined && !publishers.includes(publisher)) {
    return { name, outcome: 'fail', detail: `${publisher} is not among the publishers you accept`, trusted: NOBODY }
  }
  const detail =
    registered.outcome === 'pass'
      ? `${publisher}, or an editor it authorised, recorded it`
      : `the document names ${publisher}; the chain has not confirmed it`
  return { name, outcome: registered.outcome, detail, trusted: registered.trusted }
}

function lineageCheck(document: TrendDocument | undefined, chain: Answered | undefined): Check {
  const name = 'lineage'
  if (document === undefined) return { name, outcome: 'unknown', detail: 'no document to ask', trusted: NOBODY }
  if (document.version === 1) return { name, outcome: 'pass', detail: 'the first version', trusted: NOBODY }
  const lineage = chain?.lineage ?? { found: 'gap', why: 'the chain was not read' }
  switch (lineage.found) {
    case 'walked':
      return { name, outcome: 'pass', detail: `all ${lineage.versions} versions hold together`, trusted: NOBODY }
    case 'broken':
      return { name, outcome: 'fail', detail: lineage.rule, trusted: NOBODY }
    case 'gap':
      return {
        name,
        outcome: 'unknown',
        detail: `version ${document.version} is claimed: ${lineage.why}`,
        trusted: NOBODY
      }
  }
}

function freshnessCheck(now: number, chain: Answered | undefined, { maxAge }: Policy): Check {
  const name = 'freshness'
  if (chain === undefined) return { name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }
  const { block, seenHigher, trust: trusted } = chain
  if (seenHigher !== undefined) {
    const detail = `block ${block.number} is older than block ${seenHigher} accepted before`
    return { name, outcome: 'fail', detail, trusted }
  }
  const age = Math.max(0, now - block.timestamp)
  const detail = `read at block ${block.number}, ${age} s old`
  return { name, outcome: maxAge !== undefined && age > maxAge ? 'fail' : 'pass', detail, trusted }
}

function finalityCheck(chain: Answered | undefined, { finality: asked = 'unsafe' }: Policy): Check {
  const name = 'finality'
  if (chain === undefined) return { name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }
  const { block, canonical, trust: trusted } = chain
  if (!canonical) {
    return { name, outcome: 'unknown', detail: `block ${block.number} left the chain while it was read`, trusted }
  }
  const reached = RANK[block.finality] >= RANK[asked]
  const sure = block.finality === 'unsafe' ? 'may still be replaced' : `is ${block.finality}`
  const enough = reached ? '' : `, and ${asked} is asked for`
  return { name, outcome: reached ? 'pass' : 'unknown', detail: `block ${block.number} ${sure}${enough}`, trusted }
}

/** The earliest standing recording; where none stands, the earliest that did. */
function recordingOf({ vouchers, fallen }: Findings): Recording | undefined {
  const recorded = (list: readonly Voucher[]): readonly Recording[] =>
    list.flatMap(({ how, root, record }) => (record === undefined ? [] : [{ how, root, record }]))
  const [first] = [recorded(vouchers), recorded(fallen)]
    .filter((list) => list.length > 0)
    .map((list) => list.toSorted((a, b) => a.record.publishedAt - b.record.publishedAt)[0])
  return first
}

function warningsOf(
  chain: Answered | undefined,
  registered: Check,
  standing: Standing | undefined,
  policy: Policy
): readonly string[] {
  const warnings: string[] = []
  const isFork = registered.outcome === 'pass' && chain?.judged.notes.includes('FORK')
  if (standing === 'superseded') warnings.push('a newer version exists')
  if (standing === 'retracted') warnings.push('its publisher took it back')
  if (isFork) warnings.push('its publisher also names another document of this version')
  if (chain?.test === true) warnings.push(`${chain.chain} is a test network: its records prove nothing elsewhere`)
  if (chain?.block.finality === 'unsafe' && policy.finality !== 'unsafe') {
    warnings.push('read at a block that may still be replaced')
  }
  return warnings
}
