import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { orAborted } from './abort.ts'
import { bitswapBlocks, type Patience } from './bitswap.ts'
import { type CompanyOptions, keepCompany, type PeerEvent } from './company.ts'
import { startNode } from './libp2p.ts'
import { ADDRESS_HINT } from './multiaddress.ts'
import type { PeerNode } from './peer-node.ts'
import { type PinChange, watchPins } from './pin-watch.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'

/** A Helia node that gives blocks to other nodes and gets blocks from them. */
export interface Peer {
  /** Where others can dial this node, as multiaddresses. */
  readonly addresses: readonly string[]
  /** The names of the nodes it is connected to. */
  readonly connected: readonly string[]
  readonly blocks: BlockSource & BlockSink & Pinned
  /** Where it reads from: its blocks, and the gateways that a public node asks beside its peers. */
  readonly sources: readonly BlockSource[]
  /**
   * Connects to one node, given where it listens.
   * @throws INVALID_OPTION when an address is malformed, or nobody answers at any of them
   */
  dial: (addresses: readonly string[], options?: Abortable) => Promise<void>
  /** How many documents are pinned, and so offered; what was pinned a moment ago may not be counted yet. */
  readonly offered: number
  /** Ends every connection; the store stays open. libp2p's timers may keep the process alive two seconds more. */
  stop: () => Promise<void>
}

/** What every preset takes. The signal ends the start; what has started is stopped with `stop`. */
export interface CommonPeerOptions<Event> extends Abortable {
  /** Multiaddresses to listen on; with none the node is for reading only. */
  readonly listen?: readonly string[] | undefined
  /** How long peers may take to deliver one block, in milliseconds. @default 10_000, 30_000 for a public node */
  readonly timeout?: number | undefined
  /** Milliseconds before peers that are silent are asked again, at first. @default 500, 5_000 for a public node */
  readonly askAgainAfter?: number | undefined
  /** The node's private key, from {@link openIdentity}, so that it has the same name next time. @default a new one */
  readonly identity?: Uint8Array | undefined
  /** The bytes of Kubo's `swarm.key`: only nodes that hold the same can talk to this one. @default anybody can */
  readonly swarmKey?: Uint8Array | undefined
  /** Nodes to stay connected to, each by a multiaddress that ends in its name. @default nobody */
  readonly peers?: readonly string[] | undefined
  /** More connections than these are closed or refused. @default 64, 300 for a public node */
  readonly maxConnections?: number | undefined
  /** Milliseconds between looks for what was pinned, here or by another process. @default 2_000 */
  readonly pollEvery?: number | undefined
  /** Milliseconds between looks for peers that have gone away. @default 10_000 */
  readonly companyEvery?: number | undefined
  readonly onEvent?: ((event: Event) => void) | undefined
}

export type PeerOptions = CommonPeerOptions<PeerEvent>

const LOOPBACK = ['/ip4/127.0.0.1/tcp/0']
const POLL = 2_000
/** Milliseconds between looks for peers that have gone. */
const COMPANY = 10_000

/**
 * Starts a Helia node that speaks bitswap over TCP. It is closed: it listens on loopback, dials only whom it is told
 * to, and finds nobody by itself. Without an `identity` its name ends with it.
 * @throws UNSUPPORTED_RUNTIME when libp2p's packages are not installed, INVALID_OPTION
 */
export async function openPeer(store: Store, options: PeerOptions = {}): Promise<Peer> {
  const { listen = LOOPBACK, identity, swarmKey, maxConnections = 64, peers = [], onEvent } = options
  const node = await startNode(store, { listen, meets: peers, identity, swarmKey, maxConnections })
  return await assemble(store, node, {
    patience: { timeout: options.timeout ?? 10_000, first: options.askAgainAfter ?? 500, needsPeers: true },
    companies: [fixed(peers)],
    companyEvery: options.companyEvery,
    pollEvery: options.pollEvery,
    signal: options.signal,
    onEvent
  })
}

/** Peers to stay connected to, whoever else is there. */
export const fixed = (addresses: readonly string[]): Parts['companies'][number] => ({
  addresses,
  enough: Number.POSITIVE_INFINITY
})

export interface Parts extends Abortable {
  readonly patience: Patience
  readonly companies: readonly Pick<CompanyOptions, 'addresses' | 'enough'>[]
  readonly companyEvery: number | undefined
  readonly gateways?: readonly BlockSource[] | undefined
  readonly pollEvery: number | undefined
  readonly onEvent: ((event: PeerEvent) => void) | undefined
  readonly onPins?: ((change: PinChange) => void) | undefined
  /** What else ends before the node does. */
  readonly stop?: (() => Promise<void>) | undefined
}

/** Puts a peer together around a node that is started. */
export async function assemble(store: Store, node: PeerNode, parts: Parts): Promise<Peer> {
  const {
    patience,
    companies,
    companyEvery: every = COMPANY,
    gateways = [],
    pollEvery = POLL,
    signal,
    onEvent,
    onPins
  } = parts
  if (onEvent !== undefined) node.onPeer((type, peer) => onEvent({ type, peer }))
  const blocks = bitswapBlocks(node, store, patience)
  let isFirst = true
  const watch = watchPins(store, blocks, {
    every: pollEvery,
    onChange(change) {
      // Somebody may wait for what another process has pinned; nobody can have waited before the node was there.
      if (!isFirst) for (const cid of change.pinned) void node.announce(cid)
      onPins?.(change)
      onEvent?.({ type: 'offering', documents: watch.count })
    },
    onError: (error) =>
      onEvent?.({ type: 'unreadable', reason: error instanceof Error ? error.message : String(error) })
  })
  const kept = companies.map((company) => keepCompany(node, { ...company, every, onEvent }))
  const stop = async (): Promise<void> => {
    await Promise.all([watch.stop(), ...kept.map(async (company) => await company.stop()), parts.stop?.()])
    await node.stop()
  }
  try {
    await watch.look()
    isFirst = false
    if (patience.needsPeers) await orAborted(signal, Promise.all(kept.map(async ({ met }) => await met)))
    signal?.throwIfAborted()
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    get addresses() {
      return node.addresses()
    },
    get connected() {
      return node.connected()
    },
    get offered() {
      return watch.count
    },
    blocks,
    sources: [blocks, ...gateways],
    async dial(addresses, options) {
      try {
        await node.dial(addresses, options)
      } catch (cause) {
        options?.signal?.throwIfAborted()
        throw isArchiveError(cause) ? cause : unanswered(addresses, cause)
      }
    },
    stop
  }
}

function unanswered(addresses: readonly string[], cause: unknown): ArchiveError<'INVALID_OPTION'> {
  const rule = 'nobody answers there'
  const options = { cause, hint: ADDRESS_HINT }
  return new ArchiveError('INVALID_OPTION', `${addresses.join(', ')}: ${rule}`, { option: 'address', rule }, options)
}
