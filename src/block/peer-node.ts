import type { Abortable } from '../options.ts'
import type { TrendCid } from './cid.ts'
import type { HeliaNode } from './helia.ts'

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
}

/** How a node takes part in a DHT. */
export interface DhtConfig {
  readonly protocol: string
  /** Whether nodes at private addresses are met as well. */
  readonly isLocal: boolean
  /** Whether it answers the DHT's questions as well as asking them. @default as soon as the world can dial it */
  readonly isServer?: boolean | undefined
  /** A server of the routing API (https://specs.ipfs.tech/routing/http-routing-v1/) that is asked for providers too. */
  readonly delegatedRouting?: string | undefined
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
