import { parseJson } from '../document/json.ts'
import type { Publisher } from '../document/publisher.ts'
import type { Finality, TrustMode } from '../registry/registry.ts'
import { type Policy, parsePolicy, type Tier, TRUST_MODES } from '../verdict/policy.ts'
import { type Context, choice, flag, type Option, text, type Values, value, values } from './command.ts'
import { readInput } from './files.ts'
import { publisherOf } from './naming.ts'
import { UsageError } from './usage.ts'

/** What may be demanded of a document on the command line. */
export const DEMANDS: {
  readonly policy: Option<string | undefined>
  readonly publisher: Option<readonly string[]>
  readonly requireCurrent: Option<boolean>
  readonly maxAge: Option<number | null | undefined>
  readonly trust: Option<readonly TrustMode[]>
  readonly tier: Option<Tier | undefined>
  readonly require: Option<Finality | undefined>
} = {
  policy: text('--policy <file>', 'what to demand, as JSON'),
  publisher: values('--publisher <account>', 'accept only this publisher; repeatable', (typed) => typed),
  requireCurrent: flag('--require-current', 'accept only what its publisher names now'),
  maxAge: value('--max-age <seconds>', 'how old the block may be; any for any age', parseAge),
  trust: values('--trust <mode>', `how the chain may be read: ${TRUST_MODES.join(', ')}; repeatable`, parseTrust),
  tier: choice('--tier <tier>', 'whether a signature of its publisher is enough', ['recorded', 'signed']),
  require: choice('--require <finality>', 'how sure the block must be', ['final', 'safe', 'unsafe'])
}

/** The policy of the file, and of the flags, which count for more. @throws UsageError, INVALID_OPTION */
export async function demandedBy(
  { policy: file, publisher, requireCurrent, maxAge, trust, tier, require }: Values<typeof DEMANDS>,
  context: Context
): Promise<Policy> {
  const accepted: Publisher[] = []
  for (const one of publisher) accepted.push(await publisherOf(one, context))
  const pinned = file === undefined ? {} : parsePolicy(parseJson(await readInput(context.host, file)))
  return {
    ...(requireCurrent ? { ...withoutStandings(pinned), requireCurrent } : pinned),
    ...(accepted.length > 0 && { publishers: accepted }),
    ...(require !== undefined && { finality: require }),
    ...(maxAge !== undefined && { maxAge }),
    ...(trust.length > 0 && { trust }),
    ...(tier !== undefined && { tier })
  }
}

/** What a flag says takes the place of what the file says of standings. */
function withoutStandings(policy: Policy): Policy {
  const { standings: _, requireCurrent: __, allowSuperseded: ___, allowRetracted: ____, ...rest } = policy
  return rest
}

function parseAge(text: string): number | null {
  if (text === 'any') return null
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is no age`, 'an age is a number of seconds, or any')
}

function parseTrust(text: string): TrustMode {
  const mode = TRUST_MODES.find((one) => one === text || one.replace(' ', '-') === text)
  if (mode !== undefined) return mode
  throw new UsageError(`'${text}' is no way to read a chain`, `there are ${TRUST_MODES.join(', ')}`)
}
