import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptKeystoreJson, HDNodeWallet, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type DevChain, startDevChain } from '../../scripts/dev-chain.ts'
import { toBlock } from '../../src/block/block.ts'
import { openStore } from '../../src/block/store.ts'
import { PUBLIC_ACCOUNTS } from '../../src/cli/doctor/account.ts'
import { DEV_KEY } from '../../src/registry/account.ts'
import { ADDRESS } from '../../src/registry/bytecode.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { damage } from '../block/damage.ts'
import { type BareChainOptions, openBareChain } from '../registry/evm.ts'
import { serveRpc } from '../registry/server.ts'
import { folder, json, NOWHERE, type Ran, run, serve } from './shell.ts'

/** An account that nobody knows; its key must show up nowhere. */
const CANARY = `0x${'7c'.repeat(32)}`
const CHAIN = 'eip155:84532'

const home = mkdtempSync(join(tmpdir(), 'trend-archive-doctor-'))
let chain: DevChain

beforeAll(async () => {
  chain = await startDevChain({ stateFile: join(home, 'chain.json') })
  await run(['deploy', '--rpc-url', chain.url], { cwd: home })
})

afterAll(async () => {
  await chain.stop()
  rmSync(home, { recursive: true, force: true })
})

interface Told {
  readonly state: string
  readonly says: string
  readonly hint?: string
}

interface Diagnosis {
  readonly code: number
  readonly checks: Readonly<Record<string, Told>>
  readonly out: string
}

/** What `doctor` finds, by check. */
async function diagnose(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {}
): Promise<Diagnosis> {
  const { code, stdout, stderr } = await run(['doctor', '--json', ...argv], { cwd: folder(), ...options })
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: readonly (Told & { check: string })[] }
  expect(healthy).toBe(code === 0)
  for (const { state, hint } of checks)
    if (state === 'warning' || state === 'problem') expect(hint).toEqual(expect.any(String))
  return { code, checks: Object.fromEntries(checks.map((one) => [one.check, one])), out: stdout + stderr }
}

const statesOf = ({ checks }: Diagnosis): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(checks).map(([check, { state }]) => [check, state]))

describe('doctor', () => {
  test('finds nothing wrong with an archive on a chain that has the registry, and changes nothing', async () => {
    const cwd = folder({ 'd.md': '# A draft\n\nIt says something.\n' })
    await run(['publish', 'd.md', '--rpc-url', chain.url], { cwd })
    const files = readdirSync(cwd, { recursive: true })
    const gateway = await serve((_, response) => response.end())
    const argv = ['--rpc-url', chain.url, '--gateway', gateway]
    const found = await diagnose(argv, { cwd })
    expect(found.code).toBe(0)
    expect(statesOf(found)).toEqual({
      ...{
        program: 'ok',
        archive: 'ok',
        database: 'ok',
        memory: 'unchecked',
        audit: 'unchecked',
        disk: 'ok',
        gateway: 'ok',
        node: 'ok',
        clock: 'ok'
      },
      ...{ blocks: 'ok', proofs: 'ok', sending: 'ok', registry: 'ok', account: 'ok' }
    })
    expect(found.checks.node?.says).toMatch(/^rpc:127\.0\.0\.1:\d+ serves eip155:31337, block \d+, /)
    expect(found.checks.registry?.says).toBe(`${ADDRESS} has the registry's code`)
    expect(found.checks.account?.says).toMatch(/^0xf39f.* has 9\d+\.\d+ of the chain's coin/)
    expect(readdirSync(cwd, { recursive: true })).toEqual(files)
    const { code, stdout, stderr } = await run(['doctor', ...argv], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').filter((line) => /^ok {9}\w+ +\S/.test(line))).toHaveLength(12)
  })

  test('without a network says what is on this machine, and what could not be looked at', async () => {
    const cwd = folder()
    await run(['init'], { cwd })
    const found = await diagnose(['--rpc-url', NOWHERE], { cwd })
    expect(found.code).toBe(6)
    expect(statesOf(found)).toMatchObject({
      archive: 'ok',
      database: 'ok',
      memory: 'unchecked',
      disk: 'ok',
      node: 'problem',
      account: 'unchecked'
    })
    expect(found.checks.node?.hint).toMatch(/npm run chain/)
    for (const check of ['clock', 'blocks', 'proofs', 'sending', 'registry']) {
      expect(found.checks[check]).toMatchObject({ state: 'unchecked', says: 'needs the node' })
    }
    const nowhere = await diagnose(['--network', 'eip155:1'])
    expect(nowhere.code).toBe(0)
    expect(nowhere.checks).toMatchObject({
      archive: { state: 'unchecked', hint: expect.stringMatching(/trend-archive init/) },
      node: { state: 'unchecked', hint: expect.stringMatching(/--rpc-url/) },
      account: { state: 'unchecked', says: 'none is named: reading needs none' }
    })
  })

  test('ends with 1 where problems are of several kinds', async () => {
    const env = { PRIVATE_KEY: 'nonsense' }
    expect((await diagnose(['--rpc-url', NOWHERE], { env })).code).toBe(1)
    expect((await diagnose(['--rpc-url', chain.url], { env })).code).toBe(4)
  })

  test('stops when it is interrupted', async () => {
    const stop = new AbortController()
    const deaf = await serve(() => stop.abort())
    const argv = ['doctor', '--rpc-url', deaf, '--json']
    const { code, stdout } = await run(argv, { cwd: folder(), signal: stop.signal })
    expect([code, json(stdout).error?.code]).toEqual([130, 'INTERRUPTED'])
  })
})

describe('the archive', () => {
  const archive = async (): Promise<{ readonly cwd: string; readonly file: string }> => {
    const cwd = folder()
    await run(['init'], { cwd })
    return { cwd, file: join(cwd, '.trend-archive', 'archive.db') }
  }

  test('whose database is damaged is a problem', async () => {
    const { cwd, file } = await archive()
    const store = openStore(file)
    const blocks = await Promise.all(Array.from({ length: 400 }, (_, i) => toBlock({ i, text: 'x'.repeat(200) })))
    store.write({ blocks })
    store.close()
    const bytes = readFileSync(file)
    // Whole pages of a tree, so that no reader can make sense of it.
    writeFileSync(file, bytes.fill(0xee, 5 * 4096, 12 * 4096))
    const { code, checks } = await diagnose(['--network', 'eip155:1'], { cwd })
    expect(code).toBe(1)
    expect(checks.database).toMatchObject({ state: 'problem', says: expect.stringMatching(/archive\.db.*damaged/) })
  })

  test('that put blocks into quarantine is told of', async () => {
    const { cwd, file } = await archive()
    const store = openStore(file)
    const block = await toBlock({ text: 'a text that is nowhere else' })
    store.write({ blocks: [block] })
    store.close()
    damage(file, 'nowhere else')
    const again = openStore(file)
    expect(again.get(block.cid.multihash.digest)).toBeUndefined()
    again.close()
    const { code, checks } = await diagnose(['--network', 'eip155:1'], { cwd })
    expect([code, checks.database]).toMatchObject([
      0,
      { state: 'warning', says: expect.stringMatching(/kept apart: 1$/) }
    ])
  })

  test('that is another program’s, or a file, is a problem', async () => {
    const cwd = folder({ taken: 'a file' })
    mkdirSync(join(cwd, '.trend-archive'))
    appendFileSync(join(cwd, '.trend-archive', 'archive.db'), 'not a database, but somebody needs it')
    const foreign = await diagnose(['--network', 'eip155:1'], { cwd })
    expect([foreign.code, foreign.checks.database?.state]).toEqual([1, 'problem'])
    const file = await diagnose(['--network', 'eip155:1', '--archive', 'taken'], { cwd })
    expect([file.code, file.checks.archive]).toMatchObject([
      1,
      { state: 'problem', hint: 'name a folder with --archive' }
    ])
  })
})

test('gateways are asked for the empty block, each by itself', async () => {
  const paths: (string | undefined)[] = []
  const good = await serve((request, response) => {
    paths.push(request.url)
    response.end()
  })
  const page = await serve((_, response) => response.setHeader('content-type', 'text/html').end('<html>'))
  const gone = await serve((_, response) => response.writeHead(404).end())
  const at = async (...gateways: readonly string[]): Promise<readonly unknown[]> => {
    const argv = gateways.flatMap((url) => ['--gateway', url])
    const { stdout, code } = await run(['doctor', '--json', '--network', 'eip155:1', ...argv], { cwd: folder() })
    const { checks } = JSON.parse(stdout) as { checks: readonly { check: string; state: string }[] }
    return [code, ...checks.filter(({ check }) => check === 'gateway').map(({ state }) => state)]
  }
  expect(await at(good, page, gone)).toEqual([0, 'ok', 'warning', 'warning'])
  expect(paths).toEqual([expect.stringMatching(/^\/ipfs\/bafkqaaa/)])
  expect(await at(good, NOWHERE)).toEqual([6, 'ok', 'problem'])
  expect(await at('http://example.org')).toEqual([1, 'problem'])
})

test('a gateway is told by how fast it answers, or why it does not', async () => {
  const good = await serve((_, response) => response.end())
  const busy = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end())
  const moved = await serve((_, response) => response.writeHead(302, { location: good }).end())
  const told = async (url: string, ...more: readonly string[]): Promise<unknown> => {
    const { stdout } = await run(['doctor', '--network', 'eip155:1', '--gateway', url, ...more], { cwd: folder() })
    return /^\w+ +gateway +\S+?:? (.*)(?:\n *hint: (.*))?/m.exec(stdout)?.slice(1)
  }
  expect(await told(good)).toEqual([expect.stringMatching(/^gives raw blocks, the first in \d+ ms$/), undefined])
  expect(await told(busy)).toEqual(['rate limited, retry after 7 s', expect.anything()])
  expect(await told(moved)).toEqual(['redirect refused', expect.stringContaining('--gateway')])
  const inside = ['its address is not on the public internet', expect.stringContaining('--allow-private')]
  expect(await told('https://0.0.0.0:2')).toEqual(inside)
  expect(await told('https://0.0.0.0:2', '--allow-private')).toEqual(['unreachable', expect.anything()])
})

describe('the node', () => {
  /** A chain that the address book does not know, with the registry on it. */
  async function elsewhere(
    options: BareChainOptions = {},
    deployed = true
  ): Promise<(...more: readonly string[]) => Promise<Diagnosis>> {
    const bare = await openBareChain({ chainId: 84532, ...options })
    onTestFinished(bare.close)
    const rich = HDNodeWallet.fromPhrase(
      'test test test test test test test test test test test junk',
      undefined,
      "m/44'/60'/0'/0/1"
    )
    if (deployed) await deployRegistry(new Wallet(rich.privateKey, bare.provider))
    const { url } = await serveRpc(async (method, params) => await bare.request({ method, params }))
    return async (...more) =>
      await diagnose(['--network', CHAIN, '--rpc-url', url.href, ...more], { env: { PRIVATE_KEY: CANARY } })
  }
  /** A node that does not know a method, under some condition. */
  const without =
    (missing: string, when: (params: readonly unknown[]) => boolean = () => true): BareChainOptions['says'] =>
    async (ask, method, params) => {
      if (method === missing && when(params)) throw { code: -32601, toString: () => 'method not found' }
      return await ask()
    }

  test('of another chain is a problem', async () => {
    const { code, checks } = await diagnose(['--network', 'eip155:1', '--rpc-url', chain.url])
    expect([code, checks.node]).toMatchObject([
      6,
      { state: 'problem', says: expect.stringMatching(/serves eip155:31337, not eip155:1$/) }
    ])
  })

  test('behind which there is no registry, or another contract, is told apart', async () => {
    const none = await (await elsewhere({}, false))()
    expect([none.code, none.checks.registry]).toMatchObject([
      6,
      { state: 'problem', hint: expect.stringMatching(/trend-archive deploy/) }
    ])
    const other = await diagnose([
      '--network',
      CHAIN,
      '--registry',
      '0x4e59b44847b379578588920ca78fbf26c0b4956c',
      '--rpc-url',
      chain.url
    ])
    expect(other.checks.node?.state).toBe('problem')
    const says: BareChainOptions['says'] = async (ask, method, [call]) =>
      method === 'eth_call' && !('to' in Object(call)) ? `0x${'12'.repeat(32)}` : await ask()
    const foreign = await (await elsewhere({ says }, false))()
    expect([foreign.code, foreign.checks.registry]).toMatchObject([
      6,
      { state: 'problem', says: expect.stringMatching(/other code/) }
    ])
  })

  test('of a chain that the address book does not know is good for writing, and for verdicts once its registry is named', async () => {
    const on = await elsewhere()
    const found = await on()
    expect([found.code, found.checks.registry]).toMatchObject([
      0,
      { state: 'warning', hint: expect.stringContaining(ADDRESS) }
    ])
    expect((await on('--registry', ADDRESS)).checks.registry?.state).toBe('ok')
  })

  test('is asked what it can do', async () => {
    const named = (params: readonly unknown[]): boolean => typeof params[1] === 'object'
    const byHash = await (await elsewhere({ says: without('eth_getBalance', named) }))()
    expect([byHash.code, byHash.checks.blocks]).toMatchObject([
      6,
      { state: 'problem', says: expect.stringMatching(/EIP-1898/) }
    ])
    const proofs = await (await elsewhere({ says: without('eth_getProof') }))()
    expect([proofs.code, proofs.checks.proofs?.state]).toEqual([0, 'warning'])
    const final = await (await elsewhere({ says: without('eth_getBlockByNumber', ([tag]) => tag === 'finalized') }))()
    expect([final.code, final.checks.blocks]).toMatchObject([
      0,
      { state: 'warning', says: expect.stringMatching(/as safe, but not as finalized/) }
    ])
    const sync = await (await elsewhere({ says: without('eth_sendRawTransactionSync') }))()
    expect(sync.checks.sending?.says).toBe('eth_sendRawTransactionSync is not known')
    expect((await diagnose(['--rpc-url', chain.url])).checks.sending?.says).toBe('eth_sendRawTransactionSync is known')
  })

  test('shows by its newest block that a clock is wrong, or that the chain stands still', async () => {
    const seconds = (shift: number): string => `0x${(Math.floor(Date.now() / 1000) + shift).toString(16)}`
    const shifted =
      (shift: number): BareChainOptions['says'] =>
      async (ask, method) => {
        const answer = await ask()
        return method === 'eth_getBlockByNumber' ? { ...(answer as object), timestamp: seconds(shift) } : answer
      }
    const ahead = await (await elsewhere({ says: shifted(3600) }))()
    expect(ahead.checks.clock).toMatchObject({
      state: 'warning',
      says: expect.stringMatching(/3[56]\d\d s behind the chain/)
    })
    const old = await (await elsewhere({ says: shifted(-7300) }))()
    expect(old.checks.clock).toMatchObject({ state: 'warning', says: 'the newest block is 2 h old' })
  })
})

describe('the account', () => {
  const on = async (env: Record<string, string>, ...more: readonly string[]): Promise<Diagnosis> =>
    await diagnose(['--rpc-url', chain.url, ...more], { env })

  test('that everybody has the key of is a problem where something is at stake', async () => {
    expect((await on({ PRIVATE_KEY: DEV_KEY })).checks.account?.state).toBe('ok')
    const { code, checks } = await diagnose(['--network', 'eip155:1'], { env: { PRIVATE_KEY: DEV_KEY } })
    expect([code, checks.account]).toMatchObject([
      4,
      { state: 'problem', says: expect.stringMatching(/everybody has the key/) }
    ])
    const phrase = 'test test test test test test test test test test test junk'
    const accounts = PUBLIC_ACCOUNTS.map((_, i) =>
      HDNodeWallet.fromPhrase(phrase, undefined, `m/44'/60'/0'/0/${i}`).address.toLowerCase()
    )
    expect(accounts).toEqual(PUBLIC_ACCOUNTS)
  })

  test('without money is told of', async () => {
    const { code, checks } = await on({ PRIVATE_KEY: CANARY })
    expect([code, checks.account]).toMatchObject([0, { state: 'warning', says: expect.stringMatching(/has no money/) }])
  })

  test('with transactions that are not mined is told of', async () => {
    const bare = await openBareChain()
    onTestFinished(bare.close)
    const wallet = new Wallet(DEV_KEY, bare.provider)
    await deployRegistry(wallet)
    await bare.request({ method: 'evm_setAutomine', params: [false] })
    await wallet.sendTransaction({ to: wallet.address, gasLimit: 21_000 })
    const { url } = await serveRpc(async (method, params) => await bare.request({ method, params }))
    const { code, checks } = await diagnose(['--rpc-url', url.href])
    expect([code, checks.account]).toMatchObject([
      0,
      { state: 'warning', says: expect.stringMatching(/transactions under way: 1$/) }
    ])
  })

  test('in a keystore stays closed', async () => {
    const keystore = await encryptKeystoreJson(new Wallet(CANARY), 'a password', { scrypt: { N: 2, r: 8, p: 1 } })
    const { address: _, ...anonymous } = JSON.parse(keystore) as Record<string, unknown>
    const cwd = folder({ 'me.json': keystore, 'nobody.json': JSON.stringify(anonymous), 'other.json': '{}' })
    const told = async (file: string): Promise<unknown> => {
      const { code, checks } = await diagnose(['--rpc-url', chain.url, '--account', file], { cwd })
      return [code, checks.account]
    }
    const address = new Wallet(CANARY).address.toLowerCase()
    expect(await told('me.json')).toMatchObject([0, { says: expect.stringContaining(address) }])
    expect(await told('nobody.json')).toMatchObject([
      0,
      { state: 'unchecked', says: expect.stringMatching(/before it is opened/) }
    ])
    expect(await told('other.json')).toMatchObject([4, { state: 'problem' }])
  })

  test('of which the node tells nothing is no reason to stop', async () => {
    const { url } = await serveRpc(async (method, params) => {
      if (method === 'eth_getTransactionCount') return 'nonsense'
      const response = await fetch(chain.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      })
      return ((await response.json()) as { readonly result: unknown }).result
    })
    expect((await diagnose(['--rpc-url', url.href])).checks.account).toMatchObject({
      state: 'warning',
      says: expect.stringMatching(/tells nothing/)
    })
  })

  test('never shows its key, whatever is wrong', async () => {
    const urls = [chain.url, NOWHERE, `http://user:${CANARY.slice(2)}@127.0.0.1:9/${CANARY}`]
    for (const url of urls) {
      for (const more of [[], ['-v'], ['--network', CHAIN]]) {
        const ran: Ran = await run(['doctor', '--rpc-url', url, ...more], {
          cwd: folder(),
          env: { PRIVATE_KEY: CANARY }
        })
        expect(ran.stdout + ran.stderr).not.toContain(CANARY.slice(4))
      }
    }
  })
})
