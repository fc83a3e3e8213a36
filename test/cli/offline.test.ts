import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cidOf } from '../../src/block/cid.ts'
import { folder, json, NOWHERE, run } from './shell.ts'

const DOCUMENT = {
  title: 'Edge computing',
  type: 'trend',
  spec: '1.0',
  publisher: 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  slug: 'edge-computing',
  version: 1,
  summary: 'Code moves near its users.',
  published: '2025-06-01T09:00:00Z',
  lang: 'en',
  authors: [{ name: 'Ann' }],
  license: 'CC-BY-4.0'
}
const DRAFT = '# Edge computing\n\nCode moves near its users.\n'

describe('encode', () => {
  test('prints the canonical bytes and nothing more', async () => {
    const cwd = folder({ 'd.json': JSON.stringify(DOCUMENT, undefined, 4) })
    const { code, stdout, stderr } = await run(['encode', 'd.json'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^\{"authors":\[\{"name":"Ann"\}\],"lang":"en".*"version":1\}$/)
    const cid = await cidOf(new TextEncoder().encode(stdout))
    expect((await run(['encode', '--cid', 'd.json'], { cwd })).stdout).toBe(`${cid}\n`)
    expect(json((await run(['encode', 'd.json', '--json'], { cwd })).stdout)).toEqual({
      cid: String(cid),
      document: DOCUMENT
    })
    // Canonical already: the same again.
    expect((await run(['encode', '-'], { cwd, stdin: stdout })).stdout).toBe(stdout)
    expect(existsSync(join(cwd, '.trend-archive'))).toBe(false)
  })

  test('gives the CID that Helia documents for its example', async () => {
    const { stdout } = await run(['encode', '--any', '--cid', '-'], { cwd: folder(), stdin: ' {"hello": "world"}\n' })
    expect(stdout).toBe('bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea\n')
  })

  test.each([
    ['a draft', DRAFT, '$.type'],
    ['two values for one key', '{"a":1,"a":2}', '$.a'],
    ['no JSON', '{', '$']
  ])('refuses %s, and says where', async (_, stdin, path) => {
    const { code, stdout, stderr } = await run(['encode', '-'], { cwd: folder(), stdin })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${path}: `)
    const told = json((await run(['encode', '-', '--json'], { cwd: folder(), stdin })).stdout)
    expect(told.error?.code).toBe('INVALID_DOCUMENT')
  })

  test('names the file that is no document, and says where a draft goes', async () => {
    const cwd = folder({ 'a.md': DRAFT, 'a.json': '{"title":"A","body":"b"}', 'bad.json': '{"title":1}' })
    for (const file of ['a.md', 'a.json']) {
      const { code, stderr } = await run(['encode', file], { cwd })
      expect([code, stderr]).toEqual([1, expect.stringMatching(/\nhint: it is a draft.* publish --dry-run .*\n$/)])
      for (const line of stderr.trim().split('\n').slice(0, -1)) expect(line).toMatch(new RegExp(`^${file}: \\$`))
    }
    expect((await run(['encode', 'bad.json'], { cwd })).stderr).not.toContain('draft')
    const { error } = json((await run(['encode', 'a.md', '--json'], { cwd })).stdout)
    expect(error).toMatchObject({ message: expect.stringMatching(/^a\.md: \$/), hint: expect.stringMatching(/draft/) })
    expect((await run(['encode', '--help'], { cwd })).stdout).not.toMatch(/what it becomes/)
  })

  test('says that a file is missing, a folder, or too large', async () => {
    const cwd = folder({ 'big.json': `"${'x'.repeat(1_048_576)}"` })
    mkdirSync(join(cwd, 'drafts'))
    expect((await run(['encode', 'gone.json'], { cwd })).code).toBe(5)
    expect((await run(['encode', 'drafts'], { cwd })).stderr).toMatch(/drafts: is a folder/)
    const big = await run(['encode', '--any', 'big.json'], { cwd })
    expect([big.code, big.stderr]).toEqual([1, expect.stringContaining('at most 1 MiB')])
    expect((await run(['encode', '--any', '-'], { cwd, stdin: 'x'.repeat(2_000_000) })).stderr).toMatch(/at most 1 MiB/)
  })

  test('reads no archive, so a broken one does not matter', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, '.trend-archive'))
    writeFileSync(join(cwd, '.trend-archive', 'config.json'), 'broken')
    expect((await run(['encode', '--any', '-'], { cwd, stdin: '1' })).stdout).toBe('1')
    const { code, stderr } = await run(['list'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/config\.json.*\n.*trend-archive init/s)])
  })
})

describe('init', () => {
  test('makes an archive, and made again changes only what is named', async () => {
    const cwd = folder()
    const first = await run(['init', '--json'], { cwd, env: { RPC_URL: 'https://node.example/secret' } })
    expect([first.code, json(first.stdout)]).toEqual([
      0,
      { archive: join(cwd, '.trend-archive'), network: 'eip155:31337', created: true }
    ])
    const file = join(cwd, '.trend-archive', 'config.json')
    const config = (): unknown => JSON.parse(readFileSync(file, 'utf8'))
    expect(config()).toEqual({ network: 'eip155:31337' })
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(json((await run(['init', '--json'], { cwd })).stdout).created).toBe(false)
    expect((await run(['init'], { cwd })).stdout).toMatch(/^there is an archive already in /)

    const other = ['--network', 'eip155:1', '--rpc-url', 'https://node.example', '--registry', `0x${'AB'.repeat(20)}`]
    await run(['init', ...other], { cwd })
    const kept = { network: 'eip155:1', rpcUrl: 'https://node.example', registry: `0x${'ab'.repeat(20)}` }
    expect(config()).toEqual(kept)
    await run(['init'], { cwd })
    expect(config()).toEqual(kept)
    // A node and a registry belong to their network.
    await run(['init', '--network', 'local'], { cwd })
    expect(config()).toEqual({ network: 'eip155:31337' })
  })

  test('makes it right here, and later commands find it from below', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'a', 'b'), { recursive: true })
    await run(['init'], { cwd })
    await run(['init'], { cwd: join(cwd, 'a') })
    expect(existsSync(join(cwd, 'a', '.trend-archive', 'archive.db'))).toBe(true)
    expect((await run(['list'], { cwd: join(cwd, 'a', 'b') })).stdout).toBe('nothing is pinned here\n')
    await run(['init', '--archive', 'elsewhere'], { cwd })
    expect(existsSync(join(cwd, 'elsewhere', 'config.json'))).toBe(true)
    const env = { TREND_ARCHIVE_HOME: 'elsewhere' }
    expect((await run(['list'], { cwd, env })).code).toBe(0)
  })

  test('over an archive that was made by publishing says that it is there', async () => {
    const cwd = folder()
    await run(['init'], { cwd })
    rmSync(join(cwd, '.trend-archive', 'config.json'))
    expect(json((await run(['init', '--json'], { cwd })).stdout).created).toBe(false)
  })

  test('an archive that is not there is said to be missing, and is not made by reading', async () => {
    const cwd = folder()
    const { code, stderr } = await run(['list'], { cwd })
    expect([code, stderr]).toEqual([5, expect.stringContaining('trend-archive init')])
    expect(existsSync(join(cwd, '.trend-archive'))).toBe(false)
  })

  test('a file of another program is left alone', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, '.trend-archive'))
    writeFileSync(join(cwd, '.trend-archive', 'archive.db'), 'not a database, but somebody needs it')
    const { code, stdout } = await run(['init', '--json'], { cwd })
    expect([code, json(stdout).error?.code]).toEqual([1, 'STORE_UNAVAILABLE'])
    const { stdout: told } = await run(['init', '--archive', '.trend-archive/archive.db/inside', '--json'], { cwd })
    expect(json(told).error?.code).toBe('STORE_UNAVAILABLE')
  })
})

test('networks prints the address book', async () => {
  const { stdout } = await run(['networks', '--json'], { cwd: folder() })
  expect(json(stdout).networks?.[0]).toMatchObject({ chain: 'eip155:31337', test: true, firstBlock: '0' })
})

describe('drafts', () => {
  test('are all checked before anything is asked of the chain, and every issue names its file', async () => {
    const cwd = folder({
      'good.md': DRAFT,
      'bad.json': '{"title":"","body":"x","colour":"red"}',
      'broken.json': '{"title":',
      'yaml.md': '---\ntitle: [\n---\nx\n',
      'nameless.md': '# 漢字\n\nNo letter to make a slug of.\n'
    })
    const { code, stdout, stderr } = await run(['publish', '.', '--rpc-url', NOWHERE], { cwd })
    expect([code, stdout]).toEqual([1, ''])
    const lines = stderr.trim().split('\n')
    for (const file of ['bad.json', 'broken.json', 'yaml.md', 'nameless.md']) {
      expect(lines.find((line) => line.startsWith(`${file}: $`))).toBeDefined()
    }
    expect(stderr).toMatch(/^bad\.json: \$\.colour: .+ — .+$/m)
    expect(stderr).not.toContain('good.md')
    expect(existsSync(join(cwd, '.trend-archive'))).toBe(false)
    const told = json((await run(['publish', '.', '--rpc-url', NOWHERE, '--json'], { cwd })).stdout)
    expect(told.error?.details?.issues?.[0]).toMatchObject({ file: 'bad.json', path: '$.title' })
  })

  test.each(['publish', 'status', 'edition'])('%s refuses two drafts of one slug, and names both', async (command) => {
    const cwd = folder({ 'a.md': DRAFT, 'b.md': DRAFT })
    const { code, stderr } = await run([command, 'a.md', 'b.md'], { cwd })
    expect([code, stderr]).toEqual([1, 'b.md: $.slug: is edge-computing, as in a.md — give one of them another slug\n'])
  })

  test('publish points an edition to its own command', async () => {
    const cwd = folder({ 'a.md': DRAFT, 'edition.json': '{"type":"edition","title":"All","summary":"All of them."}' })
    const { code, stderr } = await run(['publish', '.'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^edition\.json: \$\.type: .* — .*trend-archive edition/)])
  })

  test('publish of a folder with an edition in it says how that folder is published', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, '2025'))
    writeFileSync(join(cwd, '2025', 'e.md'), '---\ntype: edition\ntitle: All\nsummary: All of them.\n---\n')
    const told = async (...argv: readonly string[]): Promise<string> =>
      (await run(['publish', ...argv], { cwd })).stderr
    expect(await told('2025/')).toMatch(/trend-archive edition 2025\/\n$/)
    expect(await told('./2025')).toMatch(/trend-archive edition \.\/2025\n$/)
    expect(await told('2025/e.md')).toMatch(/trend-archive edition <edition file> <member files…>\n$/)
    expect((await run(['publish', '.'], { cwd: join(cwd, '2025') })).stderr).toMatch(/trend-archive edition \.\n$/)
  })

  test('edition wants exactly one edition', async () => {
    const edition = '{"type":"edition","title":"All","summary":"All of them."}'
    const cwd = folder({ 'a.md': DRAFT, 'e.json': edition, 'f.json': edition.replace('All', 'More') })
    expect((await run(['edition', 'a.md'], { cwd })).stderr).toMatch(
      /^a\.md: \$\.type: this draft is no edition — .*`type: edition` into its front matter\n$/
    )
    writeFileSync(join(cwd, 'b.md'), DRAFT.replace('Edge', 'Fog'))
    expect((await run(['edition', 'a.md', 'b.md'], { cwd })).stderr).toMatch(/none of these drafts is an edition/)
    expect((await run(['edition', '.'], { cwd })).stderr).toMatch(
      /^f\.json: \$\.type: is a second edition beside e\.json/
    )
  })

  test('a folder stands for its drafts, without its README, and an empty one is refused', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'drafts'))
    writeFileSync(join(cwd, 'drafts', 'README.md'), '# About these\n\nNot a draft.\n')
    const { code, stderr } = await run(['publish', 'drafts'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringContaining('drafts: has no drafts in it')])
  })
})

describe('diff', () => {
  test('of a draft and a document shows what the author changed, not what the tool filled in', async () => {
    const cwd = folder({
      'd.json': JSON.stringify({ ...DOCUMENT, body: 'Code moves near its users.' }),
      'same.md': DRAFT,
      'other.md': DRAFT.replace('users', 'readers')
    })
    expect((await run(['diff', 'd.json', 'same.md'], { cwd })).stdout).toBe('no difference\n')
    const { code, stdout } = await run(['diff', 'd.json', 'other.md'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toBe(
      'changes how it is said:\n  body: 1 of 5 words edited: Code moves near its users. → Code moves near its readers.\n'
    )
    expect((await run(['diff', '--raw', 'd.json', 'other.md'], { cwd })).stdout).toBe(
      '$.body\n  - "Code moves near its users."\n  + "Code moves near its readers."\n'
    )
    expect(json((await run(['diff', 'd.json', 'other.md', '--json'], { cwd })).stdout).differences).toMatchObject([
      { path: '$.body', kind: 'changed' }
    ])
  })

  test('of long texts shows the lines that changed, and leaves out those that did not', async () => {
    const cwd = folder({
      'a.json': JSON.stringify({ ...DOCUMENT, body: 'One.\n\nTwo.\n\nThree.' }),
      'b.json': JSON.stringify({ ...DOCUMENT, body: 'One.\n\nTwo and a half.\n\nThree.\n\nFour.' })
    })
    const { stdout } = await run(['diff', 'a.json', 'b.json'], { cwd })
    expect(stdout).toBe(
      'changes what it says:\n  body: 4 of 7 words edited\n  - Two.\n  + Two and a half.\n  + Four.\n'
    )
    const { stdout: raw } = await run(['diff', 'a.json', 'b.json', '--raw'], { cwd })
    expect(raw).toBe('$.body\n  - Two.\n  + Two and a half.\n  + Four.\n')
  })

  test('of documents shows everything', async () => {
    const cwd = folder({ 'a.json': JSON.stringify(DOCUMENT), 'b.json': JSON.stringify({ ...DOCUMENT, lang: 'de' }) })
    expect((await run(['diff', 'a.json', 'b.json'], { cwd })).stdout).toBe(
      'changes what it says:\n  language: en → de\n'
    )
    expect((await run(['diff', 'a.json', 'b.json', '--raw'], { cwd })).stdout).toBe('$.lang\n  - "en"\n  + "de"\n')
  })

  test('holds what a version declares against what it changed', async () => {
    const change = { kind: 'editorial', note: 'Typos.' }
    const cwd = folder({
      'a.json': JSON.stringify({ ...DOCUMENT, assessment: { ring: 'trial' } }),
      'b.json': JSON.stringify({
        ...DOCUMENT,
        assessment: { ring: 'adopt' },
        change,
        version: 2,
        previous: `bagaaiera${'a'.repeat(52)}`
      }),
      'draft.json': JSON.stringify({
        title: DOCUMENT.title,
        summary: DOCUMENT.summary,
        assessment: { ring: 'hold' },
        change
      })
    })
    const { code, stdout } = await run(['diff', 'a.json', 'b.json'], { cwd })
    expect([code, stdout]).toEqual([0, expect.stringContaining('\n  ring: trial → adopt\n')])
    expect(stdout).toContain(
      '\ndeclared: editorial, "Typos."\nSILENT_EDIT: declared editorial, but ring: trial → adopt; it is: update\n'
    )
    const told = json((await run(['diff', 'a.json', 'b.json', '--json'], { cwd })).stdout)
    expect(told.findings).toMatchObject([{ code: 'SILENT_EDIT', declared: 'editorial', proposed: 'update' }])
    expect(told.edits?.[0]).toMatchObject({ kind: 'RING_MOVED', path: '$.assessment.ring', before: 'trial' })
    expect(await run(['diff', 'a.json', 'draft.json'], { cwd })).toMatchObject({
      stdout: expect.stringContaining('SILENT_EDIT'),
      stderr: ''
    })
    expect((await run(['diff', 'b.json', 'a.json'], { cwd })).stdout).not.toContain('SILENT_EDIT')
    const alone = await run(['diff', 'a.json'], { cwd })
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('a.json is a first version')])
  })

  test('of a file that is not there says so', async () => {
    expect((await run(['diff', 'gone.json', './gone'], { cwd: folder() })).code).toBe(5)
  })
})

test('verify refuses a draft, unless a document is in it', async () => {
  const cwd = folder({ 'a.md': DRAFT, 'd.md': JSON.stringify(DOCUMENT) })
  const { code, stdout, stderr } = await run(['verify', 'a.md', '--rpc-url', NOWHERE], { cwd })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^error: a\.md is a draft\nhint: verify takes a CID, a name or a document's bytes; .*dry-run/)
  expect((await run(['verify', 'd.md', '--rpc-url', NOWHERE], { cwd })).code).not.toBe(2)
  expect((await run(['verify', 'gone.md'], { cwd })).code).toBe(5)
})

test.each(['publish', 'status'])('%s says how a chain is started where there is none', async (command) => {
  const cwd = folder({ 'a.md': DRAFT })
  for (const where of [
    ['--rpc-url', NOWHERE],
    ['--network', 'atlantis']
  ]) {
    expect((await run([command, 'a.md', ...where], { cwd })).stderr).toMatch(/anvil.*npm run chain/)
  }
})

test('what opens no account is named: PRIVATE_KEY, or the file that is no keystore', async () => {
  const cwd = folder({ 'a.md': DRAFT, 'other.json': '{"version":3}', 'list.json': '[]', 'null.json': 'null' })
  const key = await run(['publish', 'a.md'], { cwd, env: { PRIVATE_KEY: 'nonsense' } })
  expect([key.code, key.stderr]).toEqual([4, expect.stringMatching(/^error: PRIVATE_KEY: .*\nhint: .*--account/)])
  for (const file of ['a.md', 'other.json', 'list.json', 'null.json']) {
    // Without a password: that it is missing would be told first, were it asked for.
    const { code, stderr } = await run(['publish', 'a.md', '--account', file], { cwd })
    expect([code, stderr]).toEqual([4, expect.stringContaining(`${file} is no keystore`)])
  }
})

test('a name that is no name says what names look like', async () => {
  const cwd = folder()
  for (const [argv, code] of [
    [['resolve', 'Not A Name'], 'INVALID_NAME'],
    [['resolve', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'], 'UNSUPPORTED_CID'],
    [['resolve', 'slug', '--network', 'eip155:1'], 'INVALID_NAME']
  ] as const) {
    const ran = await run([...argv, '--json'], { cwd })
    expect([ran.code, json(ran.stdout).error?.code, argv]).toEqual([1, code, argv])
    expect(json(ran.stdout).error?.hint).not.toBeNull()
  }
})

test('an interrupt before the work is 130', async () => {
  const { code, stdout } = await run(['list', '--json'], { cwd: folder(), signal: AbortSignal.abort() })
  expect([code, json(stdout).error?.code]).toEqual([130, 'INTERRUPTED'])
})
