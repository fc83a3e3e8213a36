import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { draft, useChain } from './on-chain.ts'
import { folder, json, NOWHERE, run } from './shell.ts'

const chain = useChain()

/** A folder with an archive and something published in it. */
async function published(slug: string, more: readonly string[] = []): Promise<string> {
  const cwd = folder({ 'draft.md': draft(slug) })
  const { code, stderr } = await chain.on(['publish', ...more, 'draft.md'], { cwd })
  expect([code, stderr]).toEqual([0, expect.any(String)])
  return cwd
}

const hashIn = (text: string): string => /0x[0-9a-f]{64}/.exec(text)![0]

describe('prove', () => {
  test('writes a file that verifies without a network, by the hash of a block', async () => {
    const cwd = await published('carried')
    const proved = await chain.on(['prove', 'carried'], { cwd })
    expect(proved.code).toBe(0)
    expect(proved.stdout).toMatch(
      /^proved carried@1, bagaaiera\S+: recorded, named, not retracted\n {2}as of block \d+ 0x/
    )
    expect(proved.stderr).toContain('trend-archive verify carried-v1.trend.car --offline --block-hash 0x')
    const away = folder({ 'exhibit.car': readFileSync(join(cwd, 'carried-v1.trend.car')) })
    const hash = hashIn(proved.stdout)
    const verified = await run(['verify', 'exhibit.car', '--offline', '--block-hash', hash], { cwd: away })
    expect(verified.code).toBe(0)
    expect(verified.stdout).toContain('verified: published by eip155:31337:0xf39f')
    expect(verified.stdout).toContain('  trusting  state proof, block hash given by you\n')
    expect(verified.stdout).toContain('  warning: as of block ')
    expect(existsSync(join(away, '.trend-archive'))).toBe(false)
  })

  test('says which block to compare where nobody vouches for it', async () => {
    const cwd = await published('unvouched')
    const { stdout } = await chain.on(['prove', 'unvouched', '--json'], { cwd })
    const { block } = json(stdout)
    const alone = await run(['verify', 'unvouched-v1.trend.car', '--offline'], { cwd })
    expect(alone.code).toBe(7)
    expect(alone.stdout).toContain(
      `compare block ${block?.number} of eip155:31337, ${block?.hash}, with a source of your own`
    )
    const unheard = await run(['verify', 'unvouched-v1.trend.car', '--rpc-url', NOWHERE], { cwd })
    expect([unheard.code, unheard.stdout]).toEqual([7, expect.stringContaining('no answer')])
    expect(unheard.stdout).toContain('compare block')
    const wrong = ['verify', 'unvouched-v1.trend.car', '--offline', '--block-hash', `0x${'5'.repeat(64)}`]
    const other = await run(wrong, { cwd })
    expect([other.code, other.stdout]).toEqual([7, expect.stringContaining(`and not at block 0x5555`)])
  })

  test('is judged by the network later: whether its block is on the chain, and how sure', async () => {
    const cwd = await published('later')
    expect((await chain.on(['prove', 'later'], { cwd })).code).toBe(0)
    const strict = ['verify', 'later-v1.trend.car', '--require', 'final', '--json']
    const soon = json((await chain.on(strict, { cwd })).stdout)
    expect([soon.status, soon.chain?.finality]).toEqual(['inconclusive', 'unsafe'])
    for (let i = 0; i < 100; i++) await chain.tell('evm_mine')
    const later = json((await chain.on(strict, { cwd })).stdout)
    expect([later.status, later.chain?.finality]).toEqual(['verified', 'final'])
    expect(later.trusted).toEqual([expect.stringMatching(/^state proof, rpc:127\.0\.0\.1/)])
  })

  test('opens no socket offline', async () => {
    const cwd = await published('silent')
    const { stdout } = await chain.on(['prove', 'silent', '--json'], { cwd })
    const connect = vi.spyOn(Socket.prototype, 'connect')
    // An open connection is used again.
    const fetched = vi.spyOn(globalThis, 'fetch')
    const calls = (): number => connect.mock.calls.length + fetched.mock.calls.length
    try {
      const offline = ['verify', 'silent-v1.trend.car', '--offline', '--block-hash', String(json(stdout).block?.hash)]
      expect((await chain.on(offline, { cwd })).code).toBe(0)
      expect((await chain.on(offline.slice(0, 3), { cwd })).code).toBe(7)
      expect(calls()).toBe(0)
      expect((await chain.on(['verify', 'silent-v1.trend.car'], { cwd })).code).toBe(0)
      expect(calls()).toBeGreaterThan(0)
    } finally {
      connect.mockRestore()
      fetched.mockRestore()
    }
  })

  test('overwrites nothing unless it is told to, and writes the same bytes then', async () => {
    const cwd = await published('twice')
    const at = ['--at', String(BigInt(String(await chain.tell('eth_blockNumber'))))]
    expect((await chain.on(['prove', 'twice', ...at, '-o', 'a.trend.car'], { cwd })).code).toBe(0)
    const bytes = readFileSync(join(cwd, 'a.trend.car'))
    const again = await chain.on(['prove', 'twice', ...at, '-o', 'a.trend.car'], { cwd })
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')])
    await chain.tell('evm_mine')
    expect((await chain.on(['prove', 'twice', ...at, '-o', 'a.trend.car', '--force'], { cwd })).code).toBe(0)
    expect(readFileSync(join(cwd, 'a.trend.car')).equals(bytes)).toBe(true)
    expect((await chain.on(['prove', 'twice', '--at', 'yesterday'], { cwd })).code).toBe(2)
    expect((await chain.on(['prove', 'twice', '--at', `0x${'5'.repeat(64)}`], { cwd })).code).toBe(6)
  })
})

describe('verify', () => {
  test('fails where a proof is broken, and refutes where it is of another document', async () => {
    const cwd = await published('broken')
    const { block } = json((await chain.on(['prove', 'broken', '--json'], { cwd })).stdout)
    const rest = ['--offline', '--block-hash', String(block?.hash)]
    const bytes = readFileSync(join(cwd, 'broken-v1.trend.car'))
    const flipped = Buffer.from(bytes)
    flipped[700]! ^= 1
    writeFileSync(join(cwd, 'flipped.car'), flipped)
    writeFileSync(join(cwd, 'cut.car'), bytes.subarray(0, 900))
    writeFileSync(join(cwd, 'none.trend.car'), 'nothing of the kind')
    for (const file of ['flipped.car', 'cut.car', 'none.trend.car']) {
      const told = await run(['verify', file, ...rest, '--json'], { cwd })
      expect([told.code, json(told.stdout).error?.code]).toEqual([1, 'INVALID_BUNDLE'])
    }
    const other = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'
    expect((await run(['verify', 'broken-v1.trend.car', ...rest, '--cid', other], { cwd })).code).toBe(3)
    const { code, stderr } = await run(['verify', 'draft.md', '--offline'], { cwd })
    expect([code, stderr]).toEqual([2, expect.stringContaining('is no proof')])
    expect((await run(['verify', 'broken-v1.trend.car', '--block-hash', '0x5'], { cwd })).code).toBe(2)
  })

  test('holds a proof to a policy', async () => {
    const cwd = await published('demanding')
    const { block } = json((await chain.on(['prove', 'demanding', '--json'], { cwd })).stdout)
    const verify = ['verify', 'demanding-v1.trend.car', '--offline', '--block-hash', String(block?.hash)]
    writeFileSync(join(cwd, 'policy.json'), '{"standings":["superseded"]}')
    expect((await run([...verify, '--policy', 'policy.json'], { cwd })).code).toBe(3)
    const stranger = 'eip155:31337:0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
    expect((await run([...verify, '--publisher', stranger], { cwd })).code).toBe(3)
  })
})

describe('publish --prove', () => {
  test('writes a proof of each document, of the block that took it in, once', async () => {
    const cwd = folder({ 'a.md': draft('first'), 'b.md': draft('second') })
    const { code, stdout } = await chain.on(['publish', '--prove=proofs', 'a.md', 'b.md', '--json'], { cwd })
    expect(code).toBe(0)
    const { proofs, receipts } = json(stdout)
    expect([proofs?.[0]?.file, proofs?.[1]?.file]).toEqual(['proofs/first-v1.trend.car', 'proofs/second-v1.trend.car'])
    expect(proofs?.[0]?.block?.hash).toBe(receipts?.[0]?.block?.hash)
    const verify = [
      'verify',
      'proofs/second-v1.trend.car',
      '--offline',
      '--block-hash',
      String(proofs?.[1]?.block?.hash)
    ]
    expect((await run(verify, { cwd })).code).toBe(0)
    const again = await chain.on(['publish', '--prove=proofs', 'a.md', 'b.md'], { cwd })
    expect(again.stdout).toContain('proof proofs/first-v1.trend.car, there already\n')
  })

  test('takes what comes behind it for a draft, and writes here where no folder is named', async () => {
    const cwd = folder({ 'here.md': draft('here') })
    expect((await chain.on(['publish', '--prove', 'here.md'], { cwd })).code).toBe(0)
    expect(existsSync(join(cwd, 'here-v1.trend.car'))).toBe(true)
    const dry = folder({ 'dry.md': draft('dry') })
    expect((await chain.on(['publish', '--dry-run', '--prove', 'dry.md'], { cwd: dry })).code).toBe(0)
    expect(existsSync(join(dry, 'dry-v1.trend.car'))).toBe(false)
  })
})
