import { parseJson } from '../document/json.ts'
import { type Address, type Chain, parseAddress } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import { addressOn, deployments } from '../registry/deployments.ts'
import { usualQuorum } from '../registry/quorum.ts'
import { findUpwards, kindOf, pathIn, readInput } from './files.ts'
import type { Host } from './host.ts'
import { brokenRemotes, type Remotes } from './remotes.ts'
import { UsageError } from './usage.ts'

/** The options every command takes, as they were typed. */
export interface GlobalOptions {
  readonly network?: string | undefined
  /** With commas between them where there are several. */
  readonly rpcUrl?: string | undefined
  readonly ensRpcUrl?: string | undefined
  readonly quorum?: string | undefined
  readonly registry?: string | undefined
  readonly archive?: string | undefined
  readonly gateway?: readonly string[] | undefined
  readonly allowPrivate?: boolean | undefined
  readonly peer?: readonly string[] | undefined
  readonly swarmKey?: string | undefined
  readonly account?: string | undefined
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly input?: boolean | undefined
}

/** Where everything is: from the command line, else the environment, else the archive's own file, else the defaults. */
export interface Settings {
  /** The archive's folder, whether it is there or not. */
  readonly home: string
  readonly network: Network
  /** A node that knows what names of the Ethereum Name Service mean. */
  readonly ensRpcUrl: string | undefined
  readonly gateways: readonly string[]
  /** Where documents are kept besides here, by name. */
  readonly remotes: Remotes
  /** How many of the remotes must hold a document; all that are asked where nothing is said. */
  readonly copies: number | undefined
  /** Whether a gateway may be on a private network. Never from the archive's file, which may be a stranger's. */
  readonly allowPrivate: boolean
  /** Nodes to talk bitswap with, by multiaddress. */
  readonly peers: readonly string[]
  /** The file of the key that a closed network shares, if one was named. */
  readonly swarmKey: string | undefined
  /** What the archive's own file says. */
  readonly kept: Config
  /** A keystore's file or name. */
  readonly account: string | undefined
  /** Whether a person may be asked. */
  readonly mayAsk: boolean
}

export interface Network {
  readonly chain: Chain
  /** The node that is asked for everything but the registry, and sent to. */
  readonly rpcUrl: string | undefined
  /** All the nodes that are asked for the registry, that one first, and how many of them have to agree. */
  readonly rpcUrls: readonly string[]
  readonly quorum: number
  /** The one that was named, else that of the address book, else the address that the registry has on every chain. */
  readonly registry: Address
  /** Whether a verdict may rest on it: it was named, or the address book has it. */
  readonly isPinned: boolean
}

/** What `init` keeps in the archive's folder. */
export interface Config {
  readonly network?: string | undefined
  readonly rpcUrl?: string | undefined
  readonly quorum?: number | undefined
  readonly registry?: string | undefined
  readonly gateways?: readonly string[] | undefined
  readonly remotes?: Remotes | undefined
  readonly copies?: number | undefined
  readonly peers?: readonly string[] | undefined
}

export const LOCAL: Chain = 'eip155:31337'
/** How there comes to be a chain to try things out on. */
export const LOCAL_START = 'a local one is started with anvil, or with npm run chain in a clone of trend-archive'
/** The chain of the Ethereum Name Service. */
const ENS_HOME: Chain = 'eip155:1'
const LOCAL_RPC = 'http://127.0.0.1:8545'
const HOME_NAME = '.trend-archive'
export const CONFIG_NAME = 'config.json'
const CAIP2 = /^eip155:(?:0|[1-9][0-9]{0,31})$/

/** Which archive a command is about: the nearest one, the one right here, or none, so that its file is not read. */
export type Place = 'nearest' | 'here' | 'none'

/** @throws UsageError when what was typed makes no sense, INVALID_OPTION when the archive's file does not */
export async function readSettings(typed: GlobalOptions, host: Host, place: Place): Promise<Settings> {
  const home = await homeOf(typed, host, place)
  const config = place === 'none' ? {} : await readConfig(host, home)
  const chain = parseNetwork(typed.network ?? config.network ?? LOCAL)
  // An RPC and a registry that were kept for one network are not those of another.
  const kept = config.network === undefined || parseNetwork(config.network) === chain ? config : {}
  const rpcUrl = typed.rpcUrl ?? (host.env.RPC_URL || undefined) ?? kept.rpcUrl
  const rpcUrls = parseUrls(rpcUrl ?? (chain === LOCAL ? LOCAL_RPC : undefined))
  const named = typed.registry ?? kept.registry
  return {
    home,
    network: {
      chain,
      rpcUrl: rpcUrls[0],
      rpcUrls,
      quorum: parseQuorum(typed.quorum ?? keptQuorum(kept, rpcUrl), rpcUrls.length),
      registry: registryOf(chain, named),
      isPinned: named !== undefined || deployments[chain] !== undefined
    },
    ensRpcUrl: checkUrl(
      typed.ensRpcUrl ?? (host.env.ENS_RPC_URL || undefined) ?? (chain === ENS_HOME ? rpcUrls[0] : undefined)
    ),
    gateways: typed.gateway ?? config.gateways ?? [],
    remotes: config.remotes ?? {},
    copies: config.copies,
    allowPrivate: typed.allowPrivate ?? (host.env.TREND_ARCHIVE_PRIVATE ?? '') !== '',
    peers: (typed.peer ?? config.peers ?? []).map(parsePeer),
    swarmKey: typed.swarmKey === undefined ? undefined : pathIn(host.cwd, typed.swarmKey),
    kept,
    account: typed.account,
    mayAsk: typed.input !== false && host.stdin.isTTY === true
  }
}

/** Where the archive is, or would be made. */
async function homeOf({ archive }: GlobalOptions, { env, cwd }: Host, place: Place): Promise<string> {
  const named = archive ?? (env.TREND_ARCHIVE_HOME || undefined)
  if (named !== undefined) return pathIn(cwd, named)
  const nearest = place === 'nearest' ? await findUpwards(cwd, HOME_NAME) : undefined
  return nearest ?? pathIn(cwd, HOME_NAME)
}

/** A CAIP-2 id, or a name of the address book. @throws UsageError */
function parseNetwork(text: string): Chain {
  if (CAIP2.test(text)) return text as Chain
  const wanted = text.toLowerCase().replaceAll(/[\s_-]+/g, ' ')
  const known = Object.entries(deployments).find(([, { name }]) => name === wanted || name.split(' ')[0] === wanted)
  if (known !== undefined) return known[0] as Chain
  const names = Object.entries(deployments).map(([chain, { name }]) => `${chain} (${name})`)
  throw new UsageError(`unknown network '${text}'`, `name a CAIP-2 chain, e.g. ${names.join(', ')}; ${LOCAL_START}`)
}

function registryOf(chain: Chain, named: string | undefined): Address {
  const known = deployments[chain]?.address
  if (named === undefined) return addressOn(chain)
  let address: Address
  try {
    address = parseAddress(named)
  } catch (error) {
    throw new UsageError(`option '--registry <address>': ${error instanceof Error ? error.message : 'no address'}`)
  }
  if (known !== undefined && known !== address) {
    const hint = 'there is one registry a chain; leave --registry out'
    throw new UsageError(`the address book has ${known} as the registry of ${chain}`, hint)
  }
  return address
}

function checkUrl(url: string | undefined): string | undefined {
  if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  // The URL is not repeated: it may carry a key.
  throw new UsageError(
    'the URL of a node must begin with https:// or http://',
    'e.g. --ens-rpc-url https://eth.example'
  )
}

/** The names that a machine has for itself. */
const THIS_MACHINE = /^(?:127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)(?=:|$)/

/** URLs with commas between them: a comma that belongs to one of them is spelled %2C. @throws UsageError */
function parseUrls(text: string | undefined): readonly string[] {
  const urls = text === undefined ? [] : text.split(',').map((url) => url.trim())
  const hosts = urls.map((url) => {
    const { protocol, host } = URL.parse(url) ?? { protocol: '', host: '' }
    if (/^https?:$/.test(protocol)) return host.replace(THIS_MACHINE, 'localhost')
    // The URL is not repeated: it may carry a key.
    throw new UsageError('an RPC URL must begin with https:// or http://', 'e.g. --rpc-url http://127.0.0.1:8545')
  })
  const twice = hosts.find((host, i) => hosts.indexOf(host) !== i)
  if (twice === undefined) return urls
  throw new UsageError(`two RPC URLs are of one host, ${twice}, and so one voice`, 'name nodes that others run')
}

/** A number that was kept is about the nodes that were kept with it. */
const keptQuorum = ({ quorum, rpcUrl }: Config, used: string | undefined): string | undefined =>
  quorum === undefined || rpcUrl !== used ? undefined : String(quorum)

function parseQuorum(text: string | undefined, nodes: number): number {
  if (text === undefined) return usualQuorum(nodes)
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= nodes) return Number(text)
  const rule = nodes < 2 ? 'is for several nodes: name them with --rpc-url a,b,c' : `is a number from 1 to ${nodes}`
  throw new UsageError(`option '--quorum <n>' ${rule}`)
}

/** A multiaddress that ends in the name of its node; what comes before it is looked at by libp2p. @throws UsageError */
export function parsePeer(address: string): string {
  if (/^\/[^\s]+\/p2p\/[A-Za-z0-9]+$/.test(address)) return address
  const hint = 'serve --p2p prints them; one looks like /ip4/192.168.1.7/tcp/4001/p2p/12D3Koo…'
  throw new UsageError(`'${address}' is no multiaddress of a node`, hint)
}

const TEXTS = ['network', 'rpcUrl', 'registry'] as const

async function readConfig(host: Host, home: string): Promise<Config> {
  const file = pathIn(home, CONFIG_NAME)
  if ((await kindOf(file)) !== 'file') return {}
  try {
    const config = parseJson(await readInput(host, file)) as Record<string, unknown> | null
    if (typeof config !== 'object' || config === null || Array.isArray(config)) throw broken(file, 'must be an object')
    const bad = TEXTS.find((name) => config[name] !== undefined && typeof config[name] !== 'string')
    if (bad !== undefined) throw broken(file, `${bad} must be text`)
    const { gateways = [], peers = [], remotes = {}, copies = 1, quorum = 1 } = config
    if (!isTexts(gateways)) throw broken(file, 'gateways must be a list of URLs')
    if (!isTexts(peers)) throw broken(file, 'peers must be a list of multiaddresses')
    const rule = brokenRemotes(remotes)
    if (rule !== undefined) throw broken(file, rule)
    if (!Number.isSafeInteger(copies) || Number(copies) < 1) throw broken(file, 'copies must be a number from 1 on')
    if (!Number.isSafeInteger(quorum) || Number(quorum) < 1) throw broken(file, 'quorum must be a number from 1 on')
    return config as Config
  } catch (error) {
    throw isArchiveError(error, 'INVALID_DOCUMENT') ? broken(file, error.message) : error
  }
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')

function broken(file: string, rule: string): ArchiveError<'INVALID_OPTION'> {
  const hint = 'mend it, or move it away and run: trend-archive init'
  return new ArchiveError('INVALID_OPTION', `${file}: ${rule}`, { option: CONFIG_NAME, rule }, { hint })
}
