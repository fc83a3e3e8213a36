/** What a member of a JSON object must be, in words and as a test. */
export type Rule = readonly [rule: string, holds: (value: unknown) => boolean]

const spelled = (pattern: RegExp, rule: string): Rule => [
  rule,
  (value) => typeof value === 'string' && pattern.test(value)
]

export const chain: Rule = spelled(/^eip155:(?:0|[1-9][0-9]{0,31})$/, 'a CAIP-2 chain: eip155:1')
export const address: Rule = spelled(/^0x[0-9a-f]{40}$/, 'an address: 0x and 40 hex digits in lower case')
export const word: Rule = spelled(/^0x[0-9a-f]{64}$/, '32 bytes: 0x and 64 hex digits in lower case')

/** A signature of any kind, up to so many bytes. */
export const signatureOf = (maxBytes: number): Rule => [
  `a signature: 0x and hex, of at most ${maxBytes.toLocaleString('en')} bytes`,
  (value) => typeof value === 'string' && value.length <= 2 + 2 * maxBytes && /^0x(?:[0-9a-f]{2})*$/i.test(value)
]

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Holds an object to the rules of its members: each is there, but for those that may be missing, and there are no others. */
export function checkMembers(
  path: string,
  value: unknown,
  rules: Readonly<Record<string, Rule>>,
  optional: readonly string[],
  refused: (path: string, rule: string) => Error
): void {
  if (!isObject(value)) throw refused(path, 'must be an object')
  const stranger = Object.keys(value).find((name) => !Object.hasOwn(rules, name))
  if (stranger !== undefined) throw refused(path, `must have no member ${JSON.stringify(stranger.slice(0, 64))}`)
  for (const [name, [rule, holds]] of Object.entries(rules)) {
    if (!Object.hasOwn(value, name) && optional.includes(name)) continue
    if (!Object.hasOwn(value, name) || !holds(value[name])) throw refused(`${path}.${name}`, `must be ${rule}`)
  }
}
