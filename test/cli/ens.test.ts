import { namehash, toBeHex, Wallet } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAnvil } from '../registry/anvil.ts'
import { openNames } from '../registry/ens.ts'
import { DEV, DEV_ADDRESS, draft, EDITOR, useChain } from './on-chain.ts'
import { folder, json, NOWHERE } from './shell.ts'

const { on } = useChain()
const anvil = await openAnvil()
afterAll(anvil.close)
const URL_OF_NAMES = anvil.url.href
const ON_DEV = 0x80000000n | 31337n

beforeAll(async () => {
  await anvil.request({ method: 'anvil_setChainId', params: [1] })
  const owner = new Wallet(`0x${'01'.repeat(32)}`, anvil.connect(1n))
  await anvil.request({ method: 'anvil_setBalance', params: [owner.address, toBeHex(10n ** 20n)] })
  const names = await openNames(owner, anvil.request, 'anvil')
  const setAddr = names.resolver.getFunction('setAddr(bytes32,uint256,bytes)')
  for (const [name, address] of [
    ['dev.eth', DEV_ADDRESS],
    ['other.eth', EDITOR]
  ] as const) {
    await names.name(name)
    await (await setAddr(namehash(name), ON_DEV, address)).wait()
  }
  // A name is read at a final block.
  await anvil.request({ method: 'anvil_mine', params: [toBeHex(100)] })
})

const ens = { ENS_RPC_URL: URL_OF_NAMES }
const HOST = anvil.url.host
const NAMING = {
  name: 'dev.eth',
  publisher: DEV,
  coinType: String(ON_DEV),
  block: { number: expect.stringMatching(/^\d+$/), hash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
  trust: `rpc:${HOST}`
}

test('a name is taken wherever a publisher is typed, and who it is is told, at which block, trusting whom', async () => {
  const cwd = folder({ 'edge.md': draft('edge') })
  expect((await on(['publish', 'edge.md'], { cwd })).code).toBe(0)
  const told = expect.stringMatching(
    new RegExp(`dev\\.eth is ${DEV}, as of block \\d+ of eip155:1, trusting rpc:${HOST}`)
  )
  for (const argv of [
    ['resolve', 'dev.eth/edge'],
    ['resolve', 'Dev.eth/edge@1'],
    ['-q', 'verify', 'dev.eth/edge', '--require', 'unsafe'],
    ['verify', `${DEV}/edge`, '--publisher', 'dev.eth', '--require', 'unsafe'],
    ['history', 'dev.eth/edge'],
    ['status', 'edge.md', '--publisher', 'dev.eth'],
    ['publish', '--dry-run', 'edge.md', '--publisher', 'dev.eth'],
    ['editors', '--publisher', 'dev.eth']
  ]) {
    const plain = await on(argv, { cwd, env: ens })
    expect([plain.code, plain.stderr], argv.join(' ')).toEqual([0, told])
    const { code, stdout } = await on(['--json', ...argv], { cwd, env: ens })
    expect([code, json(stdout).names], argv.join(' ')).toEqual([0, [expect.objectContaining(NAMING)]])
  }
  const argv = ['--json', 'verify', 'dev.eth/edge', '--require', 'unsafe', '--ens-rpc-url', URL_OF_NAMES]
  const option = await on(argv, { cwd })
  expect(json(option.stdout).names).toMatchObject([{ publisher: DEV }])
})

test('a name that means somebody else is a verdict, and the name is in no document', async () => {
  const cwd = folder({ 'edge.md': draft('named') })
  await on(['publish', 'edge.md', '--publisher', 'dev.eth'], { cwd, env: ens })
  const { code, stdout } = await on(['--json', 'verify', `${DEV}/named`, '--publisher', 'other.eth'], { cwd, env: ens })
  expect(code).toBe(3)
  const verdict = json(stdout)
  expect(verdict).toMatchObject({ status: 'refuted', publisher: DEV, did: `did:pkh:${DEV}` })
  expect(verdict.names).toMatchObject([{ name: 'other.eth', publisher: `eip155:31337:${EDITOR}` }])
  expect(JSON.stringify(verdict.document)).not.toContain('.eth')
})

test('a name that means nobody, is none, or cannot be asked after, is an error that says so', async () => {
  const cwd = folder()
  const nobody = await on(['--json', 'resolve', 'nobody.eth/edge'], { cwd, env: ens })
  expect([nobody.code, json(nobody.stdout).error]).toMatchObject([5, { code: 'NOT_FOUND' }])
  const none = await on(['--json', 'resolve', 'dеv.eth/edge'], { cwd, env: ens })
  expect([none.code, json(none.stdout).error]).toMatchObject([1, { code: 'INVALID_NAME' }])
  const unasked = await on(['resolve', 'dev.eth/edge'], { cwd })
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--ens-rpc-url or ENS_RPC_URL')])
  const down = await on(['--json', 'resolve', 'dev.eth/edge', '--ens-rpc-url', NOWHERE], { cwd })
  expect([down.code, json(down.stdout).error]).toMatchObject([6, { code: 'REGISTRY_UNAVAILABLE' }])
  const bad = await on(['resolve', 'dev.eth/edge', '--ens-rpc-url', 'ws://x'], { cwd })
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('--ens-rpc-url')])
})

test('an editor is not taken by a name', async () => {
  const { code, stderr } = await on(['editors', 'add', 'dev.eth', '--for', '1d'], { cwd: folder(), env: ens })
  expect([code, stderr]).toEqual([2, expect.stringContaining('neither a verb nor an address')])
})
