import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { httpRequest } from '../../src/registry/http.ts'
import { type Anvil, openAnvil } from '../registry/anvil.ts'
import { interrupt } from './interrupt.ts'
import { DEV_ADDRESS, draft, EDITOR, edition } from './on-chain.ts'
import { folder, json, type Ran, type RunOptions, run, serve } from './shell.ts'

/** A chain that keeps nothing on disk: so many blocks would take it too long. */
let evm: Anvil
beforeAll(async () => {
  evm = await openAnvil()
})
afterAll(async () => await evm.close())

const chain = {
  url: () => String(evm.url),
  tell: async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    await evm.request({ method, params }),
  on: async (argv: readonly string[], options: RunOptions): Promise<Ran> =>
    await run(argv, { ...options, env: { RPC_URL: String(evm.url), ...options.env } })
}

let mining: NodeJS.Timeout | undefined
/** Blocks that hold nothing, one after the other. */
const mine = (count = 8, pause = 50): void => {
  clearInterval(mining)
  mining = setInterval(() => void chain.tell('anvil_mine', count).catch(() => undefined), pause)
}
afterEach(() => clearInterval(mining))

const nonce = async (): Promise<number> => Number(await chain.tell('eth_getTransactionCount', DEV_ADDRESS, 'latest'))
const events = (stderr: string): readonly Record<string, unknown>[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
const hashAt = async (height: string): Promise<unknown> =>
  Object(await chain.tell('eth_getBlockByNumber', `0x${BigInt(height).toString(16)}`, false)).hash

describe('--wait', () => {
  test('final ends when it is, and tells how many blocks that takes', async () => {
    const cwd = folder({ 'd.md': draft('waited') })
    mine()
    const { code, stdout, stderr } = await chain.on(['publish', 'd.md', '--wait', 'final', '--json'], { cwd })
    expect([code, stderr]).toEqual([0, expect.any(String)])
    const { receipts, settled } = json(stdout) as unknown as {
      receipts: { block: { number: string; hash: string } }[]
      settled: { finality: string; at: { number: string } }
    }
    expect(settled.finality).toBe('final')
    const { number, hash } = receipts[0]!.block
    expect(BigInt(settled.at.number)).toBeGreaterThanOrEqual(BigInt(number))
    expect(await hashAt(number)).toBe(hash)
    const waited = events(stderr).filter(({ work }) => work === 'waiting')
    expect(waited.length).toBeGreaterThan(0)
    expect(waited[0]).toMatchObject({ type: 'advanced', unit: 'blocks', until: 'final', job: 'waiting until final' })
    expect(events(stderr).map(({ type }) => type)).toContain('settled')
  })

  test('draws a bar on a terminal, and ends with a line that says so', async () => {
    const cwd = folder({ 'd.md': draft('drawn') })
    mine(1, 40)
    const { code, stdout, stderr } = await chain.on(['publish', 'd.md', '--wait', 'safe'], { cwd, tty: true })
    expect(code).toBe(0)
    expect(stderr).toMatch(/waiting until safe {2}\[[=> ]+\] .*blocks/)
    expect(stdout).toMatch(/published +drawn@1[\s\S]*\nsafe as of block \d+, 0x[0-9a-f]{64}\n/)
  })

  test('is not waited in vain for on a dev chain, and goes on when the command is run again', {
    timeout: 30_000
  }, async () => {
    const cwd = folder({ 'd.md': draft('stalled') })
    const argv = ['publish', 'd.md', '--wait', 'final']
    const first = await chain.on([...argv, '--json'], { cwd })
    const error = json(first.stdout).error as unknown as {
      code: string
      message: string
      hint: string
      details: object
    }
    expect([first.code, error.code]).toEqual([6, 'NOT_SETTLED'])
    expect(error.message).toMatch(/it is in block \d+, and will not be final by itself: this dev chain/)
    expect(error.details).toMatchObject({ wanted: 'final', reason: 'no new blocks' })
    const before = await nonce()
    mine()
    const again = await chain.on(argv, { cwd })
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/unchanged[\s\S]*\nfinal as of block/) })
    expect(await nonce()).toBe(before)
  })

  test('gives up after --wait-timeout, and says that it is recorded', async () => {
    const cwd = folder({ 'd.md': draft('late') })
    const { code, stdout, stderr } = await chain.on(['publish', 'd.md', '--wait', 'final', '--wait-timeout', '1s'], {
      cwd
    })
    expect([code, stdout]).toEqual([6, ''])
    expect(stderr).toMatch(/error: it is in block \d+, and not final after 1 s\nhint: the same again goes on waiting/)
  })

  test('survives a reorganisation, and names the block that holds it then', async () => {
    const cwd = folder({ 'd.md': draft('dropped') })
    const before = await nonce()
    const running = chain.on(['publish', 'd.md', '--wait', 'final', '--json'], { cwd })
    await expect.poll(nonce, { interval: 5, timeout: 10_000 }).toBe(before + 1)
    await chain.tell('anvil_reorg', 1, [])
    await expect.poll(nonce, { interval: 5, timeout: 10_000 }).toBe(before + 1)
    mine()
    const { code, stdout } = await running
    const { receipts, published } = json(stdout) as unknown as {
      published: number
      receipts: { block: { number: string; hash: string } }[]
    }
    expect([code, published, receipts.length]).toEqual([0, 1, 1])
    expect(await hashAt(receipts[0]!.block.number)).toBe(receipts[0]!.block.hash)
  })

  test('is interrupted with what is under way', async () => {
    const cwd = folder({ 'd.md': draft('broken-off') })
    mine(1, 200)
    const error = await interrupt({
      argv: ['publish', 'd.md', '--wait', 'final'],
      cwd,
      env: { RPC_URL: chain.url() },
      at: (event) => String(event.type) === 'advanced' && String((event as { work?: unknown }).work) === 'waiting'
    })
    expect(error).toMatchObject({
      message: expect.stringMatching(/^interrupted while waiting until final, at \d+ of \d+ blocks$/),
      hint: expect.stringContaining('run the same command again')
    })
  })

  test('sends nothing through a node that does not tell what is final', async () => {
    const cwd = folder({ 'd.md': draft('untagged') })
    const node = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { id, method, params } = JSON.parse(body)
      const isTag = method === 'eth_getBlockByNumber' && params[0] === 'finalized'
      const answer = isTag
        ? { error: { code: -32602, message: 'invalid block tag' } }
        : await httpRequest(chain.url())({ method, params }).then(
            (result) => ({ result }),
            ({ code, message }) => ({ error: { code, message } })
          )
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })
    const before = await nonce()
    const { code, stdout } = await chain.on(['publish', 'd.md', '--wait', 'final', '--json'], {
      cwd,
      env: { RPC_URL: node }
    })
    expect([code, json(stdout).error]).toMatchObject([
      6,
      { code: 'NOT_SETTLED', message: expect.stringContaining('does not tell which block is final; nothing was sent') }
    ])
    expect(await nonce()).toBe(before)
  })

  test('is heeded by every command that records something', { timeout: 60_000 }, async () => {
    const cwd = folder({ 'a.md': draft('all'), 'm.md': draft('member'), 'e.md': edition('every') })
    mine(16)
    const on = async (...argv: readonly string[]) => {
      const { code, stdout } = await chain.on([...argv, '--wait', 'final', '--json'], { cwd })
      expect([argv, code, (json(stdout) as { settled?: unknown }).settled]).toEqual([
        argv,
        0,
        { finality: 'final', at: { number: expect.any(String), hash: expect.any(String) } }
      ])
    }
    await on('publish', 'a.md')
    await on('edition', 'e.md', 'm.md')
    await on('retract', '--concern', 'all', '--note', 'Look again.')
    await on('retract', 'all', '--note', 'Wrong.')
    await on('point', 'member@1')
    await on('editors', 'add', EDITOR, '--for', '30d')
    await on('editors', 'end', EDITOR)
  })

  test('has a time only where there is something to wait for', async () => {
    const cwd = folder({ 'd.md': draft('usage') })
    for (const more of [
      ['--wait-timeout', '5s'],
      ['--wait', 'included', '--wait-timeout', '5s'],
      ['--wait', 'soon']
    ]) {
      const { code } = await chain.on(['publish', 'd.md', ...more], { cwd })
      expect([more, code]).toEqual([more, 2])
    }
  })
})
