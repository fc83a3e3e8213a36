import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADDRESS, CODE_DIGEST, PROXY } from '../../src/registry/bytecode.ts'
import { type BareChain, type BareChainOptions, openBareChain } from '../registry/evm.ts'
import { serveRpc } from '../registry/server.ts'
import { folder, json, type Ran, run } from './shell.ts'

/** The second account of every dev chain, on a chain that is none. */
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const CHAIN = 'eip155:84532'

interface Elsewhere extends BareChain {
  /** A command line on the chain, with the key or without. */
  readonly on: (argv: readonly string[], options?: { readonly key?: string; readonly cwd?: string }) => Promise<Ran>
}

/** A chain that the address book does not know. */
async function elsewhere(options: BareChainOptions = {}): Promise<Elsewhere> {
  const chain = await openBareChain({ chainId: 84532, ...options })
  onTestFinished(chain.close)
  const { url } = await serveRpc(async (method, params) => await chain.request({ method, params }))
  return {
    ...chain,
    on: async (argv, { key, cwd = folder() } = {}) =>
      await run([...argv, '--network', CHAIN, '--rpc-url', url.href], { cwd, env: key ? { PRIVATE_KEY: key } : {} })
  }
}

describe('deploy', () => {
  test('says what it would do without a key, does it, and then says that it is done', async () => {
    const { on, provider } = await elsewhere()
    const dry = await on(['deploy', '--dry-run'])
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    const shown = [
      `registry {4}${ADDRESS} +not there yet on ${CHAIN}`,
      `code {8}${CODE_DIGEST} {2}keccak-256`,
      'would send  fund +0\\.01 to 0x3fab184622dc19b6109349b94811493bf2a45362, which pays for the proxy',
      'would send  proxy +the proxy, by a transaction that is signed for every chain',
      `would send  registry +the registry, through the proxy at ${PROXY}`,
      "would cost about \\d+ gas, 0\\.0[1-9]\\d* of the chain's coin in all",
      'dry run: nothing was sent'
    ]
    expect(dry.stdout).toMatch(new RegExp(`^${shown.join('\\n')}\\n$`))
    const told = json((await on(['deploy', '--dry-run', '--json'])).stdout)
    expect(told).toMatchObject({
      dryRun: true,
      deployed: false,
      chain: CHAIN,
      address: ADDRESS,
      codeDigest: CODE_DIGEST
    })
    expect(told.steps?.[2]).toMatchObject({ step: 'registry', to: PROXY, data: expect.stringMatching(/^0x7472/) })
    expect(await provider.getBlockNumber()).toBe(0)

    const done = await on(['deploy', '-v'], { key: KEY })
    expect(done.code).toBe(0)
    expect(done.stdout).toMatch(new RegExp(`^deployed  ${CHAIN}  ${ADDRESS}\ntransaction 0x\\w{64}, block 3\n$`))
    expect(done.stderr).toMatch(
      /^(?:sent fund: 0x.*\nmined fund in block 1: 0x.*\n)(?:.*proxy.*\n){2}(?:.*registry.*\n){2}$/
    )

    const again = await on(['deploy', '--json'], { key: KEY })
    expect([again.code, json(again.stdout)]).toEqual([
      0,
      { chain: CHAIN, address: ADDRESS, deployed: false, block: '3' }
    ])
    const late = await on(['deploy', '--dry-run'])
    expect([late.code, late.stdout]).toEqual([0, expect.stringMatching(/^registry .*already there.*\ncode .*\n$/)])
  })

  test('offers no more than it is told to', async () => {
    const { on, provider } = await elsewhere()
    const { code, stdout } = await on(['deploy', '--max-fee', '0.000000001', '--json'], { key: KEY })
    expect([code, json(stdout).error?.code]).toEqual([1, 'FEE_TOO_HIGH'])
    expect(await provider.getBlockNumber()).toBe(0)
  })

  test('tells its progress as a JSON document a line', async () => {
    const { on } = await elsewhere()
    const { stdout, stderr } = await on(['deploy', '--json'], { key: KEY })
    expect(json(stdout)).toMatchObject({ deployed: true, transaction: expect.stringMatching(/^0x/), block: '3' })
    const events = stderr.trim().split('\n').map(json)
    expect(events.map(({ type, step }) => `${type} ${step}`)).toContain('mined registry')
  })

  test.each([
    ['no key', 4, 'NO_ACCOUNT', {}, undefined],
    ['no money', 1, 'REGISTRY_REJECTED', {}, `0x${'42'.repeat(32)}`],
    ['a chain that is too old', 1, 'UNSUPPORTED_RUNTIME', { hardfork: 'merge' }, KEY],
    ['a node of another chain', 6, 'REGISTRY_UNAVAILABLE', { chainId: 10 }, KEY]
  ] as const)('with %s ends with %i, and sends nothing', async (_, code, error, options, key) => {
    const { on, provider } = await elsewhere(options)
    const ran = await on(['deploy', '--json'], { ...(key && { key }) })
    expect([ran.code, json(ran.stdout).error?.code]).toEqual([code, error])
    expect(json(ran.stdout).error?.hint).toEqual(expect.any(String))
    expect(await provider.getBlockNumber()).toBe(0)
  })
})

describe('on a chain that the address book does not know', () => {
  const DRAFT = '---\nslug: elsewhere\n---\n# Elsewhere\n\nIt says something.\n'

  test('one writes and reads where the registry is on every chain, and its code is looked at first', async () => {
    const { on, request } = await elsewhere()
    const cwd = folder({ 'd.md': DRAFT })
    const early = await on(['publish', 'd.md', '--json'], { key: KEY, cwd })
    expect([early.code, json(early.stdout).error?.details?.reason]).toEqual([6, 'no code'])
    expect(json(early.stdout).error?.hint).toContain('trend-archive deploy')
    await request({ method: 'hardhat_setCode', params: [ADDRESS, '0x00'] })
    const foreign = await on(['publish', 'd.md', '--json'], { key: KEY, cwd })
    expect([foreign.code, json(foreign.stdout).error?.details?.reason]).toEqual([6, 'other code'])
    await request({ method: 'hardhat_setCode', params: [ADDRESS, '0x'] })

    await on(['deploy'], { key: KEY })
    expect((await on(['publish', 'd.md'], { key: KEY, cwd })).stdout).toMatch(/^published {2}elsewhere@1/)
    for (const argv of [
      ['status', 'd.md'],
      ['resolve', 'elsewhere'],
      ['history', 'elsewhere']
    ]) {
      expect((await on(argv, { key: KEY, cwd })).code, argv[0]).toBe(0)
    }
  })

  test('a verdict rests on no contract that has other code, though it answers as the registry does', async () => {
    const { on, request, provider } = await elsewhere()
    const cwd = folder({ 'd.md': DRAFT })
    await on(['deploy'], { key: KEY })
    await on(['publish', 'd.md'], { key: KEY, cwd })
    const { stdout } = await on(['resolve', 'elsewhere'], { key: KEY, cwd })
    await writeFile(join(cwd, 'd.json'), stdout)
    const judge = async (): Promise<Ran> => await on(['verify', 'd.json', '--registry', ADDRESS], { cwd })
    expect((await judge()).code).toBe(0)
    // The last byte of the code is of the compiler's version, and never run.
    await request({
      method: 'hardhat_setCode',
      params: [ADDRESS, (await provider.getCode(ADDRESS)).replace(/..$/, '0b')]
    })
    const { code, stdout: verdict } = await judge()
    expect([code, verdict]).toEqual([7, expect.stringMatching(/^inconclusive.*has other code than the registry's/s)])
  })

  test('a verdict rests on no registry that nobody named', async () => {
    const { on } = await elsewhere()
    const cwd = folder({ 'd.md': DRAFT })
    await on(['deploy'], { key: KEY })
    await on(['publish', 'd.md'], { key: KEY, cwd })
    const open = await on(['verify', 'elsewhere'], { key: KEY, cwd })
    expect([open.code, open.stdout]).toEqual([7, expect.stringContaining(`no registry is known for ${CHAIN}`)])
    expect(open.stderr).toContain(`add --registry ${ADDRESS}`)
    const named = await on(['verify', 'elsewhere', '--registry', ADDRESS], { key: KEY, cwd })
    expect([named.code, named.stdout]).toEqual([0, expect.stringMatching(/^verified/)])
    await on(['init', '--registry', ADDRESS], { cwd })
    expect((await on(['verify', 'elsewhere'], { key: KEY, cwd })).code).toBe(0)
  })
})
