import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import { DEV, DEV_ADDRESS, draft, EDITOR, EDITOR_KEY, edition, RELAYER_KEY, useChain } from './on-chain.ts'
import { folder, json } from './shell.ts'

const chain = useChain()
const { on } = chain
const envelopeIn = (cwd: string, file: string) => JSON.parse(readFileSync(join(cwd, file), 'utf8'))

test('a draft is signed by one account, and recorded by another that pays', async () => {
  const cwd = folder({ 'd.md': draft('handed-over') })
  const payer = folder()
  const { code, stdout, stderr } = await on(['sign', 'd.md'], { cwd })
  expect(code).toBe(0)
  const [, cid = ''] =
    /^signed {2}handed-over@1 {2}(bagaaiera\w+) {2}handed-over@1\.trend-signed\.json\ngood until \S+Z\n$/.exec(
      stdout
    ) ?? expect.fail(stdout)
  expect(stderr).toContain('trend-archive relay handed-over@1.trend-signed.json')
  // Nothing is sent, and what was signed is held here.
  expect((await on(['verify', cid], { cwd })).code).toBe(3)
  expect((await on(['resolve', cid], { cwd })).code).toBe(0)

  const file = join(cwd, 'handed-over@1.trend-signed.json')
  const relayed = await on(['relay', file], { cwd: payer, key: RELAYER_KEY })
  expect([relayed.code, relayed.stderr]).toEqual([0, ''])
  expect(relayed.stdout).toMatch(
    new RegExp(
      `^relayed  handed-over@1  ${cid}\n  recorded at \\S+Z for ${DEV}\ntransaction 0x\\w+, block \\d+, \\d+ gas, fee 0\\.\\d+\n$`
    )
  )
  // The relayer holds the bytes now, and the publisher stands by them.
  const verdict = await on(['verify', `${DEV}/handed-over`], { cwd: payer })
  expect([verdict.code, verdict.stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^verified: published by ${DEV}\n`))
  ])
  expect((await on(['sign', 'd.md', '-q'], { cwd })).stdout).toBe(`unchanged  handed-over@1  ${cid}\nnothing to sign\n`)
  expect((await on(['status', 'd.md', '-q'], { cwd })).stdout).toBe('unchanged  handed-over@1  d.md\n')
})

test('in JSON it is told for programs, and the file is for nobody else to read', async () => {
  const cwd = folder({ 'd.md': draft('as-json') })
  const { stdout } = await on(['sign', 'd.md', '--json', '--out', 'out/of/here'], { cwd })
  const file = 'out/of/here/as-json@1.trend-signed.json'
  const now = await chain.now()
  expect(json(stdout)).toMatchObject({
    dryRun: false,
    documents: [{ slug: 'as-json', status: 'new', version: 1, publisher: DEV }],
    envelopes: [{ file, slug: 'as-json', version: 1, publisher: DEV, editor: DEV_ADDRESS, signed: true }]
  })
  const deadline = Number(json(stdout).envelopes?.[0]?.deadline)
  expect(Math.abs(deadline - now - 3600)).toBeLessThan(120)
  expect(statSync(join(cwd, file)).mode & 0o077).toBe(0)
  expect(envelopeIn(cwd, file)).toMatchObject({ chain: 'eip155:31337', message: { deadline: String(deadline) } })
})

describe('a deadline', () => {
  const signed = async (...argv: readonly string[]) => {
    const cwd = folder({ 'd.md': draft('deadline') })
    return await on(['sign', 'd.md', ...argv, '--json'], { cwd })
  }

  test('is a duration or a time, and a long life is warned of', async () => {
    const day = await signed('--deadline', '1d')
    expect(Number(json(day.stdout).envelopes?.[0]?.deadline) - (await chain.now())).toBeGreaterThan(80_000)
    expect(day.stderr).toMatch(/as good as a key for that one document; trend-archive retract/)
    const soon = new Date(Date.now() + 600_000).toISOString().replace(/\.\d+Z/, 'Z')
    const short = await signed('--deadline', soon)
    expect(json(short.stdout).envelopes?.[0]?.deadline).toBe(String(Date.parse(soon) / 1000))
    expect(short.stderr).not.toContain('as good as a key')
  })

  test.each([
    ['2020-01-01T00:00:00Z', 1, /must lie in the future/],
    ['31d', 1, /within 30 days/],
    ['soon', 2, /'soon' is no time/],
    ['0h', 2, /no time/],
    ['2026-13-01T00:00:00Z', 2, /no time/]
  ])('of %s is refused', async (deadline, exit, told) => {
    const cwd = folder({ 'd.md': draft('deadline') })
    const { code, stderr } = await on(['sign', 'd.md', '--deadline', deadline], { cwd })
    expect([code, stderr]).toEqual([exit, expect.stringMatching(told)])
    expect(readdirSync(cwd).filter((file) => file.endsWith('.json'))).toEqual([])
  })
})

test('an envelope that cannot be written where it should be says so, and can be signed again', async () => {
  const cwd = folder({ 'd.md': draft('nowhere') })
  const { code, stdout, stderr } = await on(['sign', 'd.md', '--out', 'd.md'], { cwd })
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(/d\.md: is no folder\nhint: name another one/)])
  // That is found out before anything is signed or pinned.
  expect(readdirSync(cwd)).toEqual(['d.md'])
  expect((await on(['sign', 'd.md'], { cwd })).stdout).toMatch(/^signed {2}nowhere@1/)
})

test('a dry run says what would be signed, and changes nothing', async () => {
  const cwd = folder({ 'd.md': draft('dry') })
  const { code, stdout } = await on(['sign', 'd.md', '--dry-run', '-q'], { cwd })
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^would sign {2}dry@1 {2}bagaaiera\w+\ngood until \S+\ndry run: nothing was pinned or signed\n$/
    )
  ])
  expect(readdirSync(cwd)).toEqual(['d.md'])
})

test('a wallet elsewhere signs what is printed for it, and its signature is relayed', async () => {
  const cwd = folder({ 'd.md': draft('elsewhere') })
  const asked = await on(['sign', '--editor', EDITOR.toUpperCase().replace('0X', '0x'), '--typed-data', 'd.md'], {
    cwd
  })
  expect([asked.code, asked.stderr]).toEqual([
    0,
    expect.stringContaining('not signed yet: trend-archive relay --signature')
  ])
  const { domain, types, primaryType, message } = JSON.parse(asked.stdout)
  expect([primaryType, domain.chainId, message.editor]).toEqual(['Publish', 31337, EDITOR])
  const { EIP712Domain: _, ...own } = types
  const signature = await new Wallet(EDITOR_KEY).signTypedData(domain, own, message)
  const file = 'elsewhere@1.trend-unsigned.json'
  expect(envelopeIn(cwd, file)).not.toHaveProperty('signature')
  const bare = await on(['relay', file], { cwd, key: RELAYER_KEY })
  expect([bare.code, bare.stderr]).toEqual([
    1,
    expect.stringMatching(/elsewhere@1 of \S+: \$\.signature .*nobody has signed it yet\nhint: .*--signature/)
  ])
  const { code, stdout } = await on(['relay', '--signature', signature, file], { cwd, key: RELAYER_KEY })
  expect([code, stdout]).toEqual([0, expect.stringContaining(`for eip155:31337:${EDITOR}\n`)])
})

test('typed data alone is for the own account, whose key is not asked for', async () => {
  const cwd = folder({ 'd.md': draft('own-hardware') })
  const { code, stdout } = await on(['sign', '--typed-data', 'd.md', '--json'], { cwd })
  expect(code).toBe(0)
  expect(json(stdout).envelopes?.[0]).toMatchObject({ editor: DEV_ADDRESS, signed: false })
  expect(json(stdout).envelopes?.[0]?.typedData).toMatchObject({
    primaryType: 'Publish',
    message: { editor: DEV_ADDRESS }
  })
})

test('an edition is one signature; a member whose slug names an older version has one of its own', async () => {
  const cwd = folder()
  mkdirSync(join(cwd, 'e'))
  for (const slug of ['ed-old', 'ed-new']) writeFileSync(join(cwd, 'e', `${slug}.md`), draft(slug))
  writeFileSync(join(cwd, 'e', 'edition.md'), edition('ed-series'))
  await on(['publish', 'e/ed-old.md'], { cwd })
  writeFileSync(join(cwd, 'e', 'ed-old.md'), draft('ed-old', 'It says more.'))
  const { code, stdout } = await on(['sign', 'e', '--out', 'signed', '-q'], { cwd })
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^signed {2}ed-old@2 .*\nsigned {2}ed-series@1 .*\ngood until .*\n$/)
  ])
  const files = readdirSync(join(cwd, 'signed')).map((file) => join('signed', file))
  const relayed = await on(['relay', ...files, '--json'], { cwd, key: RELAYER_KEY })
  expect([relayed.code, json(relayed.stdout).relayed]).toEqual([0, 2])
  for (const name of ['ed-old', 'ed-series']) expect((await on(['verify', name], { cwd })).code).toBe(0)
  expect((await on(['sign', 'e', '-q'], { cwd })).stdout).toMatch(/nothing to sign\n$/)
  const stray = await on(['sign', '--refs', 'e/ed-new.md'], { cwd })
  expect([stray.code, stray.stderr]).toEqual([2, expect.stringContaining('--refs is for an edition')])
})

test('whoever is no editor signs nothing, and is told who could change that', async () => {
  const cwd = folder({ 'd.md': draft('not-mine') })
  const { code, stderr } = await on(['sign', 'd.md', '--publisher', DEV], { cwd, key: RELAYER_KEY })
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/NotEditor[^\n]*\nhint: .*trend-archive editors add 0x3c44/)
  ])
  expect(existsSync(join(cwd, 'not-mine@1.trend-signed.json'))).toBe(false)
  const foreign = await on(['sign', 'd.md', '--publisher', `eip155:1:${DEV_ADDRESS}`], { cwd })
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('--network eip155:1')])
  const nobody = await on(['sign', 'd.md', '--publisher', 'me'], { cwd })
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("'me' is no publisher")])
})

test('what only has to be named again is not signed, and what does it is said', async () => {
  const cwd = folder({ 'd.md': draft('back-and-forth') })
  await on(['publish', 'd.md'], { cwd })
  writeFileSync(join(cwd, 'd.md'), draft('back-and-forth', 'It says more.'))
  await on(['publish', 'd.md'], { cwd })
  await on(['point', 'back-and-forth@1'], { cwd })
  const { code, stderr } = await on(['sign', 'd.md'], { cwd })
  expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be relayed\nhint: trend-archive point bagaaiera/)])
})

test('no signature goes anywhere but into its file', async () => {
  const cwd = folder({ 'd.md': draft('canary') })
  const { stdout, stderr } = await on(['sign', 'd.md', '-v'], { cwd, key: EDITOR_KEY })
  const { signature } = envelopeIn(cwd, 'canary@1.trend-signed.json')
  for (const text of [stdout, stderr]) {
    expect(text).not.toContain(signature.slice(2, 40))
    expect(text).not.toContain(EDITOR_KEY)
  }
})
