import type { TrendCid } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { type Chain, didOf, type Publisher, type PublisherDid } from '../document/publisher.ts'
import type { BlockTag, ChainBlock, Finality, RegistryRecord } from '../registry/registry.ts'
import type { Beside } from './beside.ts'
import { type Check, type CheckName, NOBODY } from './check.ts'
import type {
  Answered,
  Disagreement,
  Evidence,
  Findings,
  Note,
  NoticeFound,
  SignatureFound,
  Voucher
} from './evidence.ts'
import { CLOCK_SLACK, type Recalled, weightOf } from './memory.ts'
import { loosenedBy, type Policy, type Standing, type Tier, USUAL_AGE } from './policy.ts'
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
  /** The publisher for whoever goes by DIDs. */
  readonly did: PublisherDid | undefined
  readonly document: TrendDocument | undefined
  readonly checks: readonly Check[]
  readonly standing: Standing | undefined
  /** What it rests on; `undefined` where it is neither known to be recorded nor to be signed. */
  readonly tier: Tier | undefined
  /** What came of each statement that was brought along, in their order. */
  readonly signatures: readonly SignatureFound[]
  /** The earliest recording found: an upper bound of when the document existed. */
  readonly recorded: Recording | undefined
  /** What the publisher names now, where that is another document. */
  readonly successor: TrendCid | undefined
  /** The publisher's word about the document, e.g. why it was taken back. */
  readonly notice: NoticeFound | undefined
  readonly chain: JudgedChain | undefined
  /** A question to which readers of the chain gave different answers. */
  readonly disagreement: Disagreement | undefined
  /** What this reading says against earlier ones. */
  readonly recalled: Recalled | undefined
  readonly notes: readonly Note[]
  readonly warnings: readonly string[]
  /** What was seen beside the document, e.g. of those that it cites; it decides nothing. */
  readonly beside: Beside | undefined
  /** Everybody whose word the verdict rests on; empty when it rests on nobody's. */
  readonly trusted: readonly string[]
  /** Where the policy asked for less than the default: `setting: value`. */
  readonly loosened: readonly string[]
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
  /** Why it is `unsafe`, where that is the node's doing: it does not tell which block this tag names. */
  readonly untagged?: BlockTag | undefined
  readonly test: boolean | undefined
}

const RANK: Readonly<Record<Finality, number>> = { unsafe: 0, safe: 1, final: 2 }

/** Weighs evidence under a policy. Pure: it reads no clock, no network and no address book. */
export function judge(evidence: Evidence, policy: Policy = {}): Verdict {
  const reading = evidence.reading
  const document = reading !== undefined && 'document' in reading ? reading.document : undefined
  const chain = evidence.chain !== undefined && 'block' in evidence.chain ? evidence.chain : undefined
  const found = registeredCheck(evidence, document, policy)
  const signature = signatureCheck(evidence)
  const tier = tierOf(found, chain, signature)
  const registered = tier === 'recorded' ? found : besideSignature(found, signature)
  const isEnough = tier === 'signed' && policy.tier === 'signed'
  /** Whether the publisher stands by it, in a way that the policy takes. */
  const attested: Check = isEnough ? { ...registered, outcome: 'pass' } : registered
  const standing = chain === undefined ? undefined : standingOf(evidence.cid, chain, attested)
  const checks: readonly Check[] = [
    integrityCheck(evidence),
    canonicalCheck(evidence),
    schemaCheck(evidence),
    authorshipCheck(document, registered, isEnough ? signature : undefined, policy),
    registered,
    standingCheck(evidence.cid, chain, attested, standing, policy),
    lineageCheck(document, chain),
    freshnessCheck(evidence.now, chain, policy),
    finalityCheck(chain, policy),
    ...trustCheck(chain, policy),
    ...(signature === undefined ? [] : [signature])
  ]
  return {
    status: statusOf(checks, isEnough),
    cid: evidence.cid,
    publisher: document?.publisher,
    did: document && didOf(document.publisher),
    document,
    checks,
    standing,
    tier,
    signatures: evidence.signatures ?? [],
    recorded: chain === undefined ? undefined : recordingOf(chain.judged),
    successor: chain === undefined || standing !== 'superseded' ? undefined : successorOf(evidence.cid, chain),
    notice: chain === undefined ? undefined : (chain.latest ?? chain.judged).notice,
    chain: chain && {
      chain: chain.chain,
      registry: chain.registry,
      block: chain.block,
      finality: chain.block.finality,
      ...(chain.untagged !== undefined && { untagged: chain.untagged }),
      test: chain.test
    },
    disagreement: evidence.chain !== undefined && 'silent' in evidence.chain ? evidence.chain.disagreement : undefined,
    recalled: chain?.recalled,
    notes: chain === undefined ? [] : notesOf(chain),
    warnings: [...warningsOf(chain, registered, standing, tier, policy), ...(evidence.beside?.warnings ?? [])],
    beside: evidence.beside,
    trusted: [...new Set(checks.map(({ trusted }) => trusted).filter((name) => name !== NOBODY))],
    loosened: loosenedBy(policy, chain?.test === true)
  }
}

/**
 * A lineage that is not whole never refutes a document, nor does a statement that somebody brought along; everything else
 * that fails does (docs/SPEC.md, 7.3). Where a signature is enough, no record is asked for.
 */
export function statusOf(checks: readonly Check[], isSignatureEnough = false): Verdict['status'] {
  const asides: readonly CheckName[] = ['lineage', 'signature', ...(isSignatureEnough ? ['registered' as const] : [])]
  const decisive = checks.filter(({ name }) => !asides.includes(name))
  const soft: readonly CheckName[] = ['freshness', 'finality', 'trust']
  if (decisive.some(({ name, outcome }) => outcome === 'fail' && !soft.includes(name))) return 'refuted'
  return decisive.every(({ outcome }) => outcome === 'pass') ? 'verified' : 'inconclusive'
}

/** The best of what the statements come to; nothing where none was brought along. */
function signatureCheck({ signatures = [] }: Evidence): Check | undefined {
  const [best] = (['pass', 'unknown', 'fail'] as const).flatMap((outcome) =>
    signatures.filter((signature) => signature.outcome === outcome)
  )
  return best && { name: 'signature', outcome: best.outcome, detail: best.detail, trusted: best.trusted }
}

function tierOf(registered: Check, chain: Answered | undefined, signature: Check | undefined): Tier | undefined {
  const { vouchers = [], fallen = [] } = chain?.judged ?? {}
  if (registered.outcome === 'pass') {
    return fallen.length > 0 || vouchers.some(({ record }) => record !== undefined) ? 'recorded' : undefined
  }
  return signature?.outcome === 'pass' ? 'signed' : undefined
}

/** What is not recorded may be signed: then its absence proves nothing against it. */
function besideSignature(registered: Check, signature: Check | undefined): Check {
  if (registered.outcome !== 'fail' || signature === undefined || signature.outcome === 'fail') return registered
  const beside =
    signature.outcome === 'pass' ? 'its publisher signed it' : 'whether its publisher signed it is not known'
  return { ...registered, outcome: 'unknown', detail: `${registered.detail}, and ${beside}` }
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

function authorshipCheck(
  document: TrendDocument | undefined,
  registered: Check,
  signature: Check | undefined,
  { publishers }: Policy
): Check {
  const name = 'authorship'
  if (document === undefined) return { name, outcome: 'unknown', detail: 'no document to ask', trusted: NOBODY }
  const { publisher } = document
  if (publishers !== undefined && !publishers.includes(publisher)) {
    return { name, outcome: 'fail', detail: `${publisher} is not among the publishers you accept`, trusted: NOBODY }
  }
  if (signature !== undefined) {
    return { name, outcome: 'pass', detail: `${publisher} signed it`, trusted: signature.trusted }
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

function freshnessCheck(now: number, chain: Answered | undefined, { maxAge: asked }: Policy): Check {
  const name = 'freshness'
  if (chain === undefined) return { name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }
  const { block, seenHigher, trust: trusted } = chain
  if (seenHigher !== undefined) {
    const detail = `block ${block.number} is older than block ${seenHigher} accepted before`
    return { name, outcome: 'fail', detail, trusted }
  }
  const { test, given } = chain
  const maxAge = asked === undefined ? (test === true || given === true ? null : USUAL_AGE) : asked
  const age = now - block.timestamp
  if (maxAge !== null && age < -CLOCK_SLACK) {
    const detail = `block ${block.number} is ${-age} s ahead of this machine's clock, so that its age cannot be told`
    return { name, outcome: 'unknown', detail, trusted }
  }
  const old = `read at block ${block.number}, ${Math.max(0, age)} s old`
  if (maxAge === null || age <= maxAge) return { name, outcome: 'pass', detail: old, trusted }
  return { name, outcome: 'fail', detail: `${old}, and ${maxAge} s are allowed`, trusted }
}

function finalityCheck(chain: Answered | undefined, { finality }: Policy): Check {
  const name = 'finality'
  if (chain === undefined) return { name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }
  const { block, canonical, trust: trusted, usual = 'unsafe', untagged, recalled } = chain
  const asked = finality ?? usual
  if (recalled?.violation !== undefined) {
    return { name, outcome: 'fail', detail: sayViolation(recalled.violation), trusted }
  }
  if (!canonical) {
    return { name, outcome: 'unknown', detail: `block ${block.number} left the chain while it was read`, trusted }
  }
  const reached = RANK[block.finality] >= RANK[asked]
  const why = untagged === undefined ? '' : `, as the node does not tell which block is ${untagged}`
  const sure = block.finality === 'unsafe' ? `may still be replaced${why}` : `is ${block.finality}`
  const enough = reached ? '' : `, and ${asked} is asked for`
  return { name, outcome: reached ? 'pass' : 'unknown', detail: `block ${block.number} ${sure}${enough}`, trusted }
}

function sayViolation({ number, remembered, found }: NonNullable<Recalled['violation']>): string {
  const now = found.hash === undefined ? 'there is no such block' : `it is ${found.hash}`
  return `block ${number} was accepted as final with the hash ${remembered.hash} (${remembered.trust}), and now ${now}`
}

/** Whether the chain was read as the policy asks, and by as many; nothing where it asks nothing. */
function trustCheck(chain: Answered | undefined, { trust, readers }: Policy): readonly Check[] {
  const name = 'trust'
  if (trust === undefined && readers === undefined) return []
  if (chain === undefined) return [{ name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }]
  const { mode = 'rpc', trust: trusted } = chain
  const say = (outcome: Check['outcome'], detail: string): readonly Check[] => [{ name, outcome, detail, trusted }]
  if (trust !== undefined && !trust.includes(mode)) {
    return say('fail', `read by ${mode}, and ${trust.join(' or ')} is asked for`)
  }
  // Whoever gave the block's hash answers for it alone. A file that chose its block is worth whoever told of that block.
  const agreed =
    chain.given === true && mode === 'state proof' && chain.readers === undefined ? Infinity : weightOf(chain)
  if (readers !== undefined && agreed < readers) {
    return say('fail', `${agreed} reader${agreed === 1 ? '' : 's'} agreed, and ${readers} are asked for`)
  }
  return say('pass', `read by ${mode}`)
}

function notesOf({ judged, latest, recalled }: Answered): readonly Note[] {
  const notes: Note[] = [...judged.notes, ...(latest?.notes ?? [])]
  if (recalled?.newer !== undefined) notes.push('WENT_BACK')
  if (recalled?.violation !== undefined) notes.push('FINALITY_VIOLATED')
  return [...new Set(notes)]
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
  tier: Tier | undefined,
  policy: Policy
): readonly string[] {
  const warnings: string[] = []
  const isFork = registered.outcome === 'pass' && chain?.judged.notes.includes('FORK')
  if (standing === 'superseded') warnings.push('a newer version exists')
  if (tier === 'signed') warnings.push('signed and not recorded: nothing proves when it was signed')
  if (standing === 'retracted') warnings.push('its publisher took it back')
  if (isFork) warnings.push('its publisher also names another document of this version')
  if (chain?.recalled?.violation !== undefined) {
    warnings.push(
      'FINALITY VIOLATED: what was final is no more, or somebody lied. Rely on nothing of this chain until it is clear'
    )
  }
  if (chain?.recalled?.newer !== undefined) {
    const { seen, named } = chain.recalled.newer
    warnings.push(`version ${seen} was named when it was last looked at, and now version ${named} is`)
  }
  if (chain?.test === true) warnings.push(`${chain.chain} is a test network: its records prove nothing elsewhere`)
  if (chain?.block.finality === 'unsafe' && policy.finality !== 'unsafe') {
    warnings.push('read at a block that may still be replaced')
  }
  return warnings
}
