import { ArchiveError } from '../errors.ts'

/** Which sets of packages a node needs besides those of every node. */
export interface Needs {
  readonly swarmKey?: unknown
  readonly dht?: unknown
}

/** Packages by major version. */
type Packages = Readonly<Record<string, number>>

/** What every node needs. */
export const PEER: Packages = {
  '@helia/bitswap': 4,
  '@helia/libp2p': 2,
  '@libp2p/crypto': 5,
  '@libp2p/identify': 4,
  '@libp2p/noise': 17,
  '@libp2p/tcp': 11,
  '@libp2p/yamux': 8,
  '@multiformats/multiaddr': 13
}

/** What a node with a swarm key needs besides. */
export const SWARM: Packages = { '@libp2p/pnet': 3 }

/** What a node that others find needs besides. */
export const PUBLIC: Packages = {
  '@helia/delegated-routing-client': 1,
  '@libp2p/autonat': 3,
  '@libp2p/kad-dht': 16,
  '@libp2p/ping': 3
}

/**
 * Loads packages that are optional peers of ours.
 * @throws UNSUPPORTED_RUNTIME when one is missing; its `needs` is the command that installs them
 */
export async function installed<Modules>({ dht, swarmKey }: Needs, load: () => Promise<Modules>): Promise<Modules> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    const packages = { ...PEER, ...(swarmKey !== undefined && SWARM), ...(dht !== undefined && PUBLIC) }
    const needs = ['npm i', ...Object.entries(packages).map(([name, major]) => `${name}@${major}`)].join(' ')
    const message = 'exchanging blocks with peers needs packages that are not installed'
    throw new ArchiveError('UNSUPPORTED_RUNTIME', message, { needs }, { cause, hint: `install them with: ${needs}` })
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
