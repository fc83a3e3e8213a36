import { isAlias, isNode, isPair, isScalar, parseDocument as parseYaml, visit } from 'yaml'
import type { ArchiveError } from '../errors.ts'
import { invalidDocument } from './issue.ts'
import { linesOutsideCode, toPlainText } from './plain-text.ts'
import { MAX_BYTES } from './size.ts'

const FRONT_MATTER = /^---[ \t]*\n(?:([\s\S]*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|$)/
const HEADING = /^ {0,3}#(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/

/**
 * Reads Markdown, perhaps under YAML front matter, as a draft that is still to be parsed. The title is that of the front
 * matter, or else the first `# heading`, which the body then does without. Text comes out in NFC with line feeds.
 * @throws INVALID_DOCUMENT when the front matter is no plain YAML object, or there is too much of it
 */
export function parseMarkdown(text: string): unknown {
  if (text.length > MAX_BYTES) throw refused('$', 'must be at most 1 MiB (1,048,576 bytes)')
  const source = text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .normalize('NFC')
  const { fields, markdown } = split(source)
  const { title, rest } = Object.hasOwn(fields, 'title') ? { title: undefined, rest: markdown } : takeTitle(markdown)
  const body = rest.trim()
  if (body !== '' && Object.hasOwn(fields, 'body')) {
    throw refused('$.body', 'must not be in the front matter where there is text below it', 'keep one of the two')
  }
  return { ...(title === undefined ? {} : { title }), ...fields, ...(body === '' ? {} : { body }) }
}

function split(source: string): { readonly fields: object; readonly markdown: string } {
  if (!/^---[ \t]*(?:\n|$)/.test(source)) return { fields: {}, markdown: source }
  const [whole, yaml] = FRONT_MATTER.exec(source) ?? []
  if (whole === undefined) throw refused('$', 'the front matter has no end', 'close it with a line of ---')
  return { fields: parseFrontMatter(yaml ?? ''), markdown: source.slice(whole.length) }
}

function takeTitle(markdown: string): { readonly title: string | undefined; readonly rest: string } {
  const heading = linesOutsideCode(markdown).find(({ text }) => HEADING.test(text))
  const title = heading && toPlainText(HEADING.exec(heading.text)?.[1] ?? '')
  if (heading === undefined || title === '') return { title: undefined, rest: markdown }
  const rest = markdown.split('\n').filter((_, index) => index !== heading.index)
  return { title, rest: rest.join('\n') }
}

// The parser compares every key with every other one, so a huge map would take minutes.
const LONGEST_FRONT_MATTER = 262_144

function parseFrontMatter(yaml: string): object {
  if (yaml.length > LONGEST_FRONT_MATTER) {
    throw refused('$', 'the front matter must be at most 256 KiB', 'write a draft of that size as JSON')
  }
  // The core schema knows no dates, so they stay text. The first line is that of the opening `---`, for the messages.
  const options = { version: '1.2', schema: 'core', uniqueKeys: true, intAsBigInt: true } as const
  const document = parseYaml(`\n${yaml}`, options)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw refused('$', `the front matter is no plain YAML: ${firstLine(problem.message)}`)
  visit(document, (_, node) => checkNode(node, yaml))
  const value: unknown = document.toJS()
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw refused('$', 'the front matter must be fields: `key: value`')
  return value
}

function checkNode(node: unknown, yaml: string): void {
  if (isPair(node)) {
    // 1 and "1" are two keys to YAML, and one to JSON.
    if (!isScalar(node.key) || typeof node.key.value !== 'string') {
      throw refused('$', `every key must be text${placeOf(node.key, yaml)}`, 'put the key in quotes')
    }
  } else if (isAlias(node)) {
    // A few of them make a small text a huge value.
    throw refused('$', `aliases are not allowed${placeOf(node, yaml)}`, 'write the value out')
  } else if (isNode(node)) {
    if (node.tag !== undefined) throw refused('$', `tags are not allowed${placeOf(node, yaml)}`, 'leave the tag out')
    if (isScalar(node) && typeof node.value === 'bigint') {
      if (!Number.isSafeInteger(Number(node.value))) {
        throw refused('$', `an integer must lie within ±9007199254740991${placeOf(node, yaml)}`, 'put it in quotes')
      }
      node.value = Number(node.value)
    }
  }
}

function placeOf(node: unknown, yaml: string): string {
  const offset = isNode(node) ? node.range?.[0] : undefined
  return offset === undefined ? '' : ` (line ${`\n${yaml}`.slice(0, offset).split('\n').length})`
}

const firstLine = (message: string): string => (message.split('\n')[0] ?? '').replace(/:$/, '')

const refused = (path: string, rule: string, mend?: string): ArchiveError<'INVALID_DOCUMENT'> =>
  invalidDocument([{ path, rule, mend }])
