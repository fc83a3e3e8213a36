import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TypedDataEncoder } from 'ethers'
import { describe, expect, test } from 'vitest'
import { DEV, draft, RELAYER_KEY, useChain } from './on-chain.ts'
import { folder, json, NOWHERE } from './shell.ts'

const chain = useChain()
const { on } = chain

/** A folder with an envelope of a draft, and its content. */
async function signed(slug: string, ...argv: readonly string[]) {
  const cwd = folder({ 'd.md': draft(slug) })
  const { stdout } = await on(['sign', 'd.md', '--json', ...argv], { cwd })
  const file = String(json(stdout).envelopes?.[0]?.file)
  return {
    cwd,
    file,
    cid: String(json(stdout).envelopes?.[0]?.cid),
    value: JSON.parse(readFileSync(join(cwd, file), 'utf8'))
  }
}
const relay = async (cwd: string, ...argv: readonly string[]) => await on(['relay', ...argv], { cwd, key: RELAYER_KEY })
/** Relays an envelope from a folder in which there is nothing else. */
async function relayChanged(value: unknown, ...argv: readonly string[]) {
  const cwd = folder({ 'e.json': typeof value === 'string' ? value : JSON.stringify(value) })
  const ran = await relay(cwd, 'e.json', ...argv)
  return { ...ran, pinned: (await on(['list', '--json'], { cwd })).stdout }
}

test('relaying again says so and sends nothing, though another published it, or its time is over', async () => {
  const { cwd, file } = await signed('again')
  await on(['publish', 'd.md'], { cwd })
  const { code, stdout } = await relay(folder(), join(cwd, file))
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^recorded already  again@1  bagaaiera\\w+\n  recorded at \\S+ for ${DEV}\n$`))
  ])
  const told = await relay(folder(), join(cwd, file), '--json')
  expect(json(told.stdout)).toMatchObject({ relayed: 0, documents: [{ slug: 'again', status: 'recorded' }] })
  expect(json(told.stdout)).not.toHaveProperty('receipt')
  await on(['retract', 'again'], { cwd })
  expect((await relay(folder(), join(cwd, file))).stdout).toMatch(/^recorded already, and taken back since {2}again@1/)
})

test('a dry run says whether it is good and what it would cost, and changes nothing', async () => {
  const { cwd, file } = await signed('dry')
  const payer = folder()
  const { code, stdout } = await relay(payer, '--dry-run', join(cwd, file))
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^good {2}dry@1 {2}bagaaiera\w+\n {2}would be recorded for eip155\S+\nwould cost \d+ gas, at most 0\.0*[1-9]\d* of .*\ndry run: nothing was pinned or sent\n$/
    )
  ])
  expect(readdirSync(payer)).toEqual([])
  const told = await relay(payer, '--dry-run', '--json', join(cwd, file))
  expect(json(told.stdout)).toMatchObject({ dryRun: true, relayed: 0, wouldRelay: 1, documents: [{ status: 'good' }] })
  expect(json(told.stdout).cost?.fee).toMatch(/^\d+$/)
  expect((await on(['verify', `${DEV}/dry`], { cwd })).code).toBe(5)
})

test('several envelopes are one transaction: all of them or none', async () => {
  const one = await signed('several-a')
  const two = await signed('several-b')
  const files = [join(one.cwd, one.file), join(two.cwd, two.file)]
  const { signature: _, ...unsigned } = (await signed('several-c')).value
  const bad = folder({ 'e.json': JSON.stringify(unsigned) })
  expect((await relay(folder(), ...files, join(bad, 'e.json'))).code).toBe(1)
  expect((await on(['verify', one.cid], { cwd: one.cwd })).code).toBe(3)
  const payer = folder()
  const { stdout } = await relay(payer, ...files, '--json')
  expect(json(stdout)).toMatchObject({ relayed: 2, documents: [{ file: files[0] }, { file: files[1] }] })
  expect(json((await on(['list', '--json'], { cwd: payer })).stdout).documents).toHaveLength(2)
})

test('of several, the one that is not good is named by its file', async () => {
  const good = await signed('good-one')
  const { value } = await signed('bad-one')
  const { signature: _, ...unsigned } = value
  const bads = { 'unsigned.json': unsigned, 'forged.json': { ...value, signature: `0x${'11'.repeat(64)}1b` } }
  for (const [name, bad] of Object.entries(bads)) {
    const cwd = folder({ [name]: JSON.stringify(bad) })
    const { code, stderr } = await relay(cwd, join(good.cwd, good.file), name)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`bad-one@1 of ${name}: `)])
  }
})

describe('an envelope that is not good', () => {
  test('is refused for its shape, with the file and the place', async () => {
    const { value, cwd, file } = await signed('shape')
    const text = readFileSync(join(cwd, file), 'utf8')
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [text.slice(0, 200), /e\.json: \$/],
      ['', /e\.json: \$ expected a JSON value/],
      ['{}', /e\.json: \$\.format must be "trend-archive\/publish@1"/],
      [{ ...value, more: 1 }, /e\.json: \$ must have no member "more"/],
      [{ ...value, registry: `0x${'11'.repeat(20)}` }, /\$\.registry must be 0x/],
      [{ ...value, documents: ['{}'] }, /e\.json: \$\.documents\[0\] must be a document/],
      [
        { ...value, message: { ...value.message, digest: `0x${'11'.repeat(32)}` } },
        /\$\.message\.digest must be that of/
      ]
    ]
    for (const [changed, told] of cases) {
      const { code, stdout, stderr, pinned } = await relayChanged(changed)
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(told)])
      expect(json(pinned)).not.toMatchObject({ documents: [{}] })
    }
    const { stdout } = await relayChanged('{}', '--json')
    const hint = expect.stringContaining('get it once more')
    expect(json(stdout).error).toMatchObject({ code: 'INVALID_ENVELOPE', hint, details: { path: '$.format' } })
  })

  test('is not even read to its end where it is too large, nor where it is none', async () => {
    const cwd = folder({ 'big.json': new Uint8Array(33_554_433).fill(0x20) })
    mkdirSync(join(cwd, 'sub'))
    const big = await relay(cwd, 'big.json')
    expect([big.code, big.stderr]).toEqual([1, expect.stringContaining('big.json: $ must be at most 32 MiB')])
    expect((await relay(cwd, 'none.json')).code).toBe(5)
    expect((await relay(cwd, 'sub')).stderr).toContain('is a folder')
  })

  test('is refused for its signature, before anything is pinned', async () => {
    const { value } = await signed('by-a-stranger')
    const forged = { ...value, signature: `0x${'11'.repeat(64)}1b` }
    const { code, stderr, pinned } = await relayChanged(forged)
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /would refuse by-a-stranger@1 of e\.json: BadSignature, editor 0xf39f[^\n]*\nhint: .*have it signed again/
      )
    ])
    expect(json(pinned).documents).toEqual([])
    const { signature: _, ...unsigned } = value
    expect((await relayChanged(unsigned)).stderr).toContain('nobody has signed')
    expect((await relayChanged(value, '--signature', '0x12')).stderr).toContain('is signed already')
    expect((await relayChanged(unsigned, '--signature', 'xyz')).stderr).toContain('$.signature must be a signature')
  })

  test('is refused where it is for another chain or network', async () => {
    const { value } = await signed('abroad')
    const { code, stderr } = await relayChanged({
      ...value,
      chain: 'eip155:1',
      documents: [value.documents[0].replaceAll('eip155:31337', 'eip155:1')],
      message: value.message
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining('$.message.digest')])
    const elsewhere = ['--network', 'eip155:5', '--registry', `0x${'12'.repeat(20)}`]
    const other = await relayChanged(value, ...elsewhere)
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/\$\.chain must be eip155:5.*\nhint: .*--network eip155:31337/)
    ])
    const down = await relayChanged(value, '--rpc-url', NOWHERE)
    expect(down.code).toBe(6)
  })

  test('is refused once its ref has moved, its publisher burnt it, or its time is over', async () => {
    const moved = await signed('moved')
    await on(['publish', 'o.md'], { cwd: folder({ 'o.md': draft('moved', 'It says something else.') }) })
    const stale = await relay(folder(), join(moved.cwd, moved.file))
    expect([stale.code, stale.stderr]).toEqual([
      1,
      expect.stringMatching(/StaleParent.*\nhint: its slug has moved since/)
    ])

    const burnt = await signed('burnt')
    expect((await on(['retract', burnt.cid], { cwd: burnt.cwd })).code).toBe(0)
    const dead = await relay(folder(), join(burnt.cwd, burnt.file))
    expect([dead.code, dead.stderr]).toEqual([
      1,
      expect.stringMatching(/AlreadyRecorded.*\nhint: its publisher took it back/)
    ])

    const late = await signed('late', '--deadline', '30s')
    await chain.tell('evm_increaseTime', 60)
    await chain.tell('evm_mine')
    const expired = await relay(folder(), join(late.cwd, late.file))
    expect([expired.code, expired.stderr]).toEqual([1, expect.stringMatching(/Expired.*\nhint: have it signed again/)])
  })
})

describe('a contract wallet', () => {
  /** ERC-1271 in 20 bytes: says yes to the one hash in its slot 0, as a Safe does to what its owners approved. */
  const APPROVES_ONE = '0x6004355f5414631626ba7e60e01b025f5260205ff3'
  const WALLET = `0x${'a11ce'.repeat(8)}`

  test('publishes what it approved on the chain, with an empty signature', async () => {
    await chain.tell('anvil_setCode', WALLET, APPROVES_ONE)
    const cwd = folder({ 'd.md': draft('by-a-safe') })
    const asked = await on(['sign', '--editor', WALLET, '--typed-data', 'd.md'], { cwd })
    const { domain, types, message } = JSON.parse(asked.stdout)
    const { EIP712Domain: _, ...own } = types
    const file = 'by-a-safe@1.trend-unsigned.json'
    const early = await relay(cwd, '--signature', '0x', file)
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('BadSignature')])
    await chain.tell('anvil_setStorageAt', WALLET, `0x${'0'.repeat(64)}`, TypedDataEncoder.hash(domain, own, message))
    const { code, stdout } = await relay(cwd, '--signature', '0x', file)
    expect([code, stdout]).toEqual([0, expect.stringContaining(`for eip155:31337:${WALLET}\n`)])
    expect((await on(['verify', `eip155:31337:${WALLET}/by-a-safe`], { cwd })).code).toBe(0)
  })
})

test('a signature is for one envelope', async () => {
  const { cwd, file } = await signed('one-only')
  const { code, stderr } = await relay(cwd, file, file, '--signature', '0x12')
  expect([code, stderr]).toEqual([2, expect.stringContaining('for one envelope')])
})
