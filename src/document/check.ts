import type { Issue } from '../errors.ts'
import { elementPath, memberPath, quoted } from './issue.ts'
import type {
  ChoiceRule,
  Condition,
  ExtensionRule,
  IntegerRule,
  ListRule,
  ObjectRule,
  Rule,
  TextRule,
  VariantRule
} from './rule.ts'

/** No more issues than these are gathered: nobody mends more at once, and hostile input must not cost more. */
export const MAX_ISSUES = 50

type Members = Readonly<Record<string, unknown>>

/** Holds plain JSON data to a rule and adds an issue for everything that breaks it. */
export function check(rule: Rule, value: unknown, path: string, issues: Issue[]): void {
  if (issues.length >= MAX_ISSUES) return
  if (rule.kind === 'text') checkText(rule, value, path, issues)
  else if (rule.kind === 'integer') checkInteger(rule, value, path, issues)
  else if (rule.kind === 'flag') checkFlag(value, path, issues)
  else if (rule.kind === 'choice') checkChoice(rule, value, path, issues)
  else if (rule.kind === 'list') checkList(rule, value, path, issues)
  else if (rule.kind === 'object') checkObject(rule, value, path, issues)
  else if (rule.kind === 'extension') checkExtension(rule, value, path, issues)
  else checkVariant(rule, value, path, issues)
}

function checkText(rule: TextRule, value: unknown, path: string, issues: Issue[]): void {
  if (typeof value !== 'string') {
    const mend = typeof value === 'number' ? `write it in quotes: "${value}"` : mendKind(value)
    issues.push({ path, rule: 'must be text', mend })
    return
  }
  const issue = brokenSpelling(rule, value)
  if (issue !== undefined) issues.push({ path, ...issue })
}

function brokenSpelling({ min, max, spellings }: TextRule, value: string): Omit<Issue, 'path'> | undefined {
  if (value.length < min) return { rule: 'must not be empty', mend: 'leave the field out, or fill it in' }
  // Length counts code points, as JSON Schema does; a text is never longer in them than in UTF-16 units.
  if (value.length > max) {
    const length = lengthOf(value, 2 * max)
    if (length > max) return { rule: `must be at most ${max} characters`, mend: `shorten it: it has ${length}` }
  }
  if (!value.isWellFormed()) return { rule: 'must be well-formed Unicode; half of a surrogate pair stands alone' }
  if (value.normalize('NFC') !== value) return { rule: 'must be in Unicode normal form C', mend: 'normalise it to NFC' }
  const broken = spellings.find(({ pattern }) => !pattern.test(value))
  return broken && { rule: broken.rule, mend: broken.mend }
}

/** Code points, or UTF-16 units where there are more than `exact` of those. */
const lengthOf = (value: string, exact: number): number =>
  value.length > exact ? value.length : Array.from(value).length

function checkInteger({ min, max }: IntegerRule, value: unknown, path: string, issues: Issue[]): void {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    issues.push({ path, rule: 'must be a whole number', mend: mendKind(value) })
  } else if (value < min || value > max) {
    issues.push({ path, rule: `must be from ${min} to ${max}` })
  }
}

function checkFlag(value: unknown, path: string, issues: Issue[]): void {
  if (typeof value !== 'boolean') issues.push({ path, rule: 'must be true or false', mend: mendKind(value) })
}

function checkChoice({ of }: ChoiceRule, value: unknown, path: string, issues: Issue[]): void {
  if (typeof value === 'string' && of.includes(value)) return
  const rule = of.length === 1 ? `must be ${quoted(of[0] as string)}` : `must be one of ${of.join(', ')}`
  const near = typeof value === 'string' ? nearest(value, of) : undefined
  issues.push({ path, rule, mend: near === undefined ? mendKind(value) : `did you mean ${near}?` })
}

function checkList({ of, min, max, unique }: ListRule, value: unknown, path: string, issues: Issue[]): void {
  if (!Array.isArray(value)) {
    issues.push({ path, rule: 'must be a list', mend: value === null ? mendKind(value) : 'put it in brackets: […]' })
    return
  }
  if (value.length < min) issues.push({ path, rule: `must have at least ${min} element${min === 1 ? '' : 's'}` })
  if (value.length > max) {
    issues.push({ path, rule: `must have at most ${max} elements`, mend: `shorten it: it has ${value.length}` })
    return
  }
  const seen = new Set<unknown>()
  for (const [i, element] of value.entries()) {
    if (issues.length >= MAX_ISSUES) return
    const at = elementPath(path, i)
    check(of, element, at, issues)
    if (unique && seen.has(element))
      issues.push({ path: at, rule: 'must not be in the list twice', mend: 'remove one' })
    seen.add(element)
  }
}

function checkObject(rule: ObjectRule, value: unknown, path: string, issues: Issue[], others?: VariantRule): void {
  if (!isObject(value)) {
    issues.push({ path, rule: `must be an object: ${withArticle(rule.name)}`, mend: mendKind(value) })
    return
  }
  for (const [key, field] of Object.entries(rule.fields)) {
    const at = memberPath(path, key)
    if (Object.hasOwn(value, key)) check(field.rule, value[key], at, issues)
    else if (!field.optional)
      issues.push({ path: at, rule: 'must be there', mend: `${withArticle(rule.name)} needs it` })
  }
  for (const key of Object.keys(value)) {
    if (issues.length >= MAX_ISSUES) return
    if (!Object.hasOwn(rule.fields, key)) issues.push(unknownField(rule, key, path, others))
  }
  for (const condition of rule.conditions) checkCondition(condition, value, path, issues)
}

function unknownField(rule: ObjectRule, key: string, path: string, others: VariantRule | undefined): Issue {
  const near = nearest(key, Object.keys(rule.fields))
  const elsewhere = Object.values(others?.of ?? {}).find(({ fields }) => Object.hasOwn(fields, key))
  const own = 'put a field of your own under the document’s ext, e.g. ext["org.example.rating"]'
  const mend =
    elsewhere !== undefined
      ? `only ${withArticle(elsewhere.name)} has it; remove it`
      : near !== undefined
        ? `did you mean ${near}? Otherwise ${own}`
        : own
  return { path: memberPath(path, key), rule: `is no field of ${withArticle(rule.name)}`, mend }
}

function checkCondition(condition: Condition, value: Members, path: string, issues: Issue[]): void {
  const { field, is } = condition
  if (!Object.hasOwn(value, field)) return
  const holds = value[field] === is
  const needed = holds ? condition.needs : condition.otherwiseNeeds
  const forbidden = holds ? condition.forbids : condition.otherwiseForbids
  const when = `when ${field} is ${holds ? '' : 'not '}${is}`
  if (needed !== undefined && (!Object.hasOwn(value, needed) || isEmptyList(value[needed]))) {
    issues.push({ path: memberPath(path, needed), rule: `must be there ${when}` })
  }
  if (forbidden !== undefined && Object.hasOwn(value, forbidden)) {
    issues.push({ path: memberPath(path, forbidden), rule: `must not be there ${when}`, mend: 'remove it' })
  }
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function checkExtension({ key: name, max }: ExtensionRule, value: unknown, path: string, issues: Issue[]): void {
  if (!isObject(value)) {
    issues.push({ path, rule: 'must be an object of extensions', mend: mendKind(value) })
    return
  }
  const keys = Object.keys(value)
  if (keys.length > max) issues.push({ path, rule: `must have at most ${max} fields` })
  for (const key of keys) {
    if (issues.length >= MAX_ISSUES) return
    const at = memberPath(path, key)
    const spelling = brokenSpelling(name, key)
    if (spelling !== undefined) issues.push({ path: at, ...spelling })
  }
}

function checkVariant(rule: VariantRule, value: unknown, path: string, issues: Issue[]): void {
  const names = Object.keys(rule.of)
  if (!isObject(value)) {
    issues.push({ path, rule: `must be an object: ${names.map(withArticle).join(', ')}`, mend: mendKind(value) })
    return
  }
  const name = Object.hasOwn(value, rule.by) ? value[rule.by] : undefined
  if (typeof name !== 'string' || !names.includes(name)) {
    checkChoice({ kind: 'choice', of: names }, name, memberPath(path, rule.by), issues)
  } else {
    checkObject(rule.of[name] as ObjectRule, value, path, issues, rule)
  }
}

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const withArticle = (name: string): string => (/^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`)

const mendKind = (value: unknown): string | undefined => (value === null ? 'leave the field out' : undefined)

/** The word a writer most likely meant: the same but for case, or at most two letters away. */
function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > 32) return undefined
  const lower = word.toLowerCase()
  const near = words
    .map((candidate) => ({ candidate, distance: distanceOf(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= (candidate.length < 5 ? 1 : 2))
    .sort((a, b) => a.distance - b.distance)
  return near[0]?.candidate
}

/** Levenshtein distance: letters to insert, remove or replace. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
