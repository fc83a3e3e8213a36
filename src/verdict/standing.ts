import type { TrendCid } from '../block/cid.ts'
import { instantOf } from '../document/instant.ts'
import { type Check, NOBODY } from './check.ts'
import type { Answered, Findings } from './evidence.ts'
import { type Policy, type Standing, standingsOf } from './policy.ts'
import { isRecorded } from './registered.ts'

/**
 * Where the document stands: judged block first; the newest block may only make it worse. What its publisher has not
 * recorded can be taken back, but has no other standing: what the publisher names instead says nothing of a forgery.
 */
export function standingOf(cid: TrendCid, { judged, latest }: Answered, registered: Check): Standing | undefined {
  const [then, now] = [judged, latest ?? judged].map((findings) => standingAt(cid, findings))
  if (then === 'retracted' || now === 'retracted') return 'retracted'
  if (registered.outcome !== 'pass') return undefined
  if (now === undefined) return undefined
  return then === 'current' ? now : then
}

/** Where a document stands by what one block says. */
export function standingAt(
  cid: TrendCid,
  { leafRetractedAt, vouchers, fallen, namer, gaps }: Findings
): Standing | undefined {
  if (leafRetractedAt !== 0) return 'retracted'
  // What could not be read may hold a recording that stands.
  if (fallen.length > 0 && !vouchers.some(isRecorded)) return gaps.length > 0 ? undefined : 'retracted'
  switch (namer.by) {
    case 'nobody':
      return 'unnamed'
    case 'unknown':
      return undefined
    default:
      return namer.cid.equals(cid) ? 'current' : 'superseded'
  }
}

/** Whether the policy accepts where the document stands. */
export function standingCheck(
  cid: TrendCid,
  chain: Answered | undefined,
  registered: Check,
  standing: Standing | undefined,
  policy: Policy
): Check {
  const name = 'standing'
  if (chain === undefined) return { name, outcome: 'unknown', detail: 'the chain was not read', trusted: NOBODY }
  const trusted = chain.trust
  if (standing === undefined) {
    if (registered.outcome !== 'pass') {
      return { name, outcome: 'unknown', detail: 'what is not known to be recorded has no standing', trusted }
    }
    const [why = 'cannot be told'] = [chain.judged, chain.latest].flatMap((findings) =>
      findings?.namer.by === 'unknown' ? [findings.namer.why] : (findings?.gaps ?? [])
    )
    return { name, outcome: 'unknown', detail: why, trusted }
  }
  const detail = describeStanding(cid, standing, chain)
  return { name, outcome: standingsOf(policy).includes(standing) ? 'pass' : 'fail', detail, trusted }
}

function describeStanding(cid: TrendCid, standing: Standing, chain: Answered): string {
  switch (standing) {
    case 'current':
      return 'its publisher names it now'
    case 'superseded':
      return `its publisher now names ${successorOf(cid, chain) ?? 'another document'}`
    case 'unnamed':
      return 'its publisher stands by it, and names nothing under this slug'
    case 'retracted': {
      const all = [chain.judged, ...(chain.latest === undefined ? [] : [chain.latest])]
      const fallen = all.flatMap((findings) => findings.fallen)
      const times = [
        ...all.map(({ leafRetractedAt }) => leafRetractedAt),
        ...fallen.map(({ record }) => record.retractedAt)
      ]
      const latest = Math.max(...times)
      return latest === 0 ? 'recorded by an editor whom its publisher has disowned' : `taken back ${instantOf(latest)}`
    }
  }
}

/** What is named instead of the document, at the newest block that was read and names another. */
export function successorOf(cid: TrendCid, { judged, latest }: Answered): TrendCid | undefined {
  return [latest, judged]
    .flatMap((findings) => (findings !== undefined && 'cid' in findings.namer ? [findings.namer.cid] : []))
    .find((named) => !named.equals(cid))
}
