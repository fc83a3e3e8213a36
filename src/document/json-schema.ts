import { SPEC } from './document.ts'
import type { Json } from './json.ts'
import type { Condition, ObjectRule, Rule, TextRule } from './rule.ts'
import { DOCUMENT } from './schema.ts'

type Schema = { readonly [key: string]: Json }

/** The format as a JSON Schema (draft 2020-12). What it cannot say is named in its `$comment`. */
export const documentSchema = (): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:trend-archive:document:${SPEC}`,
  $comment:
    'Beyond this schema: text is in NFC, ids and slugs are unique in their lists, evidence that is named exists, ' +
    'forecasts resolve after publication, points of a metric ascend, entries are sorted by slug, the slug of a notice ' +
    'is made of the digest it is about, and the bytes are canonical (RFC 8785) and at most 1 MiB.',
  title: 'Trend document',
  ...toJsonSchema(DOCUMENT)
})

/** The JSON Schema of a rule, with every object it is made of under `$defs`. */
export function toJsonSchema(rule: Rule): Schema {
  const definitions = new Map<string, Schema>()
  const schema = schemaOf(rule, definitions)
  const sorted = [...definitions].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...schema, $defs: Object.fromEntries(sorted) }
}

function schemaOf(rule: Rule, definitions: Map<string, Schema>): Schema {
  switch (rule.kind) {
    case 'text':
      return textSchema(rule)
    case 'integer':
      return { type: 'integer', minimum: rule.min, maximum: rule.max }
    case 'flag':
      return { type: 'boolean' }
    case 'choice':
      return rule.of.length === 1 ? { const: rule.of[0] as string } : { enum: rule.of }
    case 'list': {
      const items = schemaOf(rule.of, definitions)
      return { type: 'array', items, minItems: rule.min, maxItems: rule.max, uniqueItems: rule.unique }
    }
    case 'object':
      definitions.set(rule.name, objectSchema(rule, definitions))
      return { $ref: `#/$defs/${rule.name}` }
    case 'extension':
      return { type: 'object', propertyNames: textSchema(rule.key), maxProperties: rule.max }
    case 'variant':
      return {
        type: 'object',
        required: [rule.by],
        oneOf: Object.values(rule.of).map((object) => schemaOf(object, definitions))
      }
  }
}

function textSchema({ min, max, spellings }: TextRule): Schema {
  const patterns = spellings.map(({ pattern, rule }) => ({ pattern: sourceOf(pattern), description: rule }))
  const [only] = patterns
  const spelled: Schema = patterns.length === 1 && only !== undefined ? only : { allOf: patterns }
  return { type: 'string', minLength: min, maxLength: max, ...spelled }
}

// A slash needs its backslash in a literal only.
const sourceOf = (pattern: RegExp): string => pattern.source.replaceAll('\\/', '/')

function objectSchema({ fields, conditions }: ObjectRule, definitions: Map<string, Schema>): Schema {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, { rule }]) => [key, schemaOf(rule, definitions)])),
    required: entries.filter(([, { optional }]) => !optional).map(([key]) => key),
    additionalProperties: false,
    ...(conditions.length === 0 ? {} : { allOf: conditions.map(conditionSchema) })
  }
}

function conditionSchema({ field, is, needs, forbids, otherwiseNeeds, otherwiseForbids }: Condition): Schema {
  return {
    if: { properties: { [field]: { const: is } }, required: [field] },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
    then: demand(needs, forbids),
    else: demand(otherwiseNeeds, otherwiseForbids)
  }
}

const demand = (needed: string | undefined, forbidden: string | undefined): Schema => ({
  ...(needed === undefined ? {} : { required: [needed], properties: { [needed]: { minItems: 1 } } }),
  ...(forbidden === undefined ? {} : { not: { required: [forbidden] } })
})
