import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseCid, toBytes32 } from '../src/block/cid.ts'
import { exitOfError } from '../src/cli/exit.ts'
import { DEFAULTED, FILLED } from '../src/document/document.ts'
import { complete } from '../src/document/draft.ts'
import { parseJson } from '../src/document/json.ts'
import { parseMarkdown } from '../src/document/markdown.ts'
import { parseDraft } from '../src/document/parse.ts'
import { ArchiveError, type ErrorCode } from '../src/errors.ts'
import { topics } from '../src/registry/abi.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from '../src/registry/bytecode.ts'
import { codeDigestQuery } from '../src/registry/code.ts'
import { fromHex, keccak256, toBytes32 as wordOf } from '../src/registry/keccak.ts'
import { refOf } from '../src/registry/ref.ts'
import { editionTree, keyOf, leafOf } from '../src/registry/tree.ts'
import documents from './vectors/documents.json' with { type: 'json' }
import { PUBLISHER } from './world.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const SPEC = read('docs/SPEC.md')
const ERRORS = read('docs/ERRORS.md')
const THREATS = read('docs/THREATS.md')

/** What stands between a mark and the next. */
const part = (name: string): string =>
  new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- end -->`).exec(SPEC)?.[1] ?? expect.fail(`no part ${name}`)
const words = (text: string): readonly string[] => text.match(/0x[0-9a-f]+/g) ?? []
const vector = (name: string) => documents.find((one) => one.name === name) ?? expect.fail(`no vector ${name}`)

describe('the specification', () => {
  test('shows the example that is in the vectors, with all its names', () => {
    const { canonical, cid, bytes, bytes32, leaf } = vector('minimal trend')
    expect(part('example').trim()).toBe(`\`\`\`json\n${canonical}\n\`\`\``)
    const example = SPEC.slice(SPEC.indexOf('## 1 '), SPEC.indexOf('## 2 '))
    for (const name of [cid, bytes32, leaf, refOf('edge-computing'), `${bytes} bytes`]) expect(example).toContain(name)
  })

  test('shows the leaves, the tree and the key of the edition that is in the vectors', () => {
    const { document, bytes32, leaf } = vector('edition')
    const digests = (document.entries ?? []).map(({ cid }) => toBytes32(parseCid(cid)))
    const { root } = editionTree(digests)
    expect(words(part('edition'))).toEqual([...digests.map(leafOf), root, leaf, keyOf(bytes32 as `0x${string}`, root)])
  })

  test('shows where the storage of the example is', () => {
    const { document, leaf } = vector('minimal trend')
    const publisher = document.publisher.split(':')[2]!.slice(2).padStart(64, '0')
    const under = (key: string, slot: string): string => wordOf(keccak256(fromHex(`0x${key}${slot}`))).slice(2)
    const slotOf = (slot: number, key: string): string =>
      under(key.slice(2), under(publisher, String(slot).padStart(64, '0')))
    const state = SPEC.slice(SPEC.indexOf('### 4.2'), SPEC.indexOf('### 4.3'))
    expect(words(state)).toEqual([`0x${slotOf(0, leaf)}`, `0x${slotOf(1, refOf('edge-computing'))}`])
  })

  test('names the registry that the package knows, and the topics of its events', () => {
    expect(words(part('deployment'))).toEqual([
      PROXY,
      SALT,
      wordOf(keccak256(fromHex(creationCode))),
      ADDRESS,
      CODE_DIGEST
    ])
    const shown = [...part('topics').matchAll(/`(\w+)\(.*`(0x[0-9a-f]{64})`/g)].map(([, name, topic]) => [name, topic])
    expect(Object.fromEntries(shown)).toEqual(topics)
  })

  test('shows the init code that readers ask for the code with', () => {
    const [, code = expect.fail('no init code')] = /the init code `([^`]+)`/.exec(SPEC) ?? []
    const bytes = code.replace('address', ADDRESS.slice(2)).replaceAll(/[‖ ]/g, '')
    expect(`0x${bytes}`).toBe(codeDigestQuery(ADDRESS))
  })

  test('has the typed data and the verbs of the contract', () => {
    const contract = read('contracts/TrendRegistry.sol')
    const [type = expect.fail('no type')] = /Publish\(address[^"]*\)/.exec(contract) ?? []
    expect(SPEC).toContain(type)
    const errors = [...read('contracts/ITrendRegistry.sol').matchAll(/^ {4}error (\w+)/gm)].map(([, name]) => name!)
    expect(errors.length).toBeGreaterThan(5)
    for (const name of errors) expect(SPEC).toContain(`\`${name}\``)
  })

  test('uses the words of BCP 14 in capitals where it binds', () => {
    const partOne = SPEC.slice(SPEC.indexOf('# Part 1: on chain'), SPEC.indexOf('# Part 2: documents'))
    expect(SPEC).toMatch(/BCP 14 \(RFC 2119, RFC\s8174\)/)
    expect(partOne.match(/\bMUST\b/g)?.length ?? 0).toBeGreaterThan(9)
    for (const number of ['3', '4', '4.1', '4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8']) {
      expect(partOne).toMatch(new RegExp(`^##+ ${number.replace('.', '\\.')} `, 'm'))
    }
  })

  test('refers to sections that are there', () => {
    const numbers = new Set([...SPEC.matchAll(/^##+ ([0-9.]+) /gm)].map(([, number]) => number!))
    const prose = SPEC.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
    const named = prose.match(/(?<![\w.])[3-8]\.[1-9](?![\w.]\w)/g) ?? []
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((number) => !numbers.has(number))).toEqual([])
  })

  test('states what the sources and the vectors do, and shows every byte of the story on chain', () => {
    const script = join(ROOT, 'scripts/docs.ts')
    expect(() => execFileSync(process.execPath, [script, '--check'])).not.toThrow()
  })
})

describe('the list of errors', () => {
  const table = /interface ErrorDetails \{\n([\s\S]*?)\n\}/.exec(read('src/errors.ts'))?.[1] ?? ''
  const codes = [...table.matchAll(/^ {2}([A-Z_]+): \{/gm)].map(([, code]) => code as ErrorCode)
  const sections = ERRORS.split(/^## /m).slice(1)

  test('has a section for every code and for no other, in their order', () => {
    expect(codes.length).toBeGreaterThan(10)
    expect(sections.map((section) => section.split('\n')[0])).toEqual(codes)
  })

  test.each(codes)('says of %s what to do, and how the command line ends', (code) => {
    const section = sections.find((one) => one.startsWith(`${code}\n`)) ?? ''
    expect(section).toContain('- **details** ')
    expect(section).toContain('- **do** ')
    const [, exit] = /- \*\*exit code\*\* (\d+)/.exec(section) ?? []
    const details = { reasons: [] as readonly string[], transient: false } as never
    expect(Number(exit)).toBe(exitOfError(new ArchiveError(code, 'it failed', details)))
  })
})

describe('the list of threats', () => {
  /** A link to a file of the tests, and the names in quotes behind it. */
  const shown = [...THREATS.matchAll(/\]\(\.\.\/(test\/[\w./-]+)\)((?:,? “[^”]+”)+)/g)].flatMap(([, file, names]) =>
    [...names!.matchAll(/“([^”]+)”/g)].map(([, name]) => [file!, name!] as const)
  )
  const rows = THREATS.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| it |'))

  test.each(shown)('%s has a test called "%s"', (file, name) => {
    const quoted = [`'${name}'`, `"${name}"`, `\`${name}\``]
    const text = read(file)
    expect(quoted.some((one) => text.includes(one))).toBe(true)
  })

  test('names a test in every row', () => {
    const bare = rows.filter((row) => !row.includes('| shown by |') && !/\]\(\.\.\/test\/[^)]+\) “/.test(row))
    expect(rows.length).toBeGreaterThan(40)
    expect(bare).toEqual([])
    expect(shown).toHaveLength(THREATS.match(/“/g)?.length ?? 0)
  })
})

describe('links', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join('docs', file))
  ]
  /** Code may hold brackets that are no links. */
  const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')

  test.each(pages)('in %s lead to files that are there', (page) => {
    const targets = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
    const local = targets.filter((target) => !/^(?:[a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*/, ''))
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
  })
})

describe('the guide to drafts', () => {
  const guide = read('docs/DRAFTS.md')
  const blocks = [...guide.matchAll(/^```(markdown|json)\n([\s\S]*?)^```/gm)].map(([, kind, text]) => [kind!, text!])

  test.each(blocks)('shows %s that is a draft: %s', (kind, text) => {
    const draft = parseDraft(kind === 'json' ? parseJson(text) : parseMarkdown(text))
    const place = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' } as const
    if (draft.type !== 'edition') expect(complete(draft, place).license).toBe('CC-BY-4.0')
  })

  test('shows more than one', () => {
    expect(blocks).toHaveLength(4)
  })

  test('names every field that the tool fills in', () => {
    for (const field of [...FILLED, ...DEFAULTED]) expect(guide).toContain(`\`${field}\``)
  })
})
