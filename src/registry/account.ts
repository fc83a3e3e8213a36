import { BrowserProvider, type JsonRpcApiProvider, type Provider, Wallet } from 'ethers'
import { type Address, type Chain, chainIdOf } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import { type HttpRequestOptions, httpRequest } from './http.ts'

/** The key of the first account of every local dev chain. The whole world knows it. */
export const DEV_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const DEV_ACCOUNT = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const DEV_CHAIN: Chain = 'eip155:31337'

/** The account of a private key. @throws NO_ACCOUNT when it is not a key; the key is never quoted */
export function walletFromKey(privateKey: string, provider?: Provider): Wallet {
  const digits = privateKey.trim().replace(/^0x/i, '')
  try {
    return new Wallet(`0x${digits}`, provider ?? null)
  } catch {
    throw noAccount('a private key is 32 bytes of hex')
  }
}

/**
 * The account in an encrypted JSON keystore.
 * @throws NO_ACCOUNT when it is not one, or when the password does not open it
 */
export async function walletFromKeystore(json: string, password: string, provider?: Provider): Promise<Wallet> {
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, password)
    return new Wallet(privateKey, provider ?? null)
  } catch {
    throw noAccount('the keystore is no keystore, or the password is not its')
  }
}

/**
 * A connection to a node for an account to send through: every request goes out at once, and nothing is cached, so that
 * one transaction can follow the other. `ethersRegistry` asks over its `request`, past what the library adds.
 * @throws INVALID_OPTION when `url` is not a URL with http or https
 */
export function jsonRpcProvider(url: string | URL, chain: Chain, options: HttpRequestOptions = {}): JsonRpcApiProvider {
  const request = httpRequest(url, options)
  const node = {
    request: async ({ method, params = [] }: { method: string; params?: unknown[] | Record<string, unknown> }) =>
      await request({ method, params: Array.isArray(params) ? params : [params] })
  }
  const provider = new BrowserProvider(node, chainIdOf(chain), { staticNetwork: true, cacheTimeout: -1 })
  return Object.assign(provider, { request })
}

/** @throws NO_ACCOUNT when an account that everybody has the key of is about to be used on a chain that matters */
export function checkAccount(account: Address, chain: Chain): void {
  if (account === DEV_ACCOUNT && chain !== DEV_CHAIN) {
    throw noAccount(`everybody has the key of ${account}: it is for ${DEV_CHAIN} only`)
  }
}

const noAccount = (rule: string): ArchiveError<'NO_ACCOUNT'> => new ArchiveError('NO_ACCOUNT', rule, { rule })
