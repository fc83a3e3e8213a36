import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Address, parseAddress } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type PublishMessage, type Signature } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { isSignedOnChain, signPublish } from '../../src/registry/signature.ts'
import { type Place, publishDigest } from '../../src/registry/typed-data.ts'
import { openHardhat } from './evm.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const HERE: Place = { chain: 'eip155:31337', address: evm.address }
const SIGNER = evm.wallets[0]!
const ACCOUNT = parseAddress(SIGNER.address)
const MESSAGE: PublishMessage = {
  publisher: ACCOUNT,
  editor: ACCOUNT,
  ref: refOf('a-trend'),
  digest: `0x${'d1'.repeat(32)}`,
  parent: NONE,
  tree: NONE,
  deadline: 4_000_000_000n
}
const DIGEST = publishDigest(HERE, MESSAGE)
/** ERC-1271 in 20 bytes: says yes to the one hash in its slot 0. */
const APPROVES_ONE = '0x6004355f5414631626ba7e60e01b025f5260205ff3'
const WALLET: Address = `0x${'a11ce'.repeat(8)}`

const become = async (code: string, approved: string = NONE): Promise<void> => {
  await evm.request({ method: 'hardhat_setCode', params: [WALLET, code] })
  await evm.request({ method: 'hardhat_setStorageAt', params: [WALLET, '0x0', approved] })
}

describe('whether an account signed', () => {
  test('is told by its key where it has no code', async () => {
    const signature = await signPublish(SIGNER, HERE, MESSAGE)
    expect(await isSignedOnChain(evm.request, ACCOUNT, DIGEST, signature)).toBe(true)
    expect(await isSignedOnChain(evm.request, WALLET, DIGEST, signature)).toBe(false)
    expect(await isSignedOnChain(evm.request, ACCOUNT, `0x${'12'.repeat(32)}`, signature)).toBe(false)
  })

  test.each<Signature>(['0x', '0x1234', `0x${'ab'.repeat(500)}`])(
    'is told by its code where it has some, whatever the signature looks like: %s',
    async (signature) => {
      await become(APPROVES_ONE, DIGEST)
      expect(await isSignedOnChain(evm.request, WALLET, DIGEST, signature)).toBe(true)
      await become(APPROVES_ONE)
      expect(await isSignedOnChain(evm.request, WALLET, DIGEST, signature)).toBe(false)
    }
  )

  test.each([
    ['says nothing', '0x00'],
    ['says another word', '0x60015f5260205ff3'],
    ['cuts the word short', '0x631626ba7e60e01b5f5260045ff3']
  ])('is no where the code %s', async (_, code) => {
    await become(code)
    expect(await isSignedOnChain(evm.request, WALLET, DIGEST, '0x')).toBe(false)
  })

  test('is not known where the code breaks or the node does not answer, and is settled by trying it out', async () => {
    await become('0x5f5ffd')
    expect(await isSignedOnChain(evm.request, WALLET, DIGEST, '0x')).toBeUndefined()
    const dead: Request = async () => await Promise.reject(new Error('down'))
    expect(await isSignedOnChain(dead, ACCOUNT, DIGEST, '0x')).toBeUndefined()
    const signal = AbortSignal.abort('stop')
    await expect(isSignedOnChain(dead, ACCOUNT, DIGEST, '0x', { signal })).rejects.toBe('stop')
  })
})
