import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import { DEV, DEV_ADDRESS, draft, EDITOR, EDITOR_KEY, useChain } from './on-chain.ts'
import { folder, json, NOWHERE, run } from './shell.ts'

const { on, tell } = useChain()
const statementIn = (cwd: string, file: string) => JSON.parse(readFileSync(join(cwd, file), 'utf8'))

/** A draft that the dev account stated, and the CID that it got. */
async function stated(slug: string) {
  const cwd = folder({ 'd.md': draft(slug) })
  const { code, stdout, stderr } = await on(['sign', '--statement', 'd.md'], { cwd })
  expect(code, stderr).toBe(0)
  const [, cid = ''] = /^signed {2}\S+@1 {2}(bagaaiera\w+) {2}/.exec(stdout) ?? expect.fail(stdout)
  return { cwd, cid, file: `${slug}@1.signed.json`, stderr }
}

test('a document is stood by without a transaction, and taken by whoever asks for no more', async () => {
  const nonce = await tell('eth_getTransactionCount', DEV_ADDRESS, 'latest')
  const { cwd, cid, file, stderr } = await stated('quiet')
  expect(stderr).toContain(`trend-archive verify <cid> --tier signed --signature ${file}`)
  expect(await tell('eth_getTransactionCount', DEV_ADDRESS, 'latest')).toBe(nonce)
  expect(statementIn(cwd, file)).toEqual({
    format: 'trend-archive/statement@1',
    chain: 'eip155:31337',
    registry: expect.stringMatching(/^0x[0-9a-f]{40}$/),
    publisher: DEV_ADDRESS,
    cid,
    signature: expect.stringMatching(/^0x[0-9a-f]{130}$/)
  })
  expect(statSync(join(cwd, file)).mode & 0o077).toBe(0)

  expect((await on(['verify', cid], { cwd })).code).toBe(3)
  const asked = await on(['verify', cid, '--signature', file], { cwd })
  expect([asked.code, asked.stdout]).toEqual([
    7,
    expect.stringMatching(new RegExp(`^inconclusive: signed by ${DEV}, not recorded\n`))
  ])
  const taken = await on(['verify', cid, '--signature', file, '--tier', 'signed'], { cwd })
  expect([taken.code, taken.stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^verified: signed by ${DEV}, not recorded\n`))
  ])
  expect(taken.stdout).toContain(`  did       did:pkh:${DEV}\n`)
  expect(taken.stdout).toContain('warning: signed and not recorded: nothing proves when it was signed')
  writeFileSync(join(cwd, 'policy.json'), '{"tier":"signed"}')
  const { code, stdout } = await on(['verify', cid, '--signature', file, '--policy', 'policy.json', '--json'], { cwd })
  expect([code, json(stdout)]).toMatchObject([
    0,
    { status: 'verified', tier: 'signed', signatures: [{ outcome: 'pass', by: 'key', trusted: 'nobody' }] }
  ])

  await on(['retract', cid], { cwd })
  expect((await on(['verify', cid, '--signature', file, '--tier', 'signed'], { cwd })).code).toBe(3)
})

test('a complete document is stated by its CID, its name or its file, and stays what it is', async () => {
  const cwd = folder({ 'd.md': draft('complete') })
  await on(['publish', 'd.md'], { cwd })
  const bytes = (await on(['resolve', 'complete'], { cwd })).stdout
  writeFileSync(join(cwd, 'c.json'), bytes)
  const { cid } = JSON.parse((await on(['resolve', 'complete', '--json'], { cwd })).stdout)
  for (const subject of [cid, 'complete', 'complete@1', 'c.json', './c.json']) {
    const { code, stdout } = await on(['sign', '--statement', '--json', subject], { cwd })
    expect([code, json(stdout).statements], subject).toMatchObject([
      0,
      [{ slug: 'complete', version: 1, cid, signed: true }]
    ])
  }
  const verdict = await on(['verify', 'complete', '--signature', 'complete@1.signed.json', '--json'], { cwd })
  expect(json(verdict.stdout)).toMatchObject({
    status: 'verified',
    tier: 'recorded',
    signatures: [{ outcome: 'pass' }]
  })
})

describe('a wallet elsewhere', () => {
  const wallet = new Wallet(`0x${EDITOR_KEY}`)

  test('is told what to sign, and what it signed is brought back', async () => {
    const cwd = folder({ 'd.md': draft('hardware') })
    const asked = await on(['sign', '--statement', '--typed-data', '--publisher', EDITOR, 'd.md'], { cwd })
    expect(asked.code, asked.stderr).toBe(0)
    const { types, primaryType, domain, message } = JSON.parse(asked.stdout)
    expect(primaryType).toBe('Document')
    expect(message.publisher).toBe(EDITOR)
    const signature = await wallet.signTypedData(domain, { Document: types.Document }, message)
    const json1 = await on(['sign', '--statement', '--typed-data', '--publisher', EDITOR, 'd.md', '--json'], { cwd })
    const cid = String(json(json1.stdout).statements?.[0]?.cid)

    const back = await on(['sign', '--statement', '--signature', signature, cid], { cwd })
    expect([back.code, back.stdout]).toEqual([0, `signed  hardware@1  ${cid}  hardware@1.signed.json\n`])
    const verdict = await on(['verify', cid, '--tier', 'signed', '--signature', 'hardware@1.signed.json'], { cwd })
    expect(verdict.code, verdict.stdout).toBe(0)

    const other = await wallet.signTypedData(
      domain,
      { Document: types.Document },
      { ...message, publisher: DEV_ADDRESS }
    )
    for (const wrong of [other, '0x', 'rubbish', `0x${'ab'.repeat(40_000)}`]) {
      const refused = await on(['sign', '--statement', '--signature', wrong, cid, '--json'], { cwd })
      expect([refused.code, json(refused.stdout).error]).toMatchObject([1, { code: 'INVALID_STATEMENT' }])
    }
  })

  test('signs one complete document at a time', async () => {
    const cwd = folder({ 'd.md': draft('one'), 'e.md': draft('two') })
    for (const files of [['d.md'], ['d.md', 'e.md']]) {
      const { code, stderr } = await on(['sign', '--statement', '--signature', '0x', ...files], { cwd })
      expect([code, stderr]).toEqual([2, expect.stringContaining('one complete document')])
    }
  })
})

test('only the publisher states, in a statement that has no deadline, editor or tree', async () => {
  const cwd = folder({ 'd.md': draft('mine') })
  const foreign = await on(['sign', '--statement', '--publisher', DEV, 'd.md', '--json'], { cwd, key: EDITOR_KEY })
  expect([foreign.code, json(foreign.stdout).error]).toMatchObject([1, { code: 'INVALID_OPTION' }])
  for (const more of [['--deadline', '1d'], ['--editor', EDITOR], ['--refs']]) {
    const { code, stderr } = await on(['sign', '--statement', ...more, 'd.md'], { cwd })
    expect([code, stderr]).toEqual([2, expect.stringContaining('a statement has no')])
  }
  const stray = await on(['sign', '--signature', '0x', 'd.md'], { cwd })
  expect([stray.code, stray.stderr]).toEqual([2, expect.stringContaining('--signature is for a statement')])
  const dry = await on(['sign', '--statement', '--dry-run', 'd.md'], { cwd })
  expect([dry.code, dry.stdout]).toEqual([
    0,
    expect.stringMatching(/^would sign {2}mine@1[\s\S]*nothing was pinned or signed\n$/)
  ])
})

test('a file that is no statement is an error that says where; a statement about something else is a verdict', async () => {
  const { cwd, cid, file } = await stated('about-this')
  const good = statementIn(cwd, file)
  const bad: Readonly<Record<string, string>> = {
    $: '[]',
    '$.format': JSON.stringify({ ...good, format: 'trend-archive/publish@1' }),
    '$.chain': JSON.stringify({ ...good, chain: 'solana:1' }),
    '$.registry': JSON.stringify({ ...good, registry: good.registry.toUpperCase() }),
    '$.publisher': JSON.stringify({ ...good, publisher: DEV }),
    '$.cid': JSON.stringify({ ...good, cid: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG' }),
    '$.signature': JSON.stringify({ ...good, signature: `0x${'ab'.repeat(32_769)}` })
  }
  for (const [path, text] of Object.entries(bad)) {
    writeFileSync(join(cwd, 'bad.json'), text)
    const { code, stdout } = await on(['verify', cid, '--signature', 'bad.json', '--json'], { cwd })
    expect([code, json(stdout).error]).toMatchObject([1, { code: 'INVALID_STATEMENT', details: { path } }])
  }
  for (const text of ['', 'x', '{', JSON.stringify({ ...good, more: 1 }), 'x'.repeat(2 ** 20)]) {
    writeFileSync(join(cwd, 'bad.json'), text)
    const { code, stdout } = await on(['verify', cid, '--signature', 'bad.json', '--json'], { cwd })
    expect([code, json(stdout).error]).toMatchObject([1, { code: 'INVALID_STATEMENT' }])
  }
  const { cid: other } = await stated('about-that')
  writeFileSync(join(cwd, 'other.json'), JSON.stringify({ ...good, cid: other }))
  const wrong = await on(
    ['verify', cid, '--signature', 'other.json', '--signature', file, '--tier', 'signed', '--json'],
    { cwd }
  )
  expect([wrong.code, json(wrong.stdout).signatures]).toMatchObject([0, [{ outcome: 'fail' }, { outcome: 'pass' }]])
})

test('a key is known without a chain, and the rest is open', async () => {
  const { cwd, cid, file } = await stated('offline')
  const argv = ['verify', cid, '--signature', file, '--tier', 'signed', '--json']
  const { code, stdout } = await run(argv, { cwd, env: { RPC_URL: NOWHERE } })
  expect([code, json(stdout)]).toMatchObject([
    7,
    { status: 'inconclusive', tier: 'signed', signatures: [{ by: 'key', trusted: 'nobody' }] }
  ])
})
