import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encryptKeystoreJson, Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import { parseCid, toBytes32 } from '../../src/block/cid.ts'
import { selectors } from '../../src/registry/abi.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { CODE_DIGEST } from '../../src/registry/bytecode.ts'
import { deploymentOf } from '../../src/registry/deployments.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { SURVEY_PROGRAM } from '../../src/registry/survey-program.ts'
import { asksForCode } from '../registry/server.ts'
import { DEV, draft, useChain } from './on-chain.ts'
import { folder, json, NOWHERE, type Ran, run, serve } from './shell.ts'

/** The second account of the dev chain; its key must show up nowhere. */
const CANARY = '59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const SECOND = 'eip155:31337:0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const addressOf = (publisher: string): string => publisher.slice(publisher.lastIndexOf(':') + 1)
const PASSWORD = 'canary-password-7f3a'

const { on, url } = useChain()

/** A folder with an archive in which one draft is published. */
async function published(slug: string, text?: string): Promise<{ readonly cwd: string; readonly cid: string }> {
  const cwd = folder({ 'd.md': draft(slug, text) })
  const { stdout } = await on(['publish', 'd.md', '--json'], { cwd })
  return { cwd, cid: String(json(stdout).documents?.[0]?.cid) }
}

test('a document from its first draft to its retraction', async () => {
  const cwd = folder({ 'd.md': draft('journey') })
  const told = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await on([...argv, '-q'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    return stdout
  }
  expect(await told('status', 'd.md')).toBe('new  journey@1  d.md\n')

  const dry = await told('publish', '--dry-run', 'd.md')
  expect(dry).toMatch(
    /^new {2}journey@1 {2}bagaaiera\w+\n {2}fills in {2}license CC-BY-4.0 · lang en · authors eip155:\S+ · summary "It says something\."\nwould cost \d+ gas, at most 0\.0*[1-9]\d* of the chain's coin at \d[\d.]* gwei; now 0\.0*[1-9]\d*\ndry run/
  )
  expect(readdirSync(cwd)).toEqual(['d.md'])

  const first = await told('publish', 'd.md')
  expect(first).toMatch(
    /^published {2}journey@1 {2}bagaaiera\w+\ntransaction 0x[0-9a-f]{64}, block \d+, \d+ gas, fee 0\.0*[1-9]\d*\n$/
  )
  const cid = /bagaaiera\w+/.exec(first)?.[0] ?? ''
  expect(dry).toContain(cid)
  expect(await told('publish', 'd.md')).toBe(`unchanged  journey@1  ${cid}\nnothing to publish\n`)
  expect(await told('status', 'd.md')).toBe('unchanged  journey@1  d.md\n')

  const bytes = await told('resolve', 'journey')
  writeFileSync(join(cwd, 'v1.json'), bytes)
  expect(await told('encode', '--cid', 'v1.json')).toBe(`${cid}\n`)
  expect(await told('encode', 'v1.json')).toBe(bytes)
  expect(JSON.parse(await told('resolve', `ipfs://${cid}`, '--pretty'))).toEqual(JSON.parse(bytes))

  writeFileSync(join(cwd, 'd.md'), draft('journey', 'It says something else.'))
  expect(await told('status', 'd.md')).toBe('changed  journey@2  d.md\n')
  expect(await told('diff', 'journey', 'd.md')).toContain(
    'body: 2 of 4 words edited: It says something. → It says something else.\n'
  )
  const second = /bagaaiera\w+/.exec(await told('publish', 'd.md'))?.[0] ?? ''
  expect(await told('diff', 'journey@1', `${DEV}/journey@2`, '--raw')).toContain('$.version\n  - 1\n  + 2\n')
  expect(await told('diff', second)).toBe(await told('diff', 'journey@1', 'journey@2'))
  expect(await told('history', 'journey')).toMatch(
    new RegExp(
      `^\\*   2  current     2025-06-01T09:00:00Z  ${second}  About journey\n +recorded \\S+ by its publisher\n +body: .*\n( +.*\n)? +1  superseded .* ${cid} .*\n +recorded .*\ncomplete: 2 versions, down to the first\nread at block \\d+, unsafe, trusting rpc:.*\n$`
    )
  )
  expect(await told('list')).toMatch(new RegExp(`^journey@1  trend  ${cid}.*\njourney@2  trend  ${second}.*\n$`))

  expect(await told('verify', cid)).toMatch(
    new RegExp(`^verified: published by ${DEV}\n.*warning: a newer version exists`, 's')
  )
  expect(await told('point', 'journey@1', '--retract-skipped')).toMatch(
    new RegExp(
      `^moved  journey@1  ${cid}\nretracted  ${second}\ntransaction 0x\\w+, block \\d+, \\d+ gas, fee 0\\.\\d+\n$`
    )
  )
  expect(await told('point', 'journey@1')).toBe(`unchanged  journey@1  ${cid}\n`)
  expect((await on(['verify', second], { cwd })).code).toBe(3)

  const taken = await told(
    'retract',
    'journey',
    '--note',
    'The figures were wrong.',
    '--reason',
    'error',
    '--successor',
    second
  )
  expect(taken).toMatch(
    new RegExp(
      `^retracted  journey@1  ${cid}\nnotice  bagaaiera\\w+\ntransaction 0x\\w+, block \\d+, \\d+ gas, fee 0\\.\\d+\n$`
    )
  )
  expect(await told('retract', 'journey')).toMatch(/^was retracted already/)
  expect(await told('history', 'journey')).toMatch(
    /^\* {3}1 {2}retracted.*\n +recorded .*\n +taken back \S+: error, "The figures were wrong\."\n +to read instead: bagaaiera\w+\n +which is one that its publisher took back on \S+\n/
  )
  const verdict = await on(['verify', 'journey', '--json'], { cwd })
  expect([verdict.code, json(verdict.stdout)]).toMatchObject([3, { status: 'refuted', standing: 'retracted', cid }])
  const allowed = JSON.stringify({ standings: ['retracted'] })
  writeFileSync(join(cwd, 'policy.json'), allowed)
  expect((await on(['verify', 'journey', '--policy', 'policy.json'], { cwd })).code).toBe(0)
})

test('in JSON every command says one document on stdout, and its progress a document a line on stderr', async () => {
  const cwd = folder({ 'd.md': draft('in-json') })
  const documents: unknown[] = []
  const commands = [
    ['status', 'd.md'],
    ['publish', 'd.md', '--dry-run'],
    ['publish', 'd.md'],
    ['resolve', 'in-json'],
    ['verify', 'in-json'],
    ['history', 'in-json'],
    ['list'],
    ['diff', 'in-json', 'd.md'],
    ['point', 'in-json'],
    ['retract', 'in-json', '--note', 'Gone.'],
    ['encode', 'd.md'],
    ['deploy'],
    ['networks'],
    ['init']
  ]
  for (const argv of commands) {
    const { stdout, stderr } = await on([...argv, '--json'], { cwd })
    expect(stdout.endsWith('\n')).toBe(true)
    documents.push(json(stdout))
    for (const line of stderr.split('\n').slice(0, -1)) expect(json(line).type).toEqual(expect.any(String))
    if (argv[0] === 'publish' && !argv.includes('--dry-run')) {
      expect(stderr.match(/"type":"(planned|pinned|recorded)"/g)).toHaveLength(3)
      expect(json(stdout).receipts?.[0]?.gasUsed).toMatch(/^\d+$/)
    }
  }
  expect(documents).toHaveLength(commands.length)
})

test('what was taken back says so where its draft is looked at again', async () => {
  const { cwd, cid } = await published('regretted')
  await on(['retract', cid], { cwd })
  expect((await on(['status', 'd.md', '-q'], { cwd })).stdout).toBe('retracted  regretted@1  d.md\n')
  expect((await on(['publish', 'd.md', '-q'], { cwd })).stdout).toBe(
    `retracted  regretted@1  ${cid}\nnothing to publish\n`
  )
})

test('a name means a document of its publisher, whatever the ref was pointed at', async () => {
  const cwd = folder({ 'd.md': draft('borrowed') })
  const theirs = await on(['publish', 'd.md', '--json'], { cwd, env: { PRIVATE_KEY: CANARY } })
  const cid = String(json(theirs.stdout).documents?.[0]?.cid)
  const { address } = deploymentOf('eip155:31337')
  const provider = jsonRpcProvider(url(), 'eip155:31337')
  const registry = await ethersRegistry({ chain: 'eip155:31337', address, signer: walletFromKey(DEV_KEY, provider) })
  const digest = toBytes32(parseCid(cid))
  await registry.send([{ verb: 'point', publisher: registry.account, ref: refOf('borrowed'), digest, parent: NONE }])
  provider.destroy()
  expect((await on(['verify', cid], { cwd })).code).toBe(0)
  const { code, stdout } = await on(['verify', `${DEV}/borrowed`], { cwd })
  expect([code, stdout]).toEqual([3, expect.stringContaining(`${SECOND} is not among the publishers you accept`)])
  expect((await on(['resolve', `${DEV}/borrowed`], { cwd })).code).toBe(1)
})

test('progress is for terminals and for those who ask, and quiet is quiet', async () => {
  const said = async (slug: string, tty: boolean, ...more: readonly string[]): Promise<string> =>
    (await on(['publish', 'd.md', ...more], { cwd: folder({ 'd.md': draft(slug) }), tty })).stderr
  expect(await said('progress-a', true)).toMatch(/pinned 1 in helia.*\n.*sent 0x\w+.*\n.*recorded 1 in block/)
  expect(await said('progress-b', false, '-v')).toMatch(/pinned 1 in helia\nsent 0x\w+\nrecorded 1 in block/)
  expect(await said('progress-c', false)).toMatch(
    /^no account was named: [^\n]+\npublished under CC-BY-4\.0: [^\n]+\nheld by one sink only: this machine; [^\n]+\n$/
  )
  expect(await said('progress-d', true, '-q', '-v')).toBe('')
})

test('many drafts, from a folder and from stdin', async () => {
  const cwd = folder()
  mkdirSync(join(cwd, 'drafts'))
  for (const slug of ['many-a', 'many-b']) writeFileSync(join(cwd, 'drafts', `${slug}.md`), draft(slug))
  const { code, stdout } = await on(['publish', 'drafts', '-', '--json'], {
    cwd,
    stdin: '{"slug":"many-c","title":"C","body":"From stdin."}'
  })
  expect([code, json(stdout).published, json(stdout).receipts]).toEqual([0, 3, [expect.anything()]])
})

test('a draft that equals an older version is published again only on demand', async () => {
  const { cwd, cid } = await published('reverting')
  writeFileSync(join(cwd, 'e.md'), draft('reverting', 'Better.'))
  await on(['publish', 'e.md'], { cwd })
  const again = await on(['publish', 'd.md'], { cwd })
  expect(again.stdout).toBe(`unchanged  reverting@1  ${cid}\nnothing to publish\n`)
  expect(again.stderr).toMatch(
    /reverting@1, an older version: reverting names version 2 now, bagaa.* publish --revert\n/
  )
  const told = json((await on(['publish', 'd.md', '--json'], { cwd })).stdout).documents?.[0]
  expect(told).toMatchObject({ status: 'unchanged', version: 1, present: { version: 2 } })
  const present = await on(['publish', 'e.md', '--json'], { cwd })
  expect(json(present.stdout).documents?.[0]).not.toHaveProperty('present')
  expect(present.stderr).not.toContain('--revert')
  expect((await on(['publish', '--revert', 'd.md'], { cwd })).stdout).toMatch(/^published {2}reverting@3/)
})

test('list names the publishers where there are several', async () => {
  const { cwd } = await published('listed-mine')
  expect((await on(['list'], { cwd })).stdout).toMatch(/^listed-mine@1 {2}trend/)
  writeFileSync(join(cwd, 'e.md'), draft('listed-theirs'))
  await on(['publish', 'e.md'], { cwd, env: { PRIVATE_KEY: CANARY } })
  const { stdout } = await on(['list'], { cwd })
  expect(stdout).toMatch(new RegExp(`^${SECOND} {2}listed-theirs@1 {2}trend.*\n${DEV} {2}listed-mine@1 {4}trend`))
  const { documents } = json((await on(['list', '--json'], { cwd })).stdout)
  expect([documents?.[0]?.publisher, documents?.[1]?.publisher]).toEqual([SECOND, DEV])
})

test('titles are cut to the row of a terminal, and whole where they are piped', async () => {
  const title = `About ${'long '.repeat(30)}things`
  const cwd = folder({ 'd.json': JSON.stringify({ slug: 'long-title', title, body: 'It is long.' }) })
  await on(['publish', 'd.json'], { cwd })
  for (const argv of [['list'], ['history', 'long-title']]) {
    const shown = async (columns: number): Promise<string> =>
      (await on(argv, { cwd, tty: true, columns, env: { NO_COLOR: '1' } })).stdout.split('\n')[0] ?? ''
    expect((await shown(130)).length).toBeLessThanOrEqual(130)
    expect(await shown(130)).toMatch(/ About long .*…$/)
    expect((await shown(60)).length).toBeLessThanOrEqual(120)
    expect(await shown(1000)).toContain(title)
    expect((await on(argv, { cwd, columns: 130 })).stdout).toContain(title)
    expect((await on([...argv, '--json'], { cwd, tty: true, columns: 130 })).stdout).toContain(title)
  }
})

test('a dry run says what it fills in, counts nothing as published, and speaks the words of status', async () => {
  const more = "license: MIT\nlang: de\nsummary: 'Short.'\n"
  const cwd = folder({ 'a.md': '# Filled in\n\nIt says something.\n', 'b.md': draft('stated', 'Something.', more) })
  const dry = json((await on(['publish', 'a.md', 'b.md', '--dry-run', '--json'], { cwd })).stdout)
  expect(dry).toMatchObject({ dryRun: true, published: 0, wouldPublish: 2, receipts: [] })
  expect(dry.documents?.[0]).toMatchObject({ status: 'new' })
  expect(dry.documents?.[0]?.filled).toEqual({
    slug: 'filled-in',
    summary: 'It says something.',
    lang: 'en',
    authors: [{ name: DEV, account: DEV }],
    license: 'CC-BY-4.0'
  })
  expect(dry.documents?.[1]?.filled).toEqual({ authors: [{ name: DEV, account: DEV }] })

  const first = json((await on(['publish', 'a.md', 'b.md', '--json'], { cwd })).stdout)
  expect([first.published, first.wouldPublish]).toEqual([2, undefined])
  writeFileSync(join(cwd, 'a.md'), '# Filled in\n\nIt says something else.\n')
  const { stdout: status } = await on(['status', 'a.md', 'b.md', '--json'], { cwd })
  expect(status).toMatch(/"changed".*"unchanged"/)
  const { stdout } = await on(['publish', 'a.md', 'b.md', '--dry-run'], { cwd })
  expect(stdout).toMatch(/^changed {4}filled-in@2 .*\n {2}fills in .*\nunchanged {2}stated@1 .*\nwould cost/)
  const second = json((await on(['publish', 'a.md', 'b.md', '--json'], { cwd })).stdout)
  expect([second.documents?.[0]?.status, second.documents?.[1]?.status]).toEqual(['changed', 'unchanged'])
  expect(second.documents?.[1]).not.toHaveProperty('filled')
})

test('a licence that nobody chose is told when it is first taken', async () => {
  const cwd = folder({ 'd.md': draft('licensed') })
  const said = async (): Promise<string> => (await on(['publish', 'd.md'], { cwd })).stderr
  const LINE = 'published under CC-BY-4.0: a draft may state another `license`\n'
  expect(await said()).toContain(LINE)
  writeFileSync(join(cwd, 'd.md'), draft('licensed', 'More.'))
  expect(await said()).not.toContain('CC-BY')
  writeFileSync(join(cwd, 'd.md'), draft('licensed', 'More.', 'license: MIT\n'))
  expect(await said()).not.toContain('published under')
  writeFileSync(join(cwd, 'd.md'), draft('licensed', 'Still more.'))
  expect(await said()).toContain(LINE)
})

test('a slug that is moved back, and a note that comes too late, are warned of', async () => {
  const { cwd } = await published('warned')
  writeFileSync(join(cwd, 'd.md'), draft('warned', 'More.'))
  await on(['publish', 'd.md'], { cwd })
  const back = await on(['point', 'warned@1'], { cwd })
  expect(back.stderr).toMatch(/takes the number 2 again, so two documents of one number may exist; .*publish --revert/)
  const { documents } = json((await on(['publish', 'd.md', '--json'], { cwd })).stdout)
  expect(documents?.[0]?.version).toBe(2)
  await on(['point', 'warned@1'], { cwd })
  const forth = await on(['point', String(documents?.[0]?.cid)], { cwd })
  expect([forth.stdout, forth.stderr]).toEqual([
    expect.stringMatching(/^moved {2}warned@2/),
    expect.not.stringContaining('number')
  ])
  const retract = async (...more: readonly string[]): Promise<Ran> => await on(['retract', 'warned', ...more], { cwd })
  expect((await retract('--note', 'Wrong.')).stderr).not.toContain('the note')
  const late = await retract('--note', 'Very wrong.')
  expect([late.code, late.stderr]).toEqual([0, expect.stringContaining('the note was not published')])
  expect(late.stdout).not.toContain('transaction')
  expect((await retract()).stderr).not.toContain('the note')
})

describe('an edition', () => {
  const EDITION = '{"type":"edition","slug":"SLUG","title":"All of it","summary":"All of it, in one."}'
  const files = (slug: string): string =>
    folder({
      'edition.json': EDITION.replace('SLUG', slug),
      'a.md': draft(`${slug}-a`),
      'b.json': `{"slug":"${slug}-b","title":"B","body":"B."}`
    })

  test('is published as a folder, in one transaction, and again there is nothing to publish', async () => {
    const cwd = files('ed-one')
    expect((await on(['status', '.'], { cwd })).stdout).toBe(
      'new  ed-one-a@1  a.md\nnew  ed-one-b@1  b.json\nnew  ed-one@1    edition.json\n'
    )
    const dry = await on(['edition', '.', '--dry-run'], { cwd })
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('dry run')])
    expect(existsSync(join(cwd, '.trend-archive'))).toBe(false)
    const first = json((await on(['edition', '.', '--json'], { cwd })).stdout)
    expect([first.published, first.receipts]).toEqual([3, [expect.anything()]])
    expect((await on(['edition', '.'], { cwd })).stdout).toMatch(/nothing to publish\n$/)
    expect((await on(['status', '.'], { cwd })).stdout).toMatch(/^unchanged .*\nunchanged .*\nunchanged .*\n$/)
    for (const name of ['ed-one', 'ed-one-a', 'ed-one-b']) {
      expect((await on(['verify', name, '--publisher', DEV], { cwd })).code).toBe(0)
    }
  })

  test('without refs names its members alone', async () => {
    const cwd = files('ed-two')
    const { code, stdout } = await on(['edition', 'edition.json', 'a.md', 'b.json', '--no-refs', '--json'], { cwd })
    expect(code).toBe(0)
    const cid = String(json(stdout).documents?.[0]?.cid)
    expect((await on(['resolve', 'ed-two-a'], { cwd })).code).toBe(5)
    expect((await on(['verify', cid], { cwd })).code).toBe(0)
  })
})

describe('verify', () => {
  test('judges several documents, and all that an edition lists, in one reading; the worst is the exit code', async () => {
    const cwd = folder({ 'a.md': draft('set-a'), 'b.md': draft('set-b'), 'c.md': draft('set-c') })
    for (const file of ['a.md', 'b.md', 'c.md']) expect((await on(['publish', file], { cwd })).code).toBe(0)
    const both = await on(['verify', 'set-a', `${DEV}/set-b`, '--json'], { cwd })
    expect([both.code, json(both.stdout)]).toMatchObject([
      0,
      { verdicts: [{ status: 'verified', document: { slug: 'set-a' } }, { document: { slug: 'set-b' } }] }
    ])
    expect((await on(['retract', 'set-b', '--note', 'Gone.'], { cwd })).code).toBe(0)
    const none = 'bagaaiera'.padEnd(61, 'a')
    const code = async (...names: readonly string[]): Promise<number> => (await on(['verify', ...names], { cwd })).code
    expect(await code('set-a', none)).toBe(7)
    expect(await code('set-a', none, 'set-b', 'set-c')).toBe(3)
    const text = await on(['verify', 'set-a', 'set-b', 'set-c'], { cwd })
    expect(text.stdout).toMatch(/^verified: .*\n\nrefuted: .*\n\nverified: .*\n\n2 verified, 1 refuted\n$/s)
    expect(await code('set-a', 'set-c', '--publisher', SECOND)).toBe(3)
    expect(await code()).toBe(2)
    expect(await code('set-a', 'set-c', '--cid', none)).toBe(2)
    expect(await code('set-a', '--edition', 'set-c')).toBe(2)
    expect(await code('--edition', 'set-c')).toBe(2)
    writeFileSync(join(cwd, 'x.md'), draft('set-x'))
    writeFileSync(join(cwd, 'y.md'), draft('set-y'))
    const listing = { type: 'edition', slug: 'set-edition', title: 'Both', summary: 'Both of them.' }
    writeFileSync(join(cwd, 'edition.json'), JSON.stringify(listing))
    const made = await on(['edition', 'edition.json', 'x.md', 'y.md', '--no-refs'], { cwd })
    expect(made.code, made.stderr).toBe(0)
    const listed = await on(['verify', '--edition', 'set-edition', '--json'], { cwd })
    const verdicts = json(listed.stdout).verdicts as unknown as readonly {
      status: string
      document: { slug: string }
    }[]
    expect(verdicts.map(({ status, document }) => `${status} ${document.slug}`)).toEqual([
      'verified set-edition',
      'verified set-x',
      'verified set-y'
    ])
    expect(listed.code).toBe(0)
  })

  test('judges the bytes of a file', async () => {
    const { cwd, cid } = await published('of-a-file')
    const { stdout: bytes } = await on(['resolve', cid], { cwd })
    writeFileSync(join(cwd, 'good.json'), bytes)
    writeFileSync(join(cwd, 'bad.json'), bytes.replace('something', 'samething'))
    writeFileSync(join(cwd, 'spelled.json'), JSON.stringify(JSON.parse(bytes), undefined, 2))
    const code = async (...argv: readonly string[]): Promise<number> => (await on(['verify', ...argv], { cwd })).code
    expect(await code('good.json')).toBe(0)
    expect(await code('good.json', '--cid', cid)).toBe(0)
    expect(await code('bad.json', '--cid', cid)).toBe(3)
    expect(await code('bad.json')).toBe(3)
    expect(await code('spelled.json')).toBe(3)
    expect((await on(['verify', '-', '--cid', cid], { cwd, stdin: bytes })).code).toBe(0)
    expect(await code('gone.json')).toBe(5)
    expect(await code('d.md')).toBe(2)
  })

  test('accepts only the publishers it is told', async () => {
    const { cwd, cid } = await published('of-a-publisher')
    const { code, stderr } = await on(['verify', cid], { cwd })
    expect([code, stderr]).toEqual([0, expect.stringContaining(`--publisher ${DEV}`)])
    expect(
      (await on(['verify', cid, '--publisher', DEV.toUpperCase().replace('EIP155', 'eip155')], { cwd })).code
    ).toBe(0)
    expect((await on(['verify', cid, '--publisher', SECOND, '--publisher', DEV], { cwd })).code).toBe(0)
    const refused = await on(['verify', cid, '--publisher', SECOND], { cwd })
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('✗ authorship')])
    writeFileSync(join(cwd, 'policy.json'), '{"publisher":["x"]}')
    const broken = await on(['verify', cid, '--policy', 'policy.json', '--json'], { cwd })
    expect([broken.code, json(broken.stdout).error?.code]).toEqual([1, 'INVALID_OPTION'])
  })

  test('leaves open what it cannot look up', async () => {
    const { cwd, cid } = await published('left-open')
    const open = async (argv: readonly string[], where = cwd): Promise<unknown> => {
      const { code, stdout } = await on(['verify', ...argv, '--json'], { cwd: where })
      return [code, json(stdout).status ?? json(stdout).error?.code]
    }
    expect(await open([cid, '--rpc-url', NOWHERE])).toEqual([7, 'inconclusive'])
    expect(await open(['left-open', '--rpc-url', NOWHERE])).toEqual([7, 'REGISTRY_UNAVAILABLE'])
    // No source at all.
    expect(await open([cid], folder())).toEqual([7, 'inconclusive'])
    const gone = await serve((_, response) => response.writeHead(404).end())
    expect(await open([cid, '--gateway', gone], folder())).toEqual([7, 'inconclusive'])
    const liar = await serve((_, response) => response.end('{"forged":true}'))
    expect(await open([cid, '--gateway', liar], folder())).toEqual([7, 'inconclusive'])
    expect(await open([cid, '--require', 'final'], cwd)).not.toEqual([3, 'refuted'])
  })

  test('takes a gateway that is honest among those that are not', async () => {
    const { cwd, cid } = await published('among-liars')
    const { stdout: bytes } = await on(['resolve', cid], { cwd })
    const honest = await serve((_, response) => response.end(bytes))
    const liar = await serve((_, response) => response.end('{"forged":true}'))
    const cold = folder()
    expect((await on(['verify', cid, '--gateway', liar, '--gateway', honest], { cwd: cold })).code).toBe(0)
    expect((await on(['resolve', cid, '--gateway', liar, '--gateway', honest], { cwd: cold })).stdout).toBe(bytes)
    expect(readdirSync(cold)).toEqual([])
  })
})

describe('what is not there', () => {
  test('a name that is misspelled is guessed from what is pinned here', async () => {
    const { cwd } = await published('edge-computing')
    const hint = async (...argv: readonly string[]): Promise<unknown> => {
      const { code, stdout } = await on([...argv, '--json'], { cwd })
      return [code, json(stdout).error?.hint]
    }
    const see = 'see what is pinned here with: trend-archive list'
    for (const command of ['resolve', 'verify', 'history', 'retract', 'point']) {
      expect(await hint(command, 'egde-computing')).toEqual([5, `did you mean edge-computing? ${see}`])
    }
    expect(await hint('resolve', `${SECOND}/edge-computing`)).toEqual([5, `did you mean ${DEV}/edge-computing? ${see}`])
    expect(await hint('resolve', 'cloud-computing')).toEqual([5, see])
    // The slug is right and the version is not.
    expect(await hint('resolve', 'edge-computing@7')).toEqual([5, see])
    const { stdout } = await on(['resolve', 'edge-computin', '--json'], { cwd: folder() })
    expect(json(stdout).error?.hint).toBe(see)
    expect(await hint('resolve', `./edge-computing.json`)).toEqual([1, expect.not.stringContaining('list')])
  })

  test('resolve tells a missing block from a source that is down', async () => {
    const { cid } = await published('missing')
    const cwd = folder()
    const ask = async (...argv: readonly string[]): Promise<unknown> => {
      const { code, stdout } = await on(['resolve', ...argv, '--json'], { cwd })
      return [code, json(stdout).error?.code]
    }
    const gone = await serve((_, response) => response.writeHead(404).end())
    const liar = await serve((_, response) => response.end('{"forged":true}'))
    const failing = await serve((_, response) => response.writeHead(503).end())
    expect(await ask(cid)).toEqual([5, 'BLOCK_UNAVAILABLE'])
    const retracting = await on(['retract', cid], { cwd: folder() })
    expect([retracting.code, retracting.stderr]).toEqual([5, expect.stringMatching(/\nhint: .*--gateway https:/)])
    expect(await ask(cid, '--gateway', gone)).toEqual([5, 'BLOCK_UNAVAILABLE'])
    expect(await ask(cid, '--gateway', liar)).toEqual([5, 'BLOCK_UNAVAILABLE'])
    expect(await ask(cid, '--gateway', NOWHERE)).toEqual([6, 'BLOCK_UNAVAILABLE'])
    expect(await ask(cid, '--gateway', gone, '--gateway', failing)).toEqual([6, 'BLOCK_UNAVAILABLE'])
    expect(await ask(`${DEV}/missing`, '--gateway', NOWHERE)).toEqual([6, 'BLOCK_UNAVAILABLE'])
    expect(await ask('no-such-slug')).toEqual([5, 'NOT_FOUND'])
    expect(await ask(`${DEV}/missing@7`)).toEqual([5, 'BLOCK_UNAVAILABLE'])
    expect(await ask('missing', '--rpc-url', NOWHERE)).toEqual([6, 'REGISTRY_UNAVAILABLE'])
  })

  test('resolve asks no gateway on a private network, unless that is allowed', async () => {
    const { cid } = await published('inside')
    const ask = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      const { stdout } = await on(['resolve', cid, '--json', ...argv], { cwd: folder(), env })
      const { hint, details } = json(stdout).error as unknown as { hint: string; details: { failures: unknown } }
      return [details.failures, hint]
    }
    const argv = ['--gateway', 'https://0.0.0.0:2']
    const source = '0.0.0.0:2'
    const [refused, reached] = ['refused address', 'unreachable'].map((reason) => [{ source, reason }])
    expect(await ask(argv)).toEqual([refused, expect.stringContaining('--allow-private')])
    expect(await ask([...argv, '--allow-private'])).toEqual([reached, expect.stringContaining('--gateway')])
    expect(await ask(argv, { TREND_ARCHIVE_PRIVATE: '1' })).toEqual([reached, expect.anything()])
    expect(await ask(argv, { TREND_ARCHIVE_PRIVATE: '' })).toEqual([refused, expect.anything()])
  })

  test('history tells what it could read before the bytes ended', async () => {
    const { cwd, cid } = await published('cut-short')
    writeFileSync(join(cwd, 'd.md'), draft('cut-short', 'More.'))
    await on(['publish', 'd.md'], { cwd })
    const { stdout: newest } = await on(['resolve', 'cut-short'], { cwd })
    const half = await serve((request, response) => {
      if (request.url?.includes(cid)) response.writeHead(404).end()
      else response.end(newest)
    })
    const { code, stdout, stderr } = await on(['history', 'cut-short', '--gateway', half], { cwd: folder() })
    expect([code, stdout, stderr]).toEqual([
      5,
      expect.stringMatching(/^\* {3}2 {2}current/),
      expect.stringContaining(cid)
    ])
    const told = json((await on(['history', 'cut-short', '--gateway', half, '--json'], { cwd: folder() })).stdout)
    expect([told.versions, told.error?.code]).toEqual([[expect.objectContaining({ version: 2 })], 'BLOCK_UNAVAILABLE'])
    expect(told).toMatchObject({ complete: false, end: { at: 'gap', version: 2, previous: cid } })
    expect(stdout).toMatch(/\ngap: version 2 follows bagaaiera\w+: .*\nnot complete: 1 version\n/)
  })

  test.each(['publish', 'status', 'edition', 'point', 'retract', 'history', 'deploy'])(
    '%s says that the node is down, and keeps nothing',
    async (command) => {
      const cwd = folder({ 'd.md': draft('down'), 'edition.json': '{"type":"edition","title":"E","summary":"E."}' })
      const args: Readonly<Record<string, readonly string[]>> = {
        publish: ['d.md'],
        status: ['d.md'],
        edition: ['.'],
        deploy: []
      }
      const argv = [command, ...(args[command] ?? ['down']), '--rpc-url', NOWHERE, '--json']
      const { code, stdout } = await run(argv, { cwd })
      expect([code, json(stdout).error?.code]).toEqual([6, 'REGISTRY_UNAVAILABLE'])
      expect(json(stdout).error?.hint).toMatch(/--rpc-url/)
    }
  )

  test('another chain and an address without code are told apart', async () => {
    const cwd = folder({ 'd.md': draft('elsewhere') })
    const reason = async (...argv: readonly string[]): Promise<unknown> => {
      const env = { PRIVATE_KEY: CANARY }
      const { code, stdout } = await on([...argv, '--json'], { cwd, env })
      return [code, json(stdout).error?.details?.reason]
    }
    const nowhere = ['--registry', `0x${'12'.repeat(20)}`]
    const other = ['--network', 'eip155:1337', ...nowhere]
    for (const command of ['status', 'publish']) {
      expect(await reason(command, 'd.md', ...other)).toEqual([6, 'wrong chain'])
    }
    const answers = { eth_call: '0x', eth_chainId: '0x539' }
    const empty = await fakeNode({ ...answers, code: `0x${'0'.repeat(64)}` })
    expect(await reason('status', 'd.md', ...other, '--rpc-url', empty)).toEqual([6, 'no code'])
    const foreign = await fakeNode({ ...answers, code: `0x${'12'.repeat(32)}` })
    expect(await reason('status', 'd.md', ...other, '--rpc-url', foreign)).toEqual([6, 'other code'])
  })
})

/** A node that answers with what it is told; unless told otherwise it has the registry's code, and one block. */
async function fakeNode(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const block = { number: '0x1', hash: `0x${'ab'.repeat(32)}`, timestamp: '0x1' }
  return await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: readonly unknown[] }
    const defaults = { code: CODE_DIGEST, [method]: block }
    const told = { ...defaults, ...answers }[asksForCode(method, params) ? 'code' : method]
    const result: unknown = typeof told === 'function' ? told(params) : told
    const answer = result instanceof Error ? { error: { code: -32000, message: result.message } } : { result }
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })
}

describe('a network that the address book does not know', () => {
  const PUBLISHER = 'eip155:1337:0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
  const word = (digits: string): string => digits.padStart(64, '0')

  /** A chain whose finalized block is the one of that height, on which everything is recorded and nothing is named. */
  async function network(height: number): Promise<readonly string[]> {
    const block = {
      number: `0x${height.toString(16)}`,
      hash: `0x${word(height.toString(16))}`,
      timestamp: `0x${Math.floor(Date.now() / 1000).toString(16)}`
    }
    const call = ([{ data }]: readonly [{ readonly data: string }]): string =>
      data.startsWith(selectors.verify)
        ? `0x${word('68400000')}${word('0')}${word(PUBLISHER.slice(-40))}`
        : `0x${word('0')}`
    const survey = `${CODE_DIGEST}${word('539')}050068400000`
    const code = ([{ data }]: readonly [{ readonly data: string }]): string =>
      data.includes(SURVEY_PROGRAM) ? survey : CODE_DIGEST
    const url = await fakeNode({ code, eth_chainId: '0x539', eth_call: call, eth_getBlockByNumber: block })
    return ['--network', 'eip155:1337', '--registry', `0x${'12'.repeat(20)}`, '--rpc-url', url]
  }

  const document = async (): Promise<string> => {
    const fields = { type: 'trend', spec: '1.0', publisher: PUBLISHER, slug: 'far-away', version: 1, title: 'Far away' }
    const more = { summary: 'Elsewhere.', published: '2025-06-01T09:00:00Z', lang: 'en', license: 'CC-BY-4.0' }
    const stdin = JSON.stringify({ ...fields, ...more, authors: [{ name: 'Ann' }] })
    return (await run(['encode', '-'], { cwd: folder(), stdin })).stdout
  }

  test('is judged like any other, once its registry and a node are named', async () => {
    const cwd = folder({ 'd.json': await document() })
    const { code, stdout } = await run(['verify', 'd.json', ...(await network(100))], { cwd })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^verified: published by eip155:1337:.*100 is final/s)])
    expect((await on(['verify', 'd.json'], { cwd })).code).toBe(7)
  })

  test('cannot be rolled back unnoticed: the archive remembers the highest final block', async () => {
    const cwd = folder({ 'd.json': await document() })
    await run(['init'], { cwd })
    const at = async (height: number, ...more: readonly string[]): Promise<number> =>
      (await run(['verify', 'd.json', ...(await network(height)), ...more], { cwd })).code
    expect([await at(100), await at(99), await at(100), await at(101), await at(100)]).toEqual([0, 7, 0, 0, 7])
    // What was read at a block that was not final yet is not remembered.
    expect([await at(500, '--require', 'unsafe'), await at(102)]).toEqual([0, 0])
  })

  test('the chain of a document is its own, whatever network is meant', async () => {
    const { cwd, cid } = await published('own-chain')
    const other = ['--network', 'eip155:1', '--registry', `0x${'12'.repeat(20)}`]
    expect((await on(['verify', cid, ...other], { cwd })).code).toBe(0)
  })
})

describe('accounts', () => {
  const keystore = async (): Promise<string> => {
    const wallet = new Wallet(`0x${CANARY}`)
    return await encryptKeystoreJson(wallet, PASSWORD, { scrypt: { N: 2, r: 8, p: 1 } })
  }

  test('a keystore is found by its file or its name, and its slugs are its own', async () => {
    const cwd = folder({ 'd.md': draft('by-keystore'), 'me.json': await keystore() })
    const env = { TREND_ARCHIVE_PASSWORD: PASSWORD }
    const { code, stdout } = await on(['publish', 'd.md', '--account', 'me.json', '--json'], { cwd, env })
    expect([code, json(stdout).documents?.[0]?.publisher]).toEqual([0, SECOND])
    mkdirSync(join(cwd, '.trend-archive', 'accounts'))
    writeFileSync(join(cwd, '.trend-archive', 'accounts', 'me.json'), readFileSync(join(cwd, 'me.json')))
    // Reading what is one's own needs no password.
    const { code: read } = await on(['resolve', 'by-keystore', '--account', 'me'], { cwd })
    expect(read).toBe(0)
    const home = folder()
    mkdirSync(join(home, '.foundry', 'keystores'), { recursive: true })
    writeFileSync(join(home, '.foundry', 'keystores', 'work'), readFileSync(join(cwd, 'me.json')))
    const named = await on(['status', 'd.md', '--account', 'work'], { cwd, env: { HOME: home } })
    expect(named.stdout).toBe('unchanged  by-keystore@1  d.md\n')
  })

  test('PRIVATE_KEY acts, and what is another account’s is refused', async () => {
    const { cwd } = await published('not-yours')
    const env = { PRIVATE_KEY: CANARY }
    for (const [argv, told] of [
      [['point', `${DEV}/not-yours`], `NotEditor, publisher ${addressOf(DEV)}, account ${addressOf(SECOND)}`],
      [['retract', `${DEV}/not-yours`], `${DEV}'s, and you are ${SECOND}`]
    ] as const) {
      const { code, stderr } = await on(argv, { cwd, env })
      expect([code, stderr]).toEqual([1, expect.stringContaining(told)])
    }
  })

  test('the dev account is taken only on the dev chain, and that is said', async () => {
    const cwd = folder({ 'd.md': draft('dev-account') })
    expect((await on(['publish', 'd.md'], { cwd })).stderr).toMatch(/whose key is public/)
    const other = ['--network', 'eip155:1', '--registry', `0x${'12'.repeat(20)}`]
    const { code, stdout } = await on(['publish', 'd.md', ...other, '--json'], { cwd })
    expect([code, json(stdout).error?.code]).toEqual([4, 'NO_ACCOUNT'])
  })

  test('no failing path tells a key or a password', async () => {
    const cwd = folder({
      'd.md': draft('canary'),
      'me.json': await keystore(),
      'key.txt': CANARY,
      'poor.md': draft('canary-poor')
    })
    const key = { PRIVATE_KEY: `0x${CANARY}` }
    const locked = { TREND_ARCHIVE_PASSWORD: PASSWORD }
    const malformed = CANARY.slice(0, -2)
    // A node that says back what it should not even know.
    const telling = async (words: string): Promise<string> =>
      await fakeNode({ eth_chainId: '0x7a69', eth_getBlockByNumber: new Error(words) })
    const tellsKey = await telling(`no: ${CANARY}`)
    const tellsPassword = await telling(`no: ${PASSWORD}`)
    const reverting = await fakeNode({
      eth_chainId: '0x7a69',
      eth_call: ([{ data }]: [{ data: string }]) => `0x${'00'.repeat(data.startsWith(selectors.verify) ? 96 : 32)}`,
      eth_getTransactionCount: '0x0',
      eth_estimateGas: new Error(`execution reverted: ${CANARY}`)
    })
    const foreign = ['retract', `${DEV}/canary-foreign`]
    await published('canary-foreign')
    const paths: readonly (readonly [number, readonly string[], Readonly<Record<string, string>>])[] = [
      [4, ['publish', 'd.md'], { PRIVATE_KEY: malformed }],
      [4, ['status', 'd.md'], { PRIVATE_KEY: malformed }],
      [4, ['publish', 'd.md'], { PRIVATE_KEY: `${CANARY}zz` }],
      [4, ['publish', 'd.md', '--account', 'me.json'], { TREND_ARCHIVE_PASSWORD: `${PASSWORD}-wrong` }],
      [4, ['publish', 'd.md', '--account', 'me.json', '--no-input'], {}],
      [4, ['publish', 'd.md', '--account', 'key.txt'], locked],
      [4, ['publish', 'd.md', '--account', 'nobody'], locked],
      [4, ['publish', 'd.md', '--account', CANARY], {}],
      [6, ['publish', 'd.md', '--rpc-url', NOWHERE], key],
      [6, ['publish', 'd.md', '--account', 'me.json', '--rpc-url', NOWHERE], locked],
      [6, ['publish', 'd.md', '--rpc-url', `http://user:${CANARY}@127.0.0.1:9/${CANARY}`], key],
      [6, ['publish', 'd.md', '--rpc-url', tellsKey], key],
      [6, ['status', 'd.md', '--rpc-url', tellsKey], key],
      [6, ['publish', 'd.md', '--account', 'me.json', '--rpc-url', tellsPassword], locked],
      [1, ['publish', 'd.md', '--rpc-url', reverting], key],
      [6, ['deploy', '--rpc-url', NOWHERE], key],
      [5, foreign, key],
      [2, ['publish', 'd.md', `--key=${CANARY}`], key],
      [2, ['list', '--rpc-url', CANARY], key]
    ]
    for (const [expected, argv, env] of paths) {
      for (const more of [['-v'], ['--json', '-v']]) {
        const { code, stdout, stderr } = await on([...argv, ...more], { cwd, env })
        expect([code, argv, stdout + stderr]).toEqual([expected, argv, expect.anything()])
        expect((stdout + stderr).toLowerCase()).not.toContain(malformed)
        expect(stdout + stderr).not.toContain(PASSWORD)
      }
    }
  })
})

test('nothing hostile in a document or an answer reaches a terminal raw', async () => {
  const title = 'safe\u202etxt.exe'
  const cwd = folder({ 'd.json': JSON.stringify({ slug: 'hostile', title, body: 'gone\u2066\ttab' }) })
  const esc = '\u001b]0;pwned\u0007\u009b2J\u202e'
  const node = await fakeNode({ eth_chainId: new Error(esc) })
  const gateway = await serve((_, response) => response.setHeader('content-type', 'text/html').end(esc))
  const all: string[] = []
  for (const argv of [
    ['publish', 'd.json'],
    ['publish', esc],
    ['resolve', 'hostile'],
    ['resolve', 'hostile', '--pretty'],
    ['history', 'hostile'],
    ['list'],
    ['verify', 'hostile'],
    ['verify', 'hostile', '--rpc-url', node],
    ['resolve', 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea', '--gateway', gateway],
    ['diff', 'hostile', 'd.json'],
    ['diff', 'hostile', 'other.json'],
    ['status', 'd.json', '--rpc-url', node],
    [esc]
  ]) {
    for (const more of [[], ['--json'], ['-v']]) {
      writeFileSync(join(cwd, 'other.json'), JSON.stringify({ [esc]: esc, title: esc, body: '\u202e' }))
      const { stdout, stderr } = await on([...argv, ...more], { cwd, tty: true, env: { NO_COLOR: '1' } })
      all.push(stdout, stderr)
    }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(all.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  expect(all.join('')).toContain('safe\\u202etxt.exe')
})
