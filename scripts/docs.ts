// Writes the parts of docs/SPEC.md that the sources or the vectors state already: the fields of a document and how each is
// spelled, and what is on chain, byte for byte. `--check` says whether they are up to date.
import { readFile, writeFile } from 'node:fs/promises'
import * as fields from '../src/document/fields.ts'
import type { ObjectRule, Rule, TextRule } from '../src/document/rule.ts'
import { DOCUMENT } from '../src/document/schema.ts'
import { CHAIN_PARTS, fenced } from './spec-chain.ts'

const FILE = new URL('../docs/SPEC.md', import.meta.url)

/** The kinds of text that have a name of their own. */
const SPELLED: readonly (readonly [string, TextRule])[] = Object.entries(fields)
  .flatMap(([name, rule]): (readonly [string, TextRule])[] =>
    typeof rule === 'object' && rule.kind === 'text' ? [[name, rule]] : []
  )
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
const NAMES = new Map<Rule, string>([...SPELLED.map(([name, rule]) => [rule, name] as const)])

function kindOf(rule: Rule): string {
  switch (rule.kind) {
    case 'text':
      // One line is held to three spellings, prose to two.
      return NAMES.get(rule) ?? `${rule.spellings.length === 3 ? 'line' : 'prose'} ${rule.max}`
    case 'integer':
      return `integer ${rule.min} … ${rule.max}`
    case 'flag':
      return 'true | false'
    case 'choice':
      return rule.of.map((word) => `"${word}"`).join(' | ')
    case 'list':
      return `${rule.unique ? 'set' : 'list'} of ${rule.min} … ${rule.max} ${kindOf(rule.of)}`
    case 'object':
      return rule.name
    case 'extension':
      return `at most ${rule.max} members, each ${kindOf(rule.key)}: any JSON`
    case 'variant':
      return Object.keys(rule.of).join(' | ')
  }
}

/** Every object of the format, in the order in which it is met. */
function objectsIn(rule: Rule, met = new Map<string, ObjectRule>()): ReadonlyMap<string, ObjectRule> {
  if (rule.kind === 'list') objectsIn(rule.of, met)
  if (rule.kind === 'variant') for (const one of Object.values(rule.of)) objectsIn(one, met)
  if (rule.kind === 'object' && !met.has(rule.name)) {
    met.set(rule.name, rule)
    for (const { rule: inner } of Object.values(rule.fields)) objectsIn(inner, met)
  }
  return met
}

function linesOf({ name, fields: own }: ObjectRule): string {
  const lines = Object.entries(own).map(([key, { rule, optional }]) => {
    return `  ${`${key}${optional ? '?' : ''}`.padEnd(14)}${kindOf(rule)}`
  })
  return [name, ...lines].join('\n')
}

const PARTS: Readonly<Record<string, string>> = {
  fields: fenced([...objectsIn(DOCUMENT).values()].map(linesOf).join('\n\n')),
  spellings: fenced(
    SPELLED.map(([name, { max, spellings }]) => {
      return `${name.padEnd(13)}${String(max).padStart(4)}  ${spellings[0]?.pattern.source}`
    }).join('\n')
  ),
  ...CHAIN_PARTS
}

const fill = (text: string): string =>
  Object.entries(PARTS).reduce((filled, [name, part]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(filled)) throw new Error(`docs/SPEC.md has no place for ${name}`)
    return filled.replace(place, (_, start: string, end: string) => `${start}\n${part}\n\n${end}`)
  }, text)

const written = await readFile(FILE, 'utf8')
const wanted = fill(written)
if (!process.argv.includes('--check')) await writeFile(FILE, wanted)
else if (written !== wanted) {
  console.error('docs/SPEC.md is not up to date: run scripts/docs.ts')
  process.exitCode = 1
}
