/** Values of JSON, and everything that a lying node may put in their place. */
export type Path = readonly (string | number)[]

/** One change of one field of an answer, under a name of the table. */
export interface Change {
  readonly kind: Kind
  /** `$` is the whole answer. */
  readonly path: Path
  readonly value: unknown
}

export const KINDS = [
  'bit flip',
  'zero',
  'max',
  'null',
  'missing',
  'other type',
  'wrong length',
  'stale',
  "other block's",
  "other account's",
  "other document's"
] as const
export type Kind = (typeof KINDS)[number]

/** What the same question, asked about something else, is answered with. */
export type Elsewhere = Readonly<
  Partial<Record<'stale' | "other block's" | "other account's" | "other document's", readonly unknown[]>>
>

/** Stands for a field that is not there. */
export const MISSING = Symbol('missing')

/** Every field of an answer, the whole of it first. */
export function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsIn(item, [...path, key]))]
}

/** All changes of one field. What changes nothing is left out. */
export function changesAt(answer: unknown, path: Path, elsewhere: Elsewhere, random: () => number): readonly Change[] {
  const here = at(answer, path)
  const others = Object.entries(elsewhere).flatMap(([kind, answers]) =>
    answers.map((other) => ({ kind: kind as Kind, value: at(other, path) }))
  )
  const all = [...inventions(here, random), ...others]
  const before = JSON.stringify(here)
  return all
    .filter(({ value }) =>
      value === MISSING ? path.length > 0 : value !== undefined && JSON.stringify(value) !== before
    )
    .map(({ kind, value }) => ({ kind, path, value }))
}

function inventions(here: unknown, random: () => number): readonly { readonly kind: Kind; readonly value: unknown }[] {
  const common = [
    { kind: 'null', value: null },
    { kind: 'missing', value: MISSING },
    ...[1, true, 'x', [], {}].map((value) => ({ kind: 'other type' as const, value }))
  ] as const
  if (typeof here !== 'string' || !here.startsWith('0x')) return common
  const digits = here.slice(2)
  const flip = (i: number): string =>
    `0x${digits.slice(0, i)}${(Number.parseInt(digits[i]!, 16) ^ (1 << Math.floor(random() * 4))).toString(16)}${digits.slice(i + 1)}`
  const places =
    digits === ''
      ? []
      : [0, digits.length - 1, ...Array.from({ length: 2 }, () => Math.floor(random() * digits.length))]
  return [
    ...common,
    ...places.map((i) => ({ kind: 'bit flip' as const, value: flip(i) })),
    { kind: 'zero', value: '0x0' },
    { kind: 'zero', value: `0x${'0'.repeat(digits.length)}` },
    { kind: 'max', value: `0x${'f'.repeat(digits.length)}` },
    { kind: 'max', value: `0x${'f'.repeat(64)}` },
    { kind: 'wrong length', value: '0x' },
    { kind: 'wrong length', value: `${here}00` },
    { kind: 'wrong length', value: `0x${digits.slice(2)}` },
    { kind: 'wrong length', value: `0x${digits}${'0'.repeat(64)}` }
  ]
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) => (Object(inside) as Readonly<Record<string | number, unknown>>)[key],
    value
  )
}

/** A copy of an answer with one field changed. */
export function changed(answer: unknown, { path, value }: Change): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy = (Array.isArray(answer) ? [...answer] : { ...Object(answer) }) as Record<string | number, unknown>
  const inside = rest.length === 0 ? value : changed(copy[key], { kind: 'null', path: rest, value })
  if (inside === MISSING) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1)
    else delete copy[key]
  } else copy[key] = inside
  return copy
}
