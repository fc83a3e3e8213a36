import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import published from '../../schema/trend-document.schema.json' with { type: 'json' }
import { cidOf } from '../../src/block/cid.ts'
import { encode } from '../../src/document/canonical.ts'
import { documentSchema } from '../../src/document/json-schema.ts'
import { issuesOf } from '../../src/document/parse.ts'
import type { Rule } from '../../src/document/rule.ts'
import { DOCUMENT } from '../../src/document/schema.ts'
import { SCHEMA_CID } from '../../src/document/schema-cid.ts'
import vectors from '../vectors/documents.json' with { type: 'json' }
import refused from '../vectors/refused.json' with { type: 'json' }

// Conditions name fields that are declared beside them, not inside them.
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: false })
const fits = ajv.compile(documentSchema())

/** Any value that keeps a rule, as far as a single field goes. */
function kept(rule: Rule): fc.Arbitrary<unknown> {
  switch (rule.kind) {
    case 'text': {
      const patterns = rule.spellings.map(({ pattern }) => pattern)
      const [only] = patterns
      if (patterns.length === 1 && only !== undefined) return spelled(only, rule.max)
      const text = fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
        fc.constant('x'.repeat(rule.max))
      )
      return text.map((all) => all.normalize('NFC')).filter((all) => patterns.every((pattern) => pattern.test(all)))
    }
    case 'integer':
      return fc.oneof(fc.constantFrom(rule.min, rule.max), fc.integer({ min: rule.min, max: Math.min(rule.max, 1e6) }))
    case 'flag':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...rule.of)
    case 'list': {
      const limits = { minLength: rule.min, maxLength: Math.min(rule.max, rule.min + 3) }
      return rule.unique ? fc.uniqueArray(kept(rule.of), limits) : fc.array(kept(rule.of), limits)
    }
    case 'object': {
      const entries = Object.entries(rule.fields)
      const required = entries.filter(([, field]) => !field.optional).map(([key]) => key)
      return fc.record(Object.fromEntries(entries.map(([key, field]) => [key, kept(field.rule)])), {
        requiredKeys: required
      })
    }
    case 'extension':
      return fc.dictionary(
        spelled(rule.key.spellings[0]?.pattern ?? /^$/, rule.key.max),
        fc.jsonValue({ maxDepth: 2 }),
        { maxKeys: 3 }
      )
    case 'variant':
      return fc.oneof(...Object.values(rule.of).map(kept))
  }
}

const spelled = (pattern: RegExp, max: number): fc.Arbitrary<string> =>
  fc.stringMatching(pattern, { size: 'xsmall' }).filter((text) => Array.from(text).length <= max)

/** The rules that a schema can state: those of single fields and of conditions, not those across lists. */
const ACROSS = /evidence of this document|that of \$|after|sorted by|24 hex digits|another document|normal form C/

const keepsFieldRules = (value: unknown): boolean => issuesOf(value).every(({ rule }) => ACROSS.test(rule))

describe('the JSON Schema', () => {
  test('is the one that is published, under its CID', async () => {
    expect(published).toEqual(documentSchema())
    expect(String(await cidOf(encode(documentSchema())))).toBe(SCHEMA_CID)
  })

  test.each(vectors)('takes the golden document: $name', ({ document }) => {
    expect(fits(document) || fits.errors).toBe(true)
  })

  test('refuses no golden refusal for less than the checker', () => {
    const parsed = refused.flatMap(({ name, text }) => {
      try {
        return [{ name, value: JSON.parse(text ?? '') as unknown }]
      } catch {
        return []
      }
    })
    const objects = parsed.filter(({ value }) => issuesOf(value).length > 0)
    expect(objects.length).toBeGreaterThan(70)
    expect(objects.filter(({ value }) => fits(value) !== keepsFieldRules(value)).map(({ name }) => name)).toEqual([])
  })

  test('agrees with the checker on documents made from the rules', () => {
    let taken = 0
    fc.assert(
      fc.property(kept(DOCUMENT), (document) => {
        const isKept = keepsFieldRules(document)
        if (isKept) taken++
        expect(fits(document)).toBe(isKept)
      }),
      { numRuns: 400 }
    )
    expect(taken).toBeGreaterThan(20)
  })

  test('agrees with the checker after one change somewhere in a golden document', () => {
    const junk = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        '',
        ' ',
        'x',
        0,
        -1,
        1,
        1.5,
        1e21,
        true,
        [],
        {},
        [null],
        ['x', 'x'],
        { x: 1 },
        'x'.repeat(600)
      ),
      // What is not in NFC is refused for that alone, which a schema cannot say.
      fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.normalize('NFC')),
      fc.constant(REMOVED),
      fc.constant(ADDED)
    )
    let broken = 0
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.nat(), junk, ({ document }, seed, change) => {
        const changed = changeAt(document, seed, change)
        const isKept = keepsFieldRules(changed)
        if (!isKept) broken++
        expect(fits(changed)).toBe(isKept)
      }),
      { numRuns: 3000 }
    )
    expect(broken).toBeGreaterThan(1000)
  })
})

const REMOVED = Symbol('removed')
const ADDED = Symbol('added')

/** A copy with one of its places, chosen by `seed`, changed. */
function changeAt(document: unknown, seed: number, change: unknown): unknown {
  const copy = structuredClone(document)
  const places = placesIn(copy)
  const { parent, key } = places[seed % places.length] as Place
  if (change === ADDED) {
    const inside = parent[key]
    if (typeof inside === 'object' && inside !== null && !Array.isArray(inside)) Object.assign(inside, { added: 1 })
    else parent[key] = [inside]
  } else if (change !== REMOVED) parent[key] = change
  else if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete parent[key]
  return copy
}

interface Place {
  readonly parent: Record<string, unknown>
  readonly key: string
}

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  const parent = value as Record<string, unknown>
  return Object.entries(parent).flatMap(([key, member]) => [{ parent, key }, ...placesIn(member)])
}
