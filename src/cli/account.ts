import { parseJson, readText } from '../document/json.ts'
import { type Address, parseAddress } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import { isFile, pathIn, readInput } from './files.ts'
import type { Host } from './host.ts'
import type { Output } from './output.ts'
import { askSecret } from './prompt.ts'
import { LOCAL, type Settings } from './settings.ts'

/** An account that can sign; the type of the library underneath, which only its owner may name. */
export type Wallet = ReturnType<typeof import('../registry/account.ts').walletFromKey>

/** Where the right to publish comes from: nothing is opened yet. */
export type Account =
  | { readonly by: 'keystore'; readonly file: string; readonly json: string }
  | { readonly by: 'key'; readonly key: string }
  | { readonly by: 'dev' }

/** The first account of every local dev chain. */
const DEV_ACCOUNT: Address = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

/**
 * Which account is meant: the keystore that was named, else PRIVATE_KEY, else on the local dev chain its first account.
 * @throws NO_ACCOUNT when there is none
 */
export async function findAccount({ account, home, network }: Settings, host: Host): Promise<Account> {
  if (account !== undefined) return await findKeystore(account, home, host)
  const { PRIVATE_KEY } = host.env
  if (PRIVATE_KEY !== undefined && PRIVATE_KEY.trim() !== '') return { by: 'key', key: PRIVATE_KEY }
  if (network.chain === LOCAL) return { by: 'dev' }
  throw noAccount(`no account to act for on ${network.chain}`, 'name a keystore with --account, or set PRIVATE_KEY')
}

/** The address of an account; a keystore that tells its address need not be opened for that. */
export async function addressOf(account: Account, settings: Settings, host: Host, out: Output): Promise<Address> {
  if (account.by === 'dev') return DEV_ACCOUNT
  return toldAddress(account) ?? parseAddress((await openWallet(account, settings, host, out)).address)
}

/** The address that a keystore tells without its password; `undefined` where it does not, and where there is none. */
export const toldAddress = (account: Account): Address | undefined =>
  account.by === 'keystore' ? addressIn(account.json) : undefined

/** Opens an account. @throws NO_ACCOUNT when the key is no key or the password does not open the keystore */
export async function openWallet(account: Account, { mayAsk }: Settings, host: Host, out: Output): Promise<Wallet> {
  const { DEV_KEY, walletFromKey, walletFromKeystore } = await import('../registry/account.ts')
  switch (account.by) {
    case 'dev':
      out.note(`no account was named: acting as the dev chain's first account, ${DEV_ACCOUNT}, whose key is public`)
      return walletFromKey(DEV_KEY)
    case 'key':
      try {
        return walletFromKey(account.key)
      } catch (error) {
        if (!isArchiveError(error, 'NO_ACCOUNT')) throw error
        throw noAccount(`PRIVATE_KEY: ${error.message}`, 'mend it, or name a keystore with --account')
      }
    case 'keystore': {
      const password =
        host.env.TREND_ARCHIVE_PASSWORD ?? (mayAsk ? await out.asking(() => askSecret(host, 'password')) : undefined)
      if (password === undefined) {
        throw noAccount(`${account.file} needs its password`, 'set TREND_ARCHIVE_PASSWORD, or run it in a terminal')
      }
      out.progress({ type: 'unlocking' }, 'opening the keystore, which takes a second …')
      return await walletFromKeystore(account.json, password)
    }
  }
}

const KEY = /^(?:0x)?[0-9a-f]{64}$/i

async function findKeystore(named: string, home: string, host: Host): Promise<Account> {
  if (KEY.test(named.trim())) {
    throw noAccount('that is a key, and a key on the command line is no secret', 'set PRIVATE_KEY, or name a keystore')
  }
  const { HOME } = host.env
  // A name must not lead out of the folder it is looked up in.
  const isName = /^[\w-][\w.@-]*$/.test(named)
  const places = [
    named,
    ...(isName ? [pathIn(home, 'accounts', `${named}.json`)] : []),
    ...(isName && HOME ? [pathIn(HOME, '.foundry', 'keystores', named)] : [])
  ]
  for (const file of places) {
    if (file === '-' || !(await isFile(host, file))) continue
    const json = await keystoreIn(host, file)
    if (json === undefined) throw noAccount(`${file} is no keystore`, 'name an encrypted JSON keystore')
    return { by: 'keystore', file, json }
  }
  throw noAccount(`there is no keystore '${named}'`, `looked for ${places.join(', ')}`)
}

/** The keystore in a file. What is none is found out before anybody is asked for a password. */
async function keystoreIn(host: Host, file: string): Promise<string | undefined> {
  try {
    const json = readText(await readInput(host, file))
    const { version, crypto, Crypto = crypto } = Object(parseJson(json)) as Readonly<Record<string, unknown>>
    return Number(version) === 3 && typeof Crypto === 'object' ? json : undefined
  } catch (error) {
    if (!isArchiveError(error)) throw error
    return undefined
  }
}

function addressIn(json: string): Address | undefined {
  try {
    const { address } = parseJson(json) as { readonly address?: unknown }
    return parseAddress(`0x${String(address).replace(/^0x/i, '')}`)
  } catch {
    return undefined
  }
}

const noAccount = (rule: string, hint: string): ArchiveError<'NO_ACCOUNT'> =>
  new ArchiveError('NO_ACCOUNT', rule, { rule }, { hint })
