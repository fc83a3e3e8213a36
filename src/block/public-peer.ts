import type { PeerEvent } from './company.ts'
import { gateway } from './gateway.ts'
import { IPFS_BOOTSTRAP, IPFS_DELEGATED_ROUTING, IPFS_DHT, IPFS_GATEWAYS, LOCAL_DHT } from './ipfs-network.ts'
import { startNode } from './libp2p.ts'
import { areLocal } from './multiaddress.ts'
import { assemble, type CommonPeerOptions, fixed, type Peer } from './peer.ts'
import { keepProvided, type ProvideEvent } from './provide.ts'
import type { Store } from './store.ts'

export interface PublicPeerOptions extends CommonPeerOptions<PeerEvent | ProvideEvent> {
  /** Addresses to tell others in place of those it listens on, as where a router forwards a port. */
  readonly announce?: readonly string[] | undefined
  /**
   * The first nodes to meet. Where all of them are at private addresses, the network is a local one: its nodes are met
   * at private addresses, and neither a routing server nor a gateway is asked by default.
   * @default IPFS_BOOTSTRAP
   */
  readonly bootstrap?: readonly string[] | undefined
  /** A server of the routing API to ask for providers as well; `false` asks none. @default IPFS_DELEGATED_ROUTING */
  readonly delegatedRouting?: string | false | undefined
  /** Trustless gateways to read from as well. @default IPFS_GATEWAYS */
  readonly gateways?: readonly string[] | undefined
  /**
   * Whether the node answers the DHT's questions as well as asking them.
   * @default as soon as the world can dial it; always in a local network
   */
  readonly dhtServer?: boolean | undefined
  /** Milliseconds after which what is pinned is provided again: records end after 48 hours. @default 79_200_000 (22 h) */
  readonly provideEvery?: number | undefined
}

const EVERYWHERE = ['/ip4/0.0.0.0/tcp/4001']
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Milliseconds that writing one record may take: some twenty nodes are asked, and not all of them answer. */
const PATIENCE = 2 * MINUTE
/** Records written at once. */
const AT_ONCE = 8
/** With fewer peers the bootstrap nodes are dialled again. */
const ENOUGH = 4

/**
 * Starts a Helia node that the IPFS network finds: it takes part in the DHT, provides every pinned document when it is
 * pinned, when the node starts and on a schedule, and finds others by the DHT and by a routing server. It listens on
 * every interface, port 4001.
 * @throws UNSUPPORTED_RUNTIME when libp2p's packages are not installed, INVALID_OPTION
 */
export async function openPublicPeer(store: Store, options: PublicPeerOptions = {}): Promise<Peer> {
  const { listen = EVERYWHERE, announce, identity, swarmKey, maxConnections = 300, onEvent } = options
  const { peers = [], bootstrap = IPFS_BOOTSTRAP, provideEvery = 22 * HOUR } = options
  const isLocal = areLocal(bootstrap)
  const { delegatedRouting = isLocal ? false : IPFS_DELEGATED_ROUTING } = options
  const gateways = (options.gateways ?? (isLocal ? [] : IPFS_GATEWAYS)).map((url) => gateway(url))
  const node = await startNode(store, {
    listen,
    meets: [...peers, ...bootstrap],
    announce,
    identity,
    swarmKey,
    maxConnections,
    dht: {
      protocol: isLocal ? LOCAL_DHT : IPFS_DHT,
      isLocal,
      isServer: options.dhtServer ?? (isLocal || undefined),
      delegatedRouting: delegatedRouting === false ? undefined : delegatedRouting
    }
  })
  const provided = keepProvided(node, {
    every: provideEvery,
    retry: Math.min(MINUTE, provideEvery),
    timeout: PATIENCE,
    atOnce: AT_ONCE,
    onEvent
  })
  return await assemble(store, node, {
    patience: { timeout: options.timeout ?? 30_000, first: options.askAgainAfter ?? 5_000, needsPeers: false },
    companies: [fixed(peers), { addresses: bootstrap, enough: ENOUGH }],
    companyEvery: options.companyEvery,
    gateways,
    pollEvery: options.pollEvery,
    signal: options.signal,
    onEvent,
    onPins({ pinned, unpinned }) {
      provided.remove(unpinned)
      provided.add(pinned)
    },
    stop: provided.stop
  })
}
