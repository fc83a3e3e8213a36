import type { Issue } from '../errors.ts'
import { acrossEdition, acrossNotice, acrossTrend, evidenceIssues } from './across.ts'
import { decode, faultOf } from './canonical.ts'
import { check, isObject, MAX_ISSUES } from './check.ts'
import type { Draft, Edition, Notice, Trend, TrendDocument } from './document.ts'
import { invalidDocument } from './issue.ts'
import { isPlain, MAX_DEPTH } from './json.ts'
import type { VariantRule } from './rule.ts'
import { DOCUMENT, DRAFT } from './schema.ts'

/** Holds a value to the format. @throws INVALID_DOCUMENT with every issue */
export function parseDocument(value: unknown): TrendDocument {
  refuse(issuesOf(value))
  return value as TrendDocument
}

/**
 * Decodes a document's canonical bytes and holds it to the format.
 * @throws INVALID_DOCUMENT when it is none
 * @throws NOT_CANONICAL when the bytes are another spelling of it
 */
export const readDocument = (bytes: Uint8Array): TrendDocument => parseDocument(decode(bytes))

/**
 * Holds an author's input to the format; what the tool fills in may be left out. Members that are `undefined` are as
 * if they were not there.
 * @throws INVALID_DOCUMENT with every issue
 */
export function parseDraft(value: unknown): Draft {
  const draft = withoutUndefined(value, 0, new Map())
  const typed = isObject(draft) && !Object.hasOwn(draft, 'type') ? { ...draft, type: 'trend' } : draft
  refuse(issuesUnder(DRAFT, typed, [lackOfText]))
  return draft as Draft
}

/** Everything about a value that breaks a rule of the format; at most 50 issues. */
export const issuesOf = (value: unknown): readonly Issue[] => issuesUnder(DOCUMENT, value, [])

function refuse(issues: readonly Issue[]): void {
  const [first, ...more] = issues
  if (first !== undefined) throw invalidDocument([first, ...more])
}

/** Fields that keep their own rules, of whichever type. */
type Sound = Partial<Omit<Trend, 'type'> & Omit<Edition, 'type'> & Omit<Notice, 'type'>> & { readonly type?: string }

function issuesUnder(
  rule: VariantRule,
  value: unknown,
  more: readonly ((document: Sound) => readonly Issue[])[]
): readonly Issue[] {
  // First of all it must be finite plain data, or nothing below would be sure to end.
  const fault = faultOf(value)
  if (fault !== undefined) return [fault]
  const issues: Issue[] = []
  check(rule, value, '$', issues)
  // Past the limit fields were no longer looked at, so nothing is known to be sound.
  if (!isObject(value) || issues.length >= MAX_ISSUES) return issues.slice(0, MAX_ISSUES)
  const broken = new Set(issues.map(({ path }) => /^\$\.([A-Za-z]+)/.exec(path)?.[1] ?? ''))
  const sound = Object.fromEntries(Object.entries(value).filter(([key]) => !broken.has(key))) as Sound
  issues.push(...across(sound, broken), ...more.flatMap((rule) => rule(value as Sound)))
  return issues.slice(0, MAX_ISSUES)
}

function across(sound: Sound, broken: ReadonlySet<string>): readonly Issue[] {
  switch (sound.type) {
    case 'trend': {
      const { claims = [], metrics = [], evidence = [] } = sound
      const named = broken.has('evidence') ? [] : evidenceIssues(claims, metrics, evidence)
      return [...acrossTrend(sound), ...named]
    }
    case 'edition':
      return acrossEdition(sound)
    case 'notice':
      return acrossNotice(sound)
    default:
      return []
  }
}

function lackOfText(draft: Sound): readonly Issue[] {
  const written = Object.hasOwn(draft, 'body') || Object.hasOwn(draft, 'summary')
  if (written || draft.type !== 'trend') return []
  return [{ path: '$.body', rule: 'must be there where there is no summary', mend: 'write some Markdown' }]
}

/** A copy of plain data without members that are undefined. What is no plain data stays, for the checks to refuse. */
function withoutUndefined(value: unknown, depth: number, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  // Inside itself a value stands for itself, so that a cycle is still one when the checks come to it.
  copies.set(value, value)
  const copy = Array.isArray(value)
    ? Array.from(value, (element) => withoutUndefined(element, depth + 1, copies))
    : isPlain(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .map(([key, member]) => [key, withoutUndefined(member, depth + 1, copies)])
        )
      : value
  copies.set(value, copy)
  return copy
}
