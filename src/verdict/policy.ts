import { type Publisher, tryPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Finality } from '../registry/registry.ts'

/**
 * Where a document stands with its publisher: named now · followed by another · taken back · recorded, but named by
 * nothing.
 */
export type Standing = 'current' | 'superseded' | 'retracted' | 'unnamed'

/** What a document rests on: its publisher's record on the chain · its publisher's signature, which the chain knows nothing of. */
export type Tier = 'recorded' | 'signed'

/** What the caller demands of a document. Plain JSON, so that an app or a CI job can pin it. */
export interface Policy {
  /** Whose documents are accepted. Absent: anyone's, and the verdict names the publisher first. */
  readonly publishers?: readonly Publisher[] | undefined
  /** Which standings are accepted. Default: all but `retracted`; `superseded` comes with a warning. */
  readonly standings?: readonly Standing[] | undefined
  /** Whether being named by a ref is not enough. Default: true. */
  readonly requireRecord?: boolean | undefined
  /** Whether a signature of the publisher is enough where there is no record. Default: `recorded`, it is not. */
  readonly tier?: Tier | undefined
  /** How sure the block must be that was read. Default: what the address book asks of the network. */
  readonly finality?: Finality | undefined
  /** How old that block may be, in seconds. Default: any age. */
  readonly maxAge?: number | undefined
}

export const DEFAULT_STANDINGS: readonly Standing[] = ['current', 'superseded', 'unnamed']

const STANDINGS: readonly Standing[] = [...DEFAULT_STANDINGS, 'retracted']
const FINALITIES: readonly Finality[] = ['final', 'safe', 'unsafe']

const RULES: Readonly<Record<keyof Policy, readonly [rule: string, holds: (value: unknown) => boolean]>> = {
  publishers: [
    'a list of CAIP-10 accounts in lower case, or their did:pkh',
    listOf((item) => typeof item === 'string' && tryPublisher(item) !== undefined)
  ],
  standings: [`a list of ${STANDINGS.join(', ')}`, listOf((item) => STANDINGS.includes(item as Standing))],
  requireRecord: ['true or false', (value) => typeof value === 'boolean'],
  tier: ['recorded or signed', (value) => value === 'recorded' || value === 'signed'],
  finality: [FINALITIES.join(', '), (value) => FINALITIES.includes(value as Finality)],
  maxAge: ['a number of seconds', (value) => typeof value === 'number' && value >= 0]
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
  const { publishers, ...settings }: Policy = value
  return publishers === undefined ? settings : { publishers: publishers.map((one) => tryPublisher(one)!), ...settings }
}

function listOf(holds: (item: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(holds)
}

const invalid = (option: string, rule: string): ArchiveError<'INVALID_OPTION'> =>
  new ArchiveError('INVALID_OPTION', `${option} must be ${rule}`, { option, rule })
