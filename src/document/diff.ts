import { canonicalText } from './canonical.ts'
import { elementPath, memberPath, quoted } from './issue.ts'
import type { Json } from './json.ts'

/** One difference between two values. An element known by a name is at `$.claims["c1"]`, wherever in its list it is. */
export interface Difference {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before?: Json | undefined
  readonly after?: Json | undefined
}

type Members = { readonly [key: string]: Json }

/** What has to change in `a` to make it `b`; empty exactly where their canonical bytes are equal. */
export const diff = (a: Json, b: Json): readonly Difference[] => diffAt(a, b, '$')

function diffAt(before: Json, after: Json, path: string): readonly Difference[] {
  if (isList(before) && isList(after)) {
    const name = nameIn(before, after)
    return name === undefined ? diffLists(before, after, path) : diffNamed(before, after, name, path)
  }
  if (isMembers(before) && isMembers(after)) return diffMembers(before, after, path)
  return canonicalText(before) === canonicalText(after) ? [] : [{ path, kind: 'changed', before, after }]
}

function diffMembers(before: Members, after: Members, path: string): readonly Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys.flatMap((key) => diffOptional(member(before, key), member(after, key), memberPath(path, key)))
}

// An inherited member, as `constructor` would be, is none.
const member = (members: Members, key: string): Json | undefined =>
  Object.hasOwn(members, key) ? members[key] : undefined

function diffOptional(before: Json | undefined, after: Json | undefined, path: string): readonly Difference[] {
  if (before === undefined) return after === undefined ? [] : [{ path, kind: 'added', after }]
  if (after === undefined) return [{ path, kind: 'removed', before }]
  return diffAt(before, after, path)
}

const NAMES = ['id', 'slug', 'time'] as const

/** The member that tells the elements of both lists apart, if there is one. */
function nameIn(before: readonly Json[], after: readonly Json[]): string | undefined {
  const names = (list: readonly Json[], name: string): readonly Json[] =>
    list.flatMap((element) => (isMembers(element) ? [member(element, name) ?? null] : [null]))
  const tells = (list: readonly Json[], name: string): boolean => {
    const all = names(list, name)
    return all.every((one) => typeof one === 'string') && new Set(all).size === all.length
  }
  if (before.length === 0 && after.length === 0) return undefined
  return NAMES.find((name) => tells(before, name) && tells(after, name))
}

function diffNamed(before: readonly Json[], after: readonly Json[], name: string, path: string): readonly Difference[] {
  const byName = (list: readonly Json[]): ReadonlyMap<string, Json> =>
    new Map(list.map((element) => [(element as Members)[name] as string, element]))
  const [old, young] = [byName(before), byName(after)]
  const names = [...new Set([...young.keys(), ...old.keys()])]
  const oldOrder = [...old.keys()].filter((one) => young.has(one))
  const newOrder = [...young.keys()].filter((one) => old.has(one))
  const moved = oldOrder.some((one, i) => one !== newOrder[i])
  const order: Difference = { path: `${path}[*].${name}`, kind: 'changed', before: oldOrder, after: newOrder }
  return [
    ...(moved ? [order] : []),
    ...names.flatMap((one) => diffOptional(old.get(one), young.get(one), `${path}[${quoted(one)}]`))
  ]
}

/** Lists without names: what they start and end with alike stays, and the rest is compared place by place. */
function diffLists(before: readonly Json[], after: readonly Json[], path: string): readonly Difference[] {
  const same = (a: Json | undefined, b: Json | undefined): boolean =>
    a !== undefined && b !== undefined && canonicalText(a) === canonicalText(b)
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && same(before[start], after[start])) start++
  let end = 0
  while (end < shorter - start && same(before.at(-1 - end), after.at(-1 - end))) end++
  const old = before.slice(start, before.length - end)
  const young = after.slice(start, after.length - end)
  return Array.from({ length: Math.max(old.length, young.length) }, (_, i) =>
    diffOptional(old[i], young[i], elementPath(path, start + i))
  ).flat()
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const isMembers = (value: Json): value is Members => typeof value === 'object' && value !== null && !isList(value)
