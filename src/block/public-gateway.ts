import { orAborted } from './abort.ts'
import { type GatewayOptions, gateway } from './gateway.ts'
import { type PublicFetchOptions, publicFetch } from './public-fetch.ts'
import type { BlockSource } from './source.ts'
import { turnstile } from './turnstile.ts'

export interface PublicGatewayOptions extends Omit<GatewayOptions, 'fetch' | 'allowInsecure'>, PublicFetchOptions {
  /** Whether a gateway may be at an address of a private network, and then speak plain `http:`. @default false */
  readonly allowPrivate?: boolean | undefined
  /** How many requests to one gateway may be under way at once; others wait for their turn. @default 8 */
  readonly concurrency?: number | undefined
}

export interface PublicGateways {
  readonly sources: readonly BlockSource[]
  /** Ends the connections to all of them. */
  close: () => Promise<void>
}

/**
 * Gateways for Node, which may be named by others: they must be on the public internet, but for one whose URL names this
 * machine itself. A page needs none of this: its browser does not let it look inside.
 * @throws INVALID_OPTION when a URL is malformed, not https, or carries a user name or password
 */
export function publicGateways(
  urls: readonly (string | URL)[],
  { allowPrivate = false, concurrency = 8, isAllowed, lookup, ...options }: PublicGatewayOptions = {}
): PublicGateways {
  // The runtime's own fetch asks whoever it is told to, and also knows the proxies of the environment.
  const { fetch, close } = allowPrivate
    ? { fetch: undefined, close: async () => {} }
    : publicFetch({ isAllowed, lookup })
  // Plain http to a machine on this network is what a node of one's own offers; bytes are checked whoever sends them.
  const allowInsecure = allowPrivate ? true : undefined
  return { sources: urls.map((url) => inTurn(gateway(url, { ...options, fetch, allowInsecure }), concurrency)), close }
}

/** Asks a source so many things at a time. Its own clock runs from when it is asked. */
function inTurn({ name, get }: BlockSource, concurrency: number): BlockSource {
  const enter = turnstile(concurrency)
  return {
    name,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const leave = await orAborted(signal, enter(signal))
      return await get(cid, { signal }).finally(leave)
    }
  }
}
