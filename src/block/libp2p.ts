import * as json from 'multiformats/codecs/json'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { TrendCid } from './cid.ts'
import type { HeliaNode } from './helia.ts'
import { heliaBlockstore } from './helia-store.ts'
import { installed } from './libp2p-packages.ts'
import type { Store } from './store.ts'

/** How a node meets others. */
export interface NodeConfig {
  /** Multiaddresses to listen on; with none the node only dials. */
  readonly listen: readonly string[]
  /** Addresses to tell others in place of those it listens on, as a router that forwards a port has one. */
  readonly announce?: readonly string[] | undefined
  /** Addresses it is going to dial, so that a malformed one is told before anything begins. */
  readonly meets?: readonly string[] | undefined
  /** The private key whose digest is the node's name, as libp2p spells it in protobuf. @default a new one */
  readonly identity?: Uint8Array | undefined
  /** The key of a closed network, as Kubo's `swarm.key` spells it: who does not hold it cannot talk. */
  readonly swarmKey?: Uint8Array | undefined
  readonly maxConnections: number
  readonly dht?: DhtConfig | undefined
  /** A server of the routing API (https://specs.ipfs.tech/routing/http-routing-v1/) that is asked for providers too. */
  readonly delegatedRouting?: string | undefined
}

export interface DhtConfig {
  readonly protocol: string
  /** Whether nodes at private addresses are met as well. */
  readonly isLocal: boolean
  /** Whether it answers the DHT's questions as well as asking them. @default as soon as the world can dial it */
  readonly isServer?: boolean | undefined
}

/** A node that is started: Helia with libp2p and bitswap, as far as it is used here. */
export interface PeerNode extends HeliaNode {
  readonly addresses: () => readonly string[]
  /** The names of the peers it is connected to. */
  readonly connected: () => readonly string[]
  /** @throws INVALID_OPTION when an address is malformed; whatever libp2p throws when nobody answers */
  readonly dial: (addresses: readonly string[], options?: Abortable) => Promise<void>
  /** Tells those who wait for a block that it is there. */
  readonly announce: (cid: TrendCid) => Promise<void>
  /** Puts a provider record into the DHT, and answers how many nodes took it. */
  readonly provide: (cid: TrendCid, signal: AbortSignal) => Promise<number>
  /** Takes its own provider record back; those that others hold expire. */
  readonly withdraw: (cid: TrendCid, signal: AbortSignal) => Promise<void>
  readonly onPeer: (listener: (change: 'connected' | 'disconnected', peer: string) => void) => void
}

/**
 * Starts a node over a store. What it knows of peers ends with it.
 * @throws UNSUPPORTED_RUNTIME when packages are missing, INVALID_OPTION when an address or a key is malformed
 */
export async function startNode(store: Store, config: NodeConfig): Promise<PeerNode> {
  const ours = await installed(config, loadPackages)
  for (const address of [...config.listen, ...(config.announce ?? []), ...(config.meets ?? [])])
    parseWith(ours.multiaddr, address)
  const protectors = config.swarmKey && [await installed(config, async () => await protector(config.swarmKey!))]
  const open = config.dht && (await installed(config, async () => await loadPublic(config, config.dht!)))
  const light = ours.createHeliaLight({
    blockstore: heliaBlockstore(store),
    codecs: [json],
    ...(open?.routers && { routers: open.routers })
  })
  const networked = ours.withLibp2pLight(light, {
    addresses: { listen: [...config.listen], ...(config.announce && { announce: [...config.announce] }) },
    ...(config.identity && { privateKey: readIdentity(ours.privateKeyFromProtobuf, config.identity) }),
    ...(protectors && { connectionProtector: protectors[0]! }),
    transports: [ours.tcp()],
    connectionEncrypters: [ours.noise()],
    streamMuxers: [ours.yamux()],
    connectionManager: { maxConnections: config.maxConnections },
    // Without identify no node learns that another speaks bitswap.
    services: { identify: ours.identify(), ...(open?.services as object | undefined) }
  })
  // A reader whose copy was damaged asks again, and must not be taken for one that has just been served.
  const node = await ours.withBitswap(networked, { doNotResendBlockWindow: 0 }).start()
  const { libp2p } = node
  const dht = open && (libp2p.services as unknown as { readonly dht: Dht }).dht
  return {
    blockstore: node.blockstore,
    pins: node.pins,
    gc: async (options) => await node.gc(options),
    stop: async () => await node.stop(),
    addresses: () => libp2p.getMultiaddrs().map(String),
    connected: () => [...new Set(libp2p.getConnections().map(({ remotePeer }) => String(remotePeer)))],
    async dial(addresses, { signal } = {}) {
      const parsed = addresses.map((address) => parseWith(ours.multiaddr, address))
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

/** A new identity. @throws UNSUPPORTED_RUNTIME */
export async function makeIdentity(): Promise<Uint8Array> {
  const { generateKeyPair, privateKeyToProtobuf } = await installed({}, async () => await import('@libp2p/crypto/keys'))
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

/** Together these take seconds to load, and few who import this file start a node. */
async function loadPackages() {
  const [
    { createHeliaLight },
    { withLibp2pLight },
    { withBitswap },
    { tcp },
    { noise },
    { yamux },
    { identify },
    keys
  ] = await Promise.all([
    import('./helia-light.ts'),
    import('@helia/libp2p'),
    import('@helia/bitswap'),
    import('@libp2p/tcp'),
    import('@libp2p/noise'),
    import('@libp2p/yamux'),
    import('@libp2p/identify'),
    import('@libp2p/crypto/keys')
  ])
  const { multiaddr } = await import('@multiformats/multiaddr')
  const { privateKeyFromProtobuf } = keys
  return {
    createHeliaLight,
    withLibp2pLight,
    withBitswap,
    tcp,
    noise,
    yamux,
    identify,
    multiaddr,
    privateKeyFromProtobuf
  }
}

async function loadPublic({ delegatedRouting }: NodeConfig, { protocol, isLocal, isServer }: DhtConfig) {
  const [{ kadDHT, passthroughMapper, removePrivateAddressesMapper }, { ping }, { autoNAT }, delegated] =
    await Promise.all([
      import('@libp2p/kad-dht'),
      import('@libp2p/ping'),
      import('@libp2p/autonat'),
      import('@helia/delegated-routing-client')
    ])
  const dht = kadDHT({
    protocol,
    peerInfoMapper: isLocal ? passthroughMapper : removePrivateAddressesMapper,
    ...(isServer !== undefined && { clientMode: !isServer }),
    // The first question waits for it, and a local network answers at once.
    ...(isLocal && { initialQuerySelfInterval: 100 }),
    // What is provided again, and when, follows the pins: the library would go on with what was unpinned.
    reprovide: { threshold: 0 }
  })
  const routers = delegatedRouting === undefined ? [] : [delegated.delegatedHTTPRouter({ url: delegatedRouting })]
  return { services: { dht, ping: ping(), ...(!isLocal && { autoNAT: autoNAT() }) }, routers }
}

async function protector(swarmKey: Uint8Array) {
  const { preSharedKey } = await import('@libp2p/pnet')
  try {
    const make = preSharedKey({ psk: swarmKey })
    make()
    return make
  } catch (cause) {
    throw invalidKey(
      'swarmKey',
      'not a swarm key: /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits, a line each',
      cause
    )
  }
}

function readIdentity<Key>(read: (bytes: Uint8Array) => Key, bytes: Uint8Array): Key {
  try {
    return read(bytes)
  } catch (cause) {
    throw invalidKey('identity', 'not a private key of libp2p', cause)
  }
}

// The cause is left out where it might repeat the key.
function invalidKey(option: string, rule: string, _: unknown): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', `${option}: ${rule}`, { option, rule })
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

/** @throws INVALID_OPTION */
function parseWith<Address>(multiaddr: (text: string) => Address, text: string): Address {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw new ArchiveError(
      'INVALID_OPTION',
      `${text}: not a multiaddress`,
      { option: 'address', rule: 'not a multiaddress' },
      { cause, hint: ADDRESS_HINT }
    )
  }
}

export const ADDRESS_HINT = 'an address looks like /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…'
