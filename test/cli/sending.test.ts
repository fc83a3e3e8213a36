import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type DevChain, startDevChain } from '../../scripts/dev-chain.ts'
import { deploymentOf } from '../../src/registry/deployments.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { folder, json, type Ran, type RunOptions, run, serve } from './shell.ts'

const ACCOUNT = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const GWEI = 10n ** 9n

const state = mkdtempSync(join(tmpdir(), 'trend-archive-sending-'))
let chain: DevChain

beforeAll(async () => {
  chain = await startDevChain({ stateFile: join(state, 'chain.json') })
  expect((await on(['deploy'], { cwd: state })).code).toBe(0)
})
afterEach(async () => {
  await tell('anvil_dropAllTransactions')
  await tell('evm_setAutomine', true)
  await baseFee(GWEI)
})
afterAll(async () => {
  await chain.stop()
  rmSync(state, { recursive: true, force: true })
})

const on = async (argv: readonly string[], options: RunOptions): Promise<Ran> =>
  await run(argv, { ...options, env: { RPC_URL: chain.url, ...options.env } })
const tell = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
  await httpRequest(chain.url)({ method, params })
const baseFee = async (wei: bigint): Promise<void> => {
  await tell('anvil_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)
}
const nonceAt = async (tag: 'latest' | 'pending'): Promise<number> =>
  Number(await tell('eth_getTransactionCount', ACCOUNT, tag))
const inPool = async (): Promise<number> => (await nonceAt('pending')) - (await nonceAt('latest'))
const draft = (slug: string, text = 'It says something.'): string =>
  `---\nslug: ${slug}\ntitle: About ${slug}\n---\n${text}\n`

interface Asked {
  readonly method: string
  readonly params: readonly unknown[]
}

/** A node that passes on what it is asked, unless `reply` has an answer of its own. */
const between = async (reply: (asked: Asked) => object | undefined): Promise<string> =>
  await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { id, method, params } = JSON.parse(body)
    const passedOn = async (): Promise<object> =>
      await tell(method, ...params).then(
        (result) => ({ result }),
        ({ code, message }) => ({ error: { code, message } })
      )
    const answer = reply({ method, params }) ?? (await passedOn())
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })

/** Publishes a draft where no block is made, and stops waiting once it is sent. */
async function interrupted(cwd: string, ...more: readonly string[]): Promise<Ran> {
  await tell('evm_setAutomine', false)
  const controller = new AbortController()
  const running = on(['publish', 'd.md', ...more], { cwd, signal: controller.signal })
  await expect.poll(inPool, { interval: 10, timeout: 10_000 }).toBe(1)
  controller.abort()
  return await running
}

describe('a fee', () => {
  test('is told before, and after as what it was', async () => {
    const cwd = folder({ 'd.md': draft('priced') })
    const dry = json((await on(['publish', 'd.md', '--dry-run', '--json'], { cwd })).stdout)
    const cost = Object.fromEntries(
      Object.entries(dry.cost ?? {}).map(([part, amount]) => [part, BigInt(String(amount))])
    )
    expect(Object.keys(cost)).toEqual(['gas', 'maxFeePerGas', 'fee', 'maxFee'])
    const { receipts } = json((await on(['publish', 'd.md', '--json'], { cwd })).stdout)
    const paid = BigInt(String(receipts?.[0]?.fee))
    expect(paid).toBe(BigInt(String(receipts?.[0]?.gasUsed)) * BigInt(String(receipts?.[0]?.gasPrice)))
    expect(paid).toBeLessThanOrEqual(cost.maxFee!)
    expect(cost.fee).toBeLessThanOrEqual(cost.maxFee!)
  })

  test('above --max-fee is not paid, by no command that sends', async () => {
    const cwd = folder({ 'd.md': draft('capped') })
    expect((await on(['publish', 'd.md', '--max-fee', '1000'], { cwd })).code).toBe(0)
    writeFileSync(
      join(cwd, 'e.json'),
      JSON.stringify({ type: 'edition', slug: 'caps', title: 'Caps', summary: 'Caps.' })
    )
    writeFileSync(join(cwd, 'd.md'), draft('capped', 'Something else.'))
    const before = await nonceAt('pending')
    for (const argv of [
      ['publish', 'd.md'],
      ['publish', 'd.md', '--dry-run'],
      ['edition', 'e.json', 'd.md'],
      ['retract', 'capped']
    ]) {
      const { code, stdout } = await on([...argv, '--max-fee', '0.000000001', '--json'], { cwd })
      expect([code, argv, json(stdout).error?.code]).toEqual([1, argv, 'FEE_TOO_HIGH'])
    }
    expect(await nonceAt('pending')).toBe(before)
  })

  test.each(['0', '-1', '1e9', 'cheap', '1.0000000001'])('--max-fee %s is no price', async (price) => {
    const { code, stderr } = await on(['publish', 'd.md', `--max-fee=${price}`], {
      cwd: folder({ 'd.md': draft('x') })
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('a price is a decimal number of gwei')])
  })

  test('on a chain that may be a rollup is said not to be all', async () => {
    const cwd = folder({ 'd.md': draft('rolled-up') })
    const dry = ['publish', 'd.md', '--dry-run']
    const note = /what it takes for its data comes on top/
    expect((await on(dry, { cwd })).stderr).not.toMatch(note)
    // The same chain, under another number.
    const url = await between(({ method }) => (method === 'eth_chainId' ? { result: '0x539' } : undefined))
    const { address } = deploymentOf('eip155:31337')
    const other = ['--network', 'eip155:1337', '--registry', address, '--rpc-url', url]
    const { code, stderr } = await on([...dry, ...other], { cwd, env: { PRIVATE_KEY: '42'.repeat(32) } })
    expect([code, stderr]).toEqual([0, expect.stringMatching(note)])
  })
})

describe('an interrupted publish', () => {
  test('names the transaction that is under way, and is continued without another', async () => {
    const cwd = folder({ 'd.md': draft('interrupted') })
    const before = await nonceAt('latest')
    const first = await interrupted(cwd, '--json')
    const { error } = json(first.stdout)
    expect([first.code, error?.code]).toEqual([130, 'TRANSACTION_PENDING'])
    expect(error?.hint).toContain('--speed-up')
    expect(error?.details).toMatchObject({ nonce: before, transactions: [expect.stringMatching(/^0x[0-9a-f]{64}$/)] })

    const second = on(['publish', 'd.md', '-v'], { cwd })
    await tell('evm_mine')
    const { code, stdout } = await second
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^unchanged {2}interrupted@1 .*\nnothing to publish\n$/)])
    expect(await nonceAt('pending')).toBe(before + 1)
    expect(readdirSync(cwd)).toContain('.trend-archive')
  })

  test('that is stuck is put right with --speed-up, in its place', async () => {
    const cwd = folder({ 'd.md': draft('stuck') })
    const before = await nonceAt('latest')
    const { error } = json((await interrupted(cwd, '--json')).stdout)
    const old = error?.details?.transactions?.[0]
    await baseFee(100n * GWEI)
    const running = on(['publish', 'd.md', '--speed-up', '-v'], { cwd })
    const left = async (): Promise<unknown> => await tell('eth_getTransactionByHash', old)
    expect(await left()).not.toBeNull()
    await expect.poll(left, { interval: 20, timeout: 10_000 }).toBeNull()
    expect(await inPool()).toBe(1)
    await tell('evm_mine')
    const { code, stdout } = await running
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^published {2}stuck@1 /)])
    expect(await nonceAt('pending')).toBe(before + 1)
  })

  test('that the next block takes anyway does not count as done with --speed-up', async () => {
    const cwd = folder({ 'd.md': draft('awaited') })
    const before = await nonceAt('latest')
    await interrupted(cwd)
    const sent: string[] = []
    const url = await between(({ method }) => {
      if (/^eth_sendRaw/.test(method)) sent.push(method)
      return undefined
    })
    const running = on(['publish', 'd.md', '--speed-up'], { cwd, env: { RPC_URL: url } })
    await expect.poll(() => sent, { interval: 10, timeout: 10_000 }).not.toEqual([])
    await tell('evm_mine')
    const { code, stdout } = await running
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^published {2}awaited@1 /)])
    expect(await nonceAt('pending')).toBe(before + 1)
  })
})

test('what was signed is told to nobody but the node, whatever the node says of it', async () => {
  const cwd = folder({ 'd.md': draft('quoted') })
  const signed: string[] = []
  const url = await between(({ method, params }) => {
    if (!/^eth_sendRaw/.test(method)) return undefined
    const bytes = String(params[0])
    signed.push(bytes)
    return { error: { code: -32000, message: `cannot take ${bytes}`, data: { request: { method, params } } } }
  })
  const { address, privateKey } = Wallet.createRandom()
  await tell('anvil_setBalance', address, '0x56bc75e2d63100000')
  for (const more of [['-v'], ['--json', '-v']]) {
    const ran = await on(['publish', 'd.md', ...more], { cwd, env: { RPC_URL: url, PRIVATE_KEY: privateKey } })
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([6, expect.stringContaining('cannot take (hex)')])
    const told = (ran.stdout + ran.stderr).toLowerCase()
    for (const bytes of signed) expect(told).not.toContain(bytes.slice(2, 62).toLowerCase())
    expect(told).not.toContain(privateKey.slice(2))
  }
  expect(signed.length).toBeGreaterThan(1)
})
