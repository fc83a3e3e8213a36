import { encryptKeystoreJsonSync, Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import {
  checkAccount,
  DEV_KEY,
  jsonRpcProvider,
  walletFromKey,
  walletFromKeystore
} from '../../src/registry/account.ts'

const DEV_ACCOUNT = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const refusal = expect.objectContaining({ code: 'NO_ACCOUNT' })

describe('a key', () => {
  test('is taken with and without 0x, and with a line break behind it', () => {
    for (const key of [DEV_KEY, DEV_KEY.slice(2), `${DEV_KEY}\n`]) {
      expect(walletFromKey(key).address.toLowerCase()).toBe(DEV_ACCOUNT)
    }
  })

  test.each([
    ['nothing', ''],
    ['a word', 'deadbeef-secret'],
    ['a digit too few', DEV_KEY.slice(0, -1)],
    ['a digit too many', `${DEV_KEY}a`],
    ['zero', `0x${'0'.repeat(64)}`],
    ['the order of the curve', '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141']
  ])('is not %s, and is not repeated', (_, key) => {
    const error = thrownBy(() => walletFromKey(key))
    expect(error).toEqual(refusal)
    if (key !== '') expect(everythingIn(error)).not.toContain(key.slice(2, 12))
  })
})

describe('a keystore', () => {
  test('opens with its password and with no other', async () => {
    const wallet = new Wallet(DEV_KEY)
    const json = encryptKeystoreJsonSync(wallet, 'correct', { scrypt: { N: 2, r: 8, p: 1 } })
    expect((await walletFromKeystore(json, 'correct')).address).toBe(wallet.address)
    const error = await walletFromKeystore(json, 'horse').catch((reason: unknown) => reason)
    expect(error).toEqual(refusal)
    expect(everythingIn(error)).not.toContain('horse')
    await expect(walletFromKeystore('{}', 'correct')).rejects.toEqual(refusal)
    await expect(walletFromKeystore('no json', 'correct')).rejects.toEqual(refusal)
  })
})

test('the account everybody has the key of is for the dev chain only', () => {
  checkAccount(DEV_ACCOUNT, 'eip155:31337')
  checkAccount(`0x${'ab'.repeat(20)}`, 'eip155:1')
  expect(() => checkAccount(DEV_ACCOUNT, 'eip155:1')).toThrow(refusal)
})

test('a provider is made for URLs with http only', () => {
  expect(() => jsonRpcProvider('wss://secret@host', 'eip155:1')).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.not.stringContaining('secret') })
  )
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** All that a logger could get out of an error. */
function everythingIn(error: unknown): string {
  const parts: string[] = []
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    parts.push(String(one), String(one.stack), JSON.stringify(one, Object.getOwnPropertyNames(one)))
  }
  return parts.join('\n')
}
