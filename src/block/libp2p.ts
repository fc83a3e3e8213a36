import * as json from 'multiformats/codecs/json'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { TrendCid } from './cid.ts'
import { heliaBlockstore } from './helia-store.ts'
import { installed } from './libp2p-packages.ts'
import { isPrivateAddress, parseWith } from './multiaddress.ts'
import type { DhtConfig, NodeConfig, PeerNode } from './peer-node.ts'
import type { Store } from './store.ts'

/**
 * Starts a node over a store. What it knows of peers ends with it.
 * @throws UNSUPPORTED_RUNTIME when packages are missing
 * @throws INVALID_OPTION when an address or a key is malformed, or the node cannot listen at an address
 */
export async function startNode(store: Store, config: NodeConfig): Promise<PeerNode> {
  const packages = await loadNode()
  const { listen, announce = [], meets = [], swarmKey, dht } = config
  for (const address of [...listen, ...announce, ...meets]) parseWith(packages.multiaddr, address)
  const protection = swarmKey && (await loadProtection(swarmKey))
  const open = dht && (await loadDht(dht))
  const trusted = new Set(meets)
  const gate = dht?.isLocal === false && { connectionGater: { denyDialMultiaddr: isStrange(trusted) } }
  const node = compose(store, config, packages, { ...protection, ...open, ...gate })
  try {
    return portOf(await node.start(), packages.multiaddr, trusted)
  } catch (cause) {
    throw cause instanceof Error && DEAF.includes(cause.name) ? deaf(listen, cause) : cause
  }
}

/** A new identity. @throws UNSUPPORTED_RUNTIME */
export async function makeIdentity(): Promise<Uint8Array> {
  const { generateKeyPair, privateKeyToProtobuf } = await installed(async () => await import('@libp2p/crypto/keys'))
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

/** Together these take seconds to load, and few who import this file start a node. */
const loadNode = async () =>
  await installed(async () => {
    const [helia, libp2p, bitswap, tcp, noise, yamux, identify, keys, multiaddr] = await Promise.all([
      import('./helia-light.ts'),
      import('@helia/libp2p'),
      import('@helia/bitswap'),
      import('@libp2p/tcp'),
      import('@libp2p/noise'),
      import('@libp2p/yamux'),
      import('@libp2p/identify'),
      import('@libp2p/crypto/keys'),
      import('@multiformats/multiaddr')
    ])
    return { ...helia, ...libp2p, ...bitswap, ...tcp, ...noise, ...yamux, ...identify, ...keys, ...multiaddr }
  })

/** What makes a node find others and be found. @throws UNSUPPORTED_RUNTIME */
const loadDht = async ({ protocol, isLocal, isServer, delegatedRouting }: DhtConfig) =>
  await installed(async () => {
    const [kad, { ping }, { autoNAT }, delegated] = await Promise.all([
      import('@libp2p/kad-dht'),
      import('@libp2p/ping'),
      import('@libp2p/autonat'),
      import('@helia/delegated-routing-client')
    ])
    const dht = kad.kadDHT({
      protocol,
      peerInfoMapper: isLocal ? kad.passthroughMapper : kad.removePrivateAddressesMapper,
      ...(isServer !== undefined && { clientMode: !isServer }),
      // The first question waits for it, and a local network answers at once.
      ...(isLocal && { initialQuerySelfInterval: 100 }),
      // What is provided again, and when, follows the pins: the library would go on with what was unpinned.
      reprovide: { threshold: 0 }
    })
    const routers = delegatedRouting === undefined ? [] : [delegated.delegatedHTTPRouter({ url: delegatedRouting })]
    return { services: { dht, ping: ping(), ...(!isLocal && { autoNAT: autoNAT() }) }, routers }
  })

/** What lets only those in who hold a key. @throws UNSUPPORTED_RUNTIME, INVALID_OPTION when it is no key */
const loadProtection = async (swarmKey: Uint8Array) =>
  await installed(async () => {
    const { preSharedKey } = await import('@libp2p/pnet')
    const rule = 'not a swarm key: /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits, a line each'
    const connectionProtector = preSharedKey({ psk: swarmKey })
    // The key is read when it is called.
    readKey('swarmKey', rule, () => connectionProtector())
    return { connectionProtector }
  })

/** Reads a key. What went wrong is not passed on: it might repeat the key. @throws INVALID_OPTION */
function readKey<Key>(option: string, rule: string, read: () => Key): Key {
  try {
    return read()
  } catch {
    throw new ArchiveError('INVALID_OPTION', `${option}: ${rule}`, { option, rule })
  }
}

type Packages = Awaited<ReturnType<typeof loadNode>>

/** What a preset adds to every node. */
type Additions = Partial<Awaited<ReturnType<typeof loadProtection>> & Awaited<ReturnType<typeof loadDht>> & Gate>

interface Gate {
  readonly connectionGater: { readonly denyDialMultiaddr: (address: unknown) => boolean }
}

/** Who answers a question of the DHT must not choose which host of the local network is dialled. */
const isStrange =
  (trusted: ReadonlySet<string>) =>
  (address: unknown): boolean =>
    isPrivateAddress(String(address)) && !trusted.has(String(address))

function compose(
  store: Store,
  { listen, announce, identity, maxConnections, dht }: NodeConfig,
  packages: Packages,
  { services, routers = [], ...guards }: Additions
) {
  const { createHeliaLight, withLibp2pLight, withBitswap, tcp, noise, yamux, identify } = packages
  const light = createHeliaLight({ blockstore: heliaBlockstore(store), codecs: [json], routers })
  const networked = withLibp2pLight(light, {
    addresses: { listen: [...listen], ...(announce && { announce: [...announce] }) },
    ...(identity && { privateKey: identityIn(packages, identity) }),
    ...guards,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections,
      // A host may connect five times a second, or be dropped: a stranger's limit, too low for a machine of our own.
      ...(dht?.isLocal !== false && { inboundConnectionThreshold: maxConnections })
    },
    // Without identify no node learns that another speaks bitswap.
    services: { identify: identify(), ...(services as object | undefined) }
  })
  // A reader whose copy was damaged asks again, and must not be taken for one that has just been served.
  return withBitswap(networked, { doNotResendBlockWindow: 0 })
}

const identityIn = ({ privateKeyFromProtobuf }: Packages, bytes: Uint8Array) =>
  readKey('identity', 'not a private key of libp2p', () => privateKeyFromProtobuf(bytes))

type StartedNode = Awaited<ReturnType<ReturnType<typeof compose>['start']>>

function portOf(node: StartedNode, multiaddr: Packages['multiaddr'], trusted: Set<string>): PeerNode {
  const { libp2p } = node
  const { dht } = libp2p.services as object as { readonly dht?: Dht }
  return {
    blockstore: node.blockstore,
    pins: node.pins,
    gc: async (options) => await node.gc(options),
    stop: async () => await node.stop(),
    addresses: () => libp2p.getMultiaddrs().map(String),
    connected: () => [...new Set(libp2p.getConnections().map(({ remotePeer }) => String(remotePeer)))],
    async dial(addresses, { signal } = {}) {
      const parsed = addresses.map((address) => parseWith(multiaddr, address))
      for (const address of addresses) trusted.add(address)
      await libp2p.dial(parsed, signal && { signal })
    },
    async announce(cid) {
      await Promise.allSettled(brokersOf(node).map(async (one) => await one.announce?.(cid)))
    },
    async provide(cid, signal) {
      let holders = 0
      for await (const event of dht!.provide(cid, { signal })) if (isReceipt(event)) holders++
      return holders
    },
    withdraw: async (cid, signal) => await dht!.cancelReprovide(cid, { signal }),
    onPeer(listener) {
      libp2p.addEventListener('peer:connect', ({ detail }) => listener('connected', String(detail)))
      libp2p.addEventListener('peer:disconnect', ({ detail }) => listener('disconnected', String(detail)))
    }
  }
}

interface DhtEvent {
  readonly name: string
  readonly messageName?: string
}

interface Dht {
  readonly provide: (cid: TrendCid, options: Required<Abortable>) => AsyncIterable<DhtEvent>
  readonly cancelReprovide: (cid: TrendCid, options: Required<Abortable>) => Promise<void>
}

const isReceipt = ({ name, messageName }: DhtEvent): boolean =>
  name === 'PEER_RESPONSE' && messageName === 'ADD_PROVIDER'

interface Broker {
  readonly announce?: (cid: unknown) => Promise<void>
}

/** Helia keeps its brokers to itself in its types only. */
function brokersOf(node: object): readonly Broker[] {
  return (node as { readonly blockBrokers: readonly Broker[] }).blockBrokers
}

/** What libp2p throws when it cannot listen. */
const DEAF = ['UnsupportedListenAddressError', 'UnsupportedListenAddressesError', 'NoValidAddressesError']

function deaf(listen: readonly string[], cause: Error): ArchiveError<'INVALID_OPTION'> {
  const rule = 'cannot listen there'
  const hint = 'another program may have the port; an address of this machine looks like /ip4/127.0.0.1/tcp/4001'
  return new ArchiveError(
    'INVALID_OPTION',
    `${listen.join(', ')}: ${rule}`,
    { option: 'listen', rule },
    { cause, hint }
  )
}
