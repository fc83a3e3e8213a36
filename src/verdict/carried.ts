import { instantOf } from '../document/instant.ts'
import { type Check, NOBODY } from './check.ts'
import type { Answered, Evidence } from './evidence.ts'
import { judge, statusOf, type Verdict } from './judge.ts'
import { type Policy, standingsOf } from './policy.ts'

/** What a proof that somebody carried here shows, besides what it proves. */
export interface Carried {
  /** Whether anybody but the file itself says that its block is one of the chain's. */
  readonly vouched: boolean
  /** Why the one that was asked for it did not say. */
  readonly silence?: string | undefined
}

/**
 * Weighs what a file proved, as {@link judge} does, and takes back what no file can show: that a document is recorded
 * nowhere, since only what was looked for is in it; and anything at all about a chain that its maker may have made up.
 */
export function judgeCarried(evidence: Evidence, policy: Policy = {}, carried: Carried): Verdict {
  const verdict = judge(evidence, policy)
  const { chain } = evidence
  if (chain === undefined || !('block' in chain)) return verdict
  const checks = verdict.checks.map((check) => asOfBlock(checkCarried(check, chain, carried), verdict, policy))
  const { number, timestamp } = chain.block
  const asOf = `as of block ${number}, ${instantOf(timestamp)}: what its publisher did since is not in the file`
  return {
    ...verdict,
    checks,
    status: carried.vouched ? statusOf(checks) : unvouched(checks),
    warnings: [...verdict.warnings, asOf]
  }
}

/**
 * What its publisher names now is not in a file: what was named at its block may count for that, where the policy says how
 * old the block may be, and else leaves it open whether it still is.
 */
function asOfBlock(check: Check, { standing, chain }: Verdict, policy: Policy): Check {
  if (check.name !== 'standing' || standing !== 'current') return check
  const detail = `its publisher named it as of block ${chain?.block.number}`
  const accepted = standingsOf(policy)
  const isOpen = !accepted.includes('superseded') && typeof policy.maxAge !== 'number'
  if (!isOpen) return { ...check, detail }
  return {
    ...check,
    outcome: 'unknown',
    detail: `${detail}; whether it still does is not in the file, and no maxAge is set`
  }
}

/** What the bytes say of themselves counts; what the chain says refutes nothing, and does not verify. */
function unvouched(checks: readonly Check[]): Verdict['status'] {
  const status = statusOf(checks.filter(({ trusted }) => trusted === NOBODY))
  return status === 'verified' ? 'inconclusive' : status
}

function checkCarried(check: Check, { judged, block, chain, canonical, trust }: Answered, carried: Carried): Check {
  const { name, outcome, trusted } = check
  const isAbsent = judged.vouchers.length === 0 && judged.fallen.length === 0
  if (name === 'registered' && outcome === 'fail' && isAbsent) {
    const detail = `not recorded by block ${block.number} where it was looked for; that it is nowhere cannot be proved`
    return { ...check, outcome: 'unknown', detail }
  }
  // Without a list of publishers it fails only as `registered` does.
  if (name === 'authorship' && outcome === 'fail' && isAbsent && trusted === trust) {
    return { ...check, outcome: 'unknown' }
  }
  if (name !== 'finality' || carried.vouched) return check
  const named = `block ${block.number} of ${chain}, ${block.hash}`
  if (!canonical) return { ...check, outcome: 'unknown', detail: `another block is on the chain in place of ${named}` }
  const why = carried.silence ?? 'the file alone vouches for its block'
  return { ...check, outcome: 'unknown', detail: `${why}: compare ${named}, with a source of your own` }
}
