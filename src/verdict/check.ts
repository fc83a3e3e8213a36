export type CheckName =
  | 'integrity'
  | 'canonical'
  | 'schema'
  | 'authorship'
  | 'registered'
  | 'standing'
  | 'lineage'
  | 'freshness'
  | 'finality'
  /** Only where the policy asks how the chain is read. */
  | 'trust'
  | 'signature' // only where statements were brought along

export type Outcome = 'pass' | 'fail' | 'unknown'

/** One named question, its answer, what the answer rests on, and whom it trusted. */
export interface Check {
  readonly name: CheckName
  readonly outcome: Outcome
  readonly detail: string
  /** `nobody`, or whoever could have lied: `rpc:<host>`. */
  readonly trusted: string
}

/** Whom a check trusts whose answer was computed here from the bytes. */
export const NOBODY = 'nobody'
