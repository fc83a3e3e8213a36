import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ADDRESS } from '../../src/registry/bytecode.ts'
import { DEV, DEV_ADDRESS, draft, EDITOR, EDITOR_KEY, edition, RELAYER, RELAYER_KEY, useChain } from './on-chain.ts'
import { folder, json, type Ran, serve } from './shell.ts'

const chain = useChain()
const { on } = chain
/** Acts for the publisher, who is the dev chain's first account. */
const say = async (...argv: readonly string[]): Promise<Ran> => await on([...argv, '-q'], { cwd: folder() })
const instant = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

test('an editor from its first right to its last', async () => {
  expect(await say('editors')).toEqual({ code: 0, stdout: 'no editors\n', stderr: '' })
  expect((await say('editors', EDITOR)).stdout).toBe(`${EDITOR}  no editor\n`)

  const added = await say('editors', 'add', EDITOR, '--for', '30d')
  expect(added.stdout).toMatch(new RegExp(`^set  ${EDITOR}  may publish until \\S+Z \\(\\d+\\)\ntransaction 0x\\w+, `))
  const until = Number(/\((\d+)\)/.exec(added.stdout)?.[1])
  expect(Math.abs(until - (await chain.now()) - 30 * 86_400)).toBeLessThan(60)
  expect((await say('editors')).stdout).toBe(`${EDITOR}  may publish until  ${instant(until)} (${until})\n`)

  const cwd = folder({ 'd.md': draft('by-editor') })
  const published = await on(['publish', '--publisher', DEV_ADDRESS, 'd.md', '-q'], { cwd, key: EDITOR_KEY })
  expect(published.code).toBe(0)
  const verdict = await on(['verify', `${DEV}/by-editor`], { cwd })
  expect([verdict.code, verdict.stdout]).toEqual([0, expect.stringContaining(`, by editor ${EDITOR}\n`)])
  expect((await on(['editors', EDITOR, '--publisher', DEV], { cwd, key: EDITOR_KEY })).stdout).toMatch(
    /may publish until.*\n {2}recorded {2}by-editor@1 {2}bagaaiera\w+ {2}\S+Z\n$/
  )

  const ended = await say('editors', 'end', EDITOR)
  const end = Number(/ended at \S+ \((\d+)\)/.exec(ended.stdout)?.[1])
  expect(end).toBeLessThanOrEqual(await chain.now())
  // It may publish to the end of that second.
  await chain.tell('evm_increaseTime', 2)
  await chain.tell('evm_mine')
  expect((await say('editors', 'end', EDITOR)).stdout).toBe(`unchanged  ${EDITOR}  ended at ${instant(end)} (${end})\n`)
  expect((await say('editors')).stdout).toMatch(new RegExp(`^${EDITOR}  ended at  `))
  writeFileSync(join(cwd, 'd.md'), draft('by-editor', 'It says more.'))
  const late = await on(['publish', '--publisher', DEV, 'd.md'], { cwd, key: EDITOR_KEY })
  expect([late.code, late.stderr]).toEqual([1, expect.stringMatching(/NotEditor.*\nhint: .*editors add/)])
  expect((await on(['verify', `${DEV}/by-editor`], { cwd })).code).toBe(0)

  const again = await say('editors', 'add', EDITOR, '--for', '1d')
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/owns again whatever[^\n]*\nhint: .*--revive/)])
  expect((await say('editors', 'add', EDITOR, '--for', '1d', '--revive')).code).toBe(0)

  const disowned = await on(['editors', 'disown', EDITOR, '--all', '--yes', '--json'], { cwd })
  expect(json(disowned.stdout)).toMatchObject({
    status: 'set',
    until: '0',
    documents: [{ slug: 'by-editor', version: 1 }]
  })
  expect(disowned.stderr).toContain('counts as retracted from now on')
  expect((await on(['verify', `${DEV}/by-editor`], { cwd })).code).toBe(3)
  expect((await say('editors')).stdout).toBe(`${EDITOR}  disowned entirely\n`)
  expect((await on(['editors', EDITOR, '-q'], { cwd })).stdout).toMatch(/no editor\n {2}disowned {2}by-editor@1/)
  // State no longer tells it from a stranger; the log does.
  expect((await say('editors', 'add', EDITOR, '--for', '1d')).stderr).toContain('was disowned entirely')
  expect((await say('editors', 'disown', EDITOR, '--all')).stdout).toMatch(/^unchanged/)
})

test('in JSON every verb is one document', async () => {
  const cwd = folder()
  for (const argv of [
    ['editors'],
    ['editors', RELAYER],
    ['editors', 'add', RELAYER, '--until', '2100-01-01T00:00:00Z'],
    ['editors', 'disown', RELAYER, '--after', '5', '--yes'],
    ['editors', 'end', RELAYER]
  ]) {
    const { code, stdout } = await on([...argv, '--json'], { cwd })
    expect([code, json(stdout)], argv.join(' ')).toEqual([0, expect.any(Object)])
  }
  const { stdout } = await on(['editors', '--json'], { cwd })
  expect(json(stdout)).toMatchObject({ publisher: DEV, complete: true, from: '0' })
  expect(json(stdout).editors).toMatchObject(
    expect.arrayContaining([expect.objectContaining({ editor: RELAYER, until: '5', status: 'disowned' })])
  )
})

describe('disowning', () => {
  const OTHER = `0x${'d15'.repeat(13)}0`
  const disown = async (answer?: string, ...argv: readonly string[]): Promise<Ran> =>
    await on(['editors', 'disown', OTHER, '--all', ...argv], { cwd: folder(), answer })

  test('is asked about on a terminal, and anything but yes is a no', async () => {
    await say('editors', 'add', OTHER, '--for', '1d', '--revive')
    for (const answer of ['\n', 'n\n', 'yep\n', '']) {
      const { code, stderr } = await disown(answer)
      expect([code, stderr]).toEqual([answer === '' ? 130 : 1, expect.stringContaining('disown it? [y/N]')])
    }
    expect((await say('editors', OTHER)).stdout).toContain('may publish')
    expect(await disown('y\n')).toMatchObject({ code: 0, stdout: expect.stringContaining('disowned entirely') })
  })

  test('of an account that has no right is told apart, for its address may be mistyped', async () => {
    const { code, stdout, stderr } = await on(['editors', 'disown', `0x${'0dd'.repeat(13)}0`, '--all'], {
      cwd: folder()
    })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^unchanged/)])
    expect(stderr).toContain('never was an editor of yours')
  })

  test('is not asked about with --yes', async () => {
    await say('editors', 'add', OTHER, '--for', '1d', '--revive')
    const { code, stderr } = await disown('', '--yes')
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('disown it?')])
  })

  test.each([
    ['without a terminal', undefined, []],
    ['where nothing may be asked', 'y\n', ['--no-input']]
  ] as const)('%s needs --yes', async (_, answer, argv) => {
    await say('editors', 'add', OTHER, '--for', '1d', '--revive')
    const { code, stderr } = await disown(answer, ...argv)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/nobody can be asked here.*\nhint: add --yes/)])
    expect((await say('editors', OTHER)).stdout).toContain('may publish')
  })

  test('after a time that would lengthen its right is refused before anything is asked', async () => {
    await say('editors', 'add', OTHER, '--for', '1d', '--revive')
    await say('editors', 'disown', OTHER, '--after', '1000', '--yes')
    const { code, stderr } = await on(['editors', 'disown', OTHER, '--after', '2000'], { cwd: folder(), answer: 'y\n' })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/own again what it published\nhint: name an earlier time/)
    ])
    expect(stderr).not.toContain('disown it?')
  })
})

describe('for a publisher whose editor one is', () => {
  test('status, edition and point work, and retract says why it does not', async () => {
    await say('editors', 'add', EDITOR, '--for', '1d', '--revive')
    const cwd = folder()
    mkdirSync(join(cwd, 'e'))
    for (const slug of ['for-a', 'for-b']) writeFileSync(join(cwd, 'e', `${slug}.md`), draft(slug))
    writeFileSync(join(cwd, 'e', 'edition.md'), edition('for-series'))
    const as = async (...argv: readonly string[]): Promise<Ran> =>
      await on([...argv, '--publisher', DEV, '-q'], { cwd, key: EDITOR_KEY })
    expect((await as('status', 'e')).stdout).toMatch(/^new {2}for-a@1 .*\nnew {2}for-b@1 .*\nnew {2}for-series@1/)
    expect((await as('edition', 'e')).code).toBe(0)
    expect((await as('status', 'e')).stdout).toMatch(/^(unchanged .*\n){3}$/)
    writeFileSync(join(cwd, 'e', 'for-a.md'), draft('for-a', 'It says more.'))
    expect((await as('publish', 'e/for-a.md')).code).toBe(0)
    expect((await as('point', 'for-a@1')).stdout).toMatch(/^moved {2}for-a@1/)
    const skipping = await as('point', '--retract-skipped', 'for-a@1')
    expect([skipping.code, skipping.stderr]).toEqual([1, expect.stringContaining('only the publisher takes back')])
    const taken = await on(['retract', `${DEV}/for-a`], { cwd, key: EDITOR_KEY })
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringMatching(/only the publisher takes back, not an editor/)
    ])
    const doubt = ['retract', '--concern', `${DEV}/for-a`, '--note', 'Under review.', '-q']
    const voiced = await on(doubt, { cwd, key: EDITOR_KEY })
    expect([voiced.code, voiced.stdout]).toEqual([
      0,
      expect.stringMatching(/^concern voiced about {2}for-a@1 {2}bagaaiera\w+\nnotice {2}bagaaiera\w+\ntransaction/)
    ])
    const again = await on(doubt, { cwd, key: EDITOR_KEY })
    expect(again.stdout).toMatch(/^unchanged {2}for-a@1 .*\nnotice {2}bagaaiera\w+\n$/)
    const verdict = await on(['verify', `${DEV}/for-a`], { cwd })
    expect([verdict.code, verdict.stdout]).toEqual([0, expect.stringContaining('  concern   other: Under review.')])
  })

  test('status needs no key and no right', async () => {
    const cwd = folder({ 'd.md': draft('only-looking') })
    const { code, stdout } = await on(['status', 'd.md', '--publisher', DEV], { cwd, key: 'no key at all' })
    expect([code, stdout]).toEqual([0, 'new  only-looking@1  d.md\n'])
  })

  test('a stranger is refused before anything is pinned', async () => {
    const cwd = folder({ 'd.md': draft('by-nobody') })
    for (const argv of [
      ['publish', 'd.md'],
      ['publish', 'd.md', '--dry-run']
    ]) {
      const { code, stderr } = await on([...argv, '--publisher', DEV], { cwd, key: RELAYER_KEY })
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(new RegExp(`NotEditor.*\nhint: .*editors add ${RELAYER}`))
      ])
    }
    expect(json((await on(['list', '--json'], { cwd })).stdout).documents).toEqual([])
  })
})

describe('a node that shows few logs or none', () => {
  /** The chain's node, but that it answers for logs as told. */
  const behind = async (logs: (filter: { readonly fromBlock: string; readonly toBlock: string }) => unknown) =>
    await serve(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString()
      const { id, method, params } = JSON.parse(body)
      const refusal = method === 'eth_getLogs' ? logs(params[0]) : undefined
      if (refusal !== undefined) {
        response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32005, message: refusal } }))
        return
      }
      const forwarded = await fetch(chain.url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body
      })
      response.end(await forwarded.text())
    })

  test('is asked in parts, and what is missing is said', async () => {
    await say('editors', 'add', EDITOR, '--for', '2d', '--revive')
    const url = await behind(({ fromBlock, toBlock }) =>
      Number(toBlock) - Number(fromBlock) >= 3 ? 'at most 3 blocks' : undefined
    )
    const { code, stdout, stderr } = await on(['editors', '--rpc-url', url], { cwd: folder() })
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining(`${EDITOR}  may publish until`), ''])
  })

  test('does not keep one editor from being read, nor another from being added', async () => {
    const url = await behind(() => 'no logs here')
    const cwd = folder()
    const refused = await on(['editors', '--rpc-url', url], { cwd })
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('eth_getLogs')])
    expect((await on(['editors', EDITOR, '--rpc-url', url], { cwd })).code).toBe(0)
    const fresh = `0x${'f1e'.repeat(13)}0`
    const added = await on(['editors', 'add', fresh, '--for', '1d', '--rpc-url', url], { cwd })
    expect([added.code, added.stderr]).toEqual([0, expect.stringContaining('is not known')])
  })
})

test.each<[readonly string[], RegExp]>([
  [['add', EDITOR], /until when[^\n]*\nhint: --until <time>, or --for/],
  [['add', EDITOR, '--until', '5000000000', '--for', '1d'], /not both/],
  [['add', EDITOR, '--for', 'ever'], /no duration/],
  [['add'], /add whom\?/],
  [['end', EDITOR, '--for', '1d'], /--for is for 'editors add'/],
  [['add', EDITOR, '--for', '1d', '--all'], /--all is for 'editors disown'/],
  [['disown', EDITOR], /say what is to be disowned/],
  [['disown', EDITOR, '--all', '--after', '5'], /not both/],
  [['remove', EDITOR], /'remove' is no verb/],
  [['0x12'], /neither a verb nor an address/],
  [['end', EDITOR, '--publisher', DEV], /a publisher sets its own editors/]
])('editors %j is refused with a way to mend it', async (argv, told) => {
  const { code, stdout, stderr } = await on(['editors', ...argv], { cwd: folder() })
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(told)])
})

test('where there is no registry, nobody is said to have no editors', async () => {
  const code = await chain.tell('eth_getCode', ADDRESS, 'latest')
  await chain.tell('anvil_setCode', ADDRESS, '0x')
  const { code: exit, stdout, stderr } = await on(['editors'], { cwd: folder(), key: RELAYER_KEY })
  await chain.tell('anvil_setCode', ADDRESS, code)
  expect([exit, stdout, stderr]).toEqual([6, '', expect.stringContaining('there is no contract at')])
})

test('an end in the past, and oneself, are refused', async () => {
  expect(await say('editors', 'add', RELAYER, '--until', '2020-01-01T00:00:00Z', '--revive')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/must lie in the future\nhint: .*editors end/)
  })
  expect((await say('editors', 'add', DEV_ADDRESS, '--for', '1d')).stderr).toContain('needs no right')
})
