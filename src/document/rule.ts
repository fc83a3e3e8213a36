/*
 * The vocabulary in which the format is written: rules are plain values. The checker walks them, and the JSON Schema is
 * made from the same ones, so the two cannot disagree.
 */

/** A spelling that text must have. */
export interface Spelling {
  readonly pattern: RegExp
  /** What the pattern asks, in words: `must be …`. */
  readonly rule: string
  readonly mend?: string | undefined
}

/** Text: NFC, `min` to `max` code points, in every one of the spellings. */
export interface TextRule {
  readonly kind: 'text'
  readonly min: number
  readonly max: number
  readonly spellings: readonly Spelling[]
}

/** A whole number between two bounds, both included. */
export interface IntegerRule {
  readonly kind: 'integer'
  readonly min: number
  readonly max: number
}

export interface FlagRule {
  readonly kind: 'flag'
}

/** One of a few words. */
export interface ChoiceRule {
  readonly kind: 'choice'
  readonly of: readonly string[]
}

export interface ListRule {
  readonly kind: 'list'
  readonly of: Rule
  readonly min: number
  readonly max: number
  /** No two elements are equal; for lists of text. */
  readonly unique: boolean
}

/** An object of exactly these fields. */
export interface ObjectRule {
  readonly kind: 'object'
  /** What it is, as errors and the schema call it: `claim`. */
  readonly name: string
  readonly fields: Readonly<Record<string, Field>>
  readonly conditions: readonly Condition[]
}

export interface Field {
  readonly rule: Rule
  readonly optional: boolean
}

/** When `field` is `is`, other fields must be there and not empty, or must not; and perhaps the contrary otherwise. */
export interface Condition {
  readonly field: string
  readonly is: string | number
  readonly needs?: string | undefined
  readonly forbids?: string | undefined
  readonly otherwiseNeeds?: string | undefined
  readonly otherwiseForbids?: string | undefined
}

/** An object of any fields whose names are spelled so; the values may be any JSON. */
export interface ExtensionRule {
  readonly kind: 'extension'
  readonly key: TextRule
  readonly max: number
}

/** One of several objects, told apart by the word in one of their fields. */
export interface VariantRule {
  readonly kind: 'variant'
  readonly by: string
  readonly of: Readonly<Record<string, ObjectRule>>
}

export type Rule = TextRule | IntegerRule | FlagRule | ChoiceRule | ListRule | ObjectRule | ExtensionRule | VariantRule

export const text = (max: number, ...spellings: readonly Spelling[]): TextRule => ({
  kind: 'text',
  min: 1,
  max,
  spellings
})

export const integer = (min: number, max: number): IntegerRule => ({ kind: 'integer', min, max })

export const flag: FlagRule = { kind: 'flag' }

export const choice = (...of: readonly string[]): ChoiceRule => ({ kind: 'choice', of })

/** A list of at most `max`, and at least `min`, elements. */
export const list = (of: Rule, max: number, min = 0): ListRule => ({ kind: 'list', of, min, max, unique: false })

/** A list of texts of which none is there twice. */
export const set = (of: TextRule, max: number): ListRule => ({ kind: 'list', of, min: 0, max, unique: true })

export const optional = (rule: Rule): Field => ({ rule, optional: true })

/** An object named `name`; fields are required unless they are {@link optional}. */
export function object(
  name: string,
  fields: Readonly<Record<string, Rule | Field>>,
  ...conditions: readonly Condition[]
): ObjectRule {
  const entries = Object.entries(fields).map(([key, field]): [string, Field] => [
    key,
    'kind' in field ? { rule: field, optional: false } : field
  ])
  return { kind: 'object', name, fields: Object.fromEntries(entries), conditions }
}

export const extension = (key: TextRule, max: number): ExtensionRule => ({ kind: 'extension', key, max })

export const variant = (by: string, ...objects: readonly ObjectRule[]): VariantRule => ({
  kind: 'variant',
  by,
  of: Object.fromEntries(objects.map((rule) => [rule.name, rule]))
})
