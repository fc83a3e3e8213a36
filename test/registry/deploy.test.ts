import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BrowserProvider, HDNodeWallet, keccak256, Wallet } from 'ethers'
import { network } from 'hardhat'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startDevChain } from '../../scripts/dev-chain.ts'
import { DEV_KEY } from '../../src/registry/account.ts'
import { ADDRESS, CODE_DIGEST, PROXY } from '../../src/registry/bytecode.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'

const run = promisify(execFile)
const SECOND_KEY = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
  undefined,
  "m/44'/60'/0'/0/1"
).privateKey

async function chain(chainId: number): Promise<BrowserProvider> {
  const connection = await network.create({ network: 'default', override: { chainId } })
  const node = {
    request: async ({ method, params = [] }: { method: string; params?: unknown[] | Record<string, unknown> }) =>
      await connection.provider.request({ method, params: Array.isArray(params) ? params : [params] })
  }
  const provider = new BrowserProvider(node, chainId, { staticNetwork: true, cacheTimeout: -1 })
  onTestFinished(async () => {
    provider.destroy()
    await connection.close()
  })
  return provider
}

describe('deploying', () => {
  test.each([31337, 10])('puts the same code at the same address of chain %i, and only once', async (chainId) => {
    const provider = await chain(chainId)
    const signer = new Wallet(SECOND_KEY, provider)
    expect(await provider.getCode(PROXY)).toBe('0x')
    const first = await deployRegistry(signer)
    expect(first).toMatchObject({ address: ADDRESS, deployed: true, transaction: expect.stringMatching(/^0x/) })
    expect(keccak256(await provider.getCode(ADDRESS))).toBe(CODE_DIGEST)
    const nonce = await signer.getNonce()
    expect(await deployRegistry(signer)).toEqual({ address: ADDRESS, deployed: false, block: first.block })
    expect(await signer.getNonce()).toBe(nonce)
  })

  test('accepts no other code at the address', async () => {
    const provider = await chain(31337)
    await provider.send('hardhat_setCode', [ADDRESS, '0x00'])
    await expect(deployRegistry(new Wallet(SECOND_KEY, provider))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      details: { reason: 'malformed answer' }
    })
  })

  test('is not done with the key that everybody has, except on the dev chain', async () => {
    const provider = await chain(10)
    await expect(deployRegistry(new Wallet(DEV_KEY, provider))).rejects.toMatchObject({ code: 'NO_ACCOUNT' })
  })

  test('without money says so', async () => {
    const provider = await chain(31337)
    await expect(deployRegistry(new Wallet(`0x${'42'.repeat(32)}`, provider))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringMatching(/funds/)
    })
  })

  test('from the shell prints where the registry is, and takes its key from the environment', async () => {
    const { url, stop } = await startDevChain({ stateFile: '', kind: 'hardhat' })
    onTestFinished(stop)
    const deploy = async (key: string) =>
      await run(process.execPath, ['scripts/deploy.ts', '--rpc-url', url], {
        env: { ...process.env, PRIVATE_KEY: key }
      })
    const { stdout } = await deploy(DEV_KEY)
    expect(JSON.parse(stdout)).toMatchObject({ chain: 'eip155:31337', address: ADDRESS, deployed: true })
    await expect(deploy('s3cret')).rejects.toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.not.stringContaining('s3cret')
    })
  })
})
