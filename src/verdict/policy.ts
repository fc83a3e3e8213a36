import { type Publisher, tryPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Finality, TrustMode } from '../registry/registry.ts'

/**
 * Where a document stands with its publisher: named now · followed by another · taken back · recorded, but named by
 * nothing.
 */
export type Standing = 'current' | 'superseded' | 'retracted' | 'unnamed'

/** What a document rests on: its publisher's record on the chain · its publisher's signature, which the chain knows nothing of. */
export type Tier = 'recorded' | 'signed'

/**
 * What the caller demands of a document. Plain JSON, so that an app or a CI job can pin it; schema/policy-1.json has its
 * shape and docs/POLICY.md its meaning. Nothing at all is the strict default.
 */
export interface Policy {
  /** Whose documents are accepted. Absent: anyone's, and the verdict names the publisher first. */
  readonly publishers?: readonly Publisher[] | undefined
  /** Which standings are accepted, in place of the three words below. Default: all but `retracted`. */
  readonly standings?: readonly Standing[] | undefined
  /** Whether only what its publisher names now will do. Default: false. */
  readonly requireCurrent?: boolean | undefined
  /** Whether a document will do that has a successor; a warning says so. Default: true. */
  readonly allowSuperseded?: boolean | undefined
  /** Whether a document will do that its publisher took back. Default: false. */
  readonly allowRetracted?: boolean | undefined
  /** Whether being named by a ref is not enough. Default: true. */
  readonly requireRecord?: boolean | undefined
  /** Whether a signature of the publisher is enough where there is no record. Default: `recorded`, it is not. */
  readonly tier?: Tier | undefined
  /** How sure the block must be that was read. Default: what the address book asks of the network. */
  readonly finality?: Finality | undefined
  /**
   * How old that block may be, in seconds; `null` for any age. Default: {@link USUAL_AGE} where the network is no test
   * network and the block is what a reader calls the newest of its kind.
   */
  readonly maxAge?: number | null | undefined
  /** How the chain may be read. Default: in any way, and the verdict says whom that trusts. */
  readonly trust?: readonly TrustMode[] | undefined
  /** How many independent readers of the chain must agree, at least. Default: 1. */
  readonly readers?: number | undefined
}

export const STANDINGS: readonly Standing[] = ['current', 'superseded', 'unnamed', 'retracted']
export const FINALITIES: readonly Finality[] = ['final', 'safe', 'unsafe']
export const TRUST_MODES: readonly TrustMode[] = ['rpc', 'quorum', 'state proof', 'light client']
export const TIERS: readonly Tier[] = ['recorded', 'signed']
/** Seconds that a block may be old where the policy says nothing: finality takes a quarter of an hour, or half of one. */
export const USUAL_AGE = 3_600

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'

const RULES: Readonly<Record<keyof Policy, readonly [rule: string, holds: (value: unknown) => boolean]>> = {
  publishers: [
    'a list of CAIP-10 accounts in lower case, or their did:pkh',
    listOf((item) => typeof item === 'string' && tryPublisher(item) !== undefined)
  ],
  standings: [`a list of ${STANDINGS.join(', ')}`, listOf((item) => STANDINGS.includes(item as Standing))],
  requireCurrent: ['true or false', isBoolean],
  allowSuperseded: ['true or false', isBoolean],
  allowRetracted: ['true or false', isBoolean],
  requireRecord: ['true or false', isBoolean],
  finality: [FINALITIES.join(', '), (value) => FINALITIES.includes(value as Finality)],
  maxAge: [
    'a number of seconds, or null for any age',
    (value) => value === null || (typeof value === 'number' && value >= 0)
  ],
  trust: [
    `a list of ${TRUST_MODES.join(', ')}, with one of them at least`,
    (value) => listOf((item) => TRUST_MODES.includes(item as TrustMode))(value) && (value as []).length > 0
  ],
  readers: ['a whole number from 1 on', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
  tier: [TIERS.join(' or '), (value) => TIERS.includes(value as Tier)]
}

/**
 * Reads a policy file's value; publishers come out as CAIP-10 accounts.
 * @throws INVALID_OPTION naming the setting and its rule; unknown settings are refused
 */
export function parsePolicy(value: unknown): Policy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('policy', 'a JSON object')
  for (const [name, setting] of Object.entries(value)) {
    const known = Object.hasOwn(RULES, name) ? RULES[name as keyof Policy] : undefined
    if (known === undefined) throw invalid(`policy.${name}`, `one of ${Object.keys(RULES).join(', ')}`)
    const [rule, holds] = known
    if (!holds(setting)) throw invalid(`policy.${name}`, rule)
  }
  checkWords(value)
  const { publishers, ...settings }: Policy = value
  return publishers === undefined ? settings : { publishers: publishers.map((one) => tryPublisher(one)!), ...settings }
}

/** The words for standings do not contradict each other, nor the list of them. */
function checkWords(policy: Policy): void {
  const { standings, requireCurrent, allowSuperseded, allowRetracted } = policy
  if (standings !== undefined) {
    const word = (['requireCurrent', 'allowSuperseded', 'allowRetracted'] as const).find(
      (name) => policy[name] !== undefined
    )
    if (word !== undefined) throw invalid(`policy.${word}`, 'left out where there is a list of standings')
  }
  if (requireCurrent !== true) return
  if (allowSuperseded === true) throw invalid('policy.allowSuperseded', 'left out where requireCurrent is true')
  if (allowRetracted === true) throw invalid('policy.allowRetracted', 'left out where requireCurrent is true')
}

/** The standings that a policy accepts. */
export function standingsOf(policy: Policy): readonly Standing[] {
  const { standings, requireCurrent = false, allowSuperseded = true, allowRetracted = false } = policy
  if (standings !== undefined) return standings
  if (requireCurrent) return ['current']
  return STANDINGS.filter((standing) => {
    if (standing === 'superseded') return allowSuperseded
    return standing === 'retracted' ? allowRetracted : true
  })
}

/** Where a policy asks for less than nothing at all would, as `setting: value`. */
export function loosenedBy(policy: Policy, isTest: boolean): readonly string[] {
  const { requireRecord, finality, maxAge, tier } = policy
  const points: string[] = []
  if (standingsOf(policy).includes('retracted')) points.push('standings: retracted')
  if (requireRecord === false) points.push('requireRecord: false')
  if (finality !== undefined && finality !== 'final' && !isTest) points.push(`finality: ${finality}`)
  if ((maxAge === null || (maxAge ?? 0) > USUAL_AGE) && !isTest) points.push(`maxAge: ${maxAge ?? 'any'}`)
  if (tier === 'signed') points.push('tier: signed')
  return points
}

function listOf(holds: (item: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(holds)
}

const invalid = (option: string, rule: string): ArchiveError<'INVALID_OPTION'> =>
  new ArchiveError('INVALID_OPTION', `${option} must be ${rule}`, { option, rule })
