import { ArchiveError } from '../errors.ts'

/**
 * What a node needs of packages that are optional peers of ours, by major version. All of them at once: whoever has
 * `@helia/libp2p` has most of the rest on disk already.
 */
export const PACKAGES: Readonly<Record<string, number>> = {
  '@helia/bitswap': 4,
  '@helia/delegated-routing-client': 1,
  '@helia/libp2p': 2,
  '@libp2p/autonat': 3,
  '@libp2p/crypto': 5,
  '@libp2p/identify': 4,
  '@libp2p/kad-dht': 16,
  '@libp2p/noise': 17,
  '@libp2p/ping': 3,
  '@libp2p/pnet': 3,
  '@libp2p/tcp': 11,
  '@libp2p/yamux': 8,
  '@multiformats/multiaddr': 13
}

/**
 * Loads such packages.
 * @throws UNSUPPORTED_RUNTIME when one is missing; its `needs` is the command that installs them
 */
export async function installed<Modules>(load: () => Promise<Modules>): Promise<Modules> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    const needs = ['npm i', ...Object.entries(PACKAGES).map(([name, major]) => `${name}@${major}`)].join(' ')
    const message = 'exchanging blocks with peers needs packages that are not installed'
    throw new ArchiveError('UNSUPPORTED_RUNTIME', message, { needs }, { cause, hint: `install them with: ${needs}` })
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
