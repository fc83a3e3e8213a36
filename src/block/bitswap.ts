import * as json from 'multiformats/codecs/json'
import { ArchiveError, type SourceReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { orAborted } from './abort.ts'
import type { TrendCid } from './cid.ts'
import { type HeliaNode, readBlock } from './helia.ts'
import { heliaBlockstore } from './helia-store.ts'
import type { Pinned } from './pinned.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'
import type { Store } from './store.ts'
import { pinsOf } from './store-pins.ts'
import { turnstile } from './turnstile.ts'

/** A Helia node that gives blocks to other nodes and gets blocks from them. */
export interface Peer {
  /** Where others can dial this node, as multiaddresses. */
  readonly addresses: readonly string[]
  readonly blocks: BlockSource & BlockSink & Pinned
  /**
   * Connects to one node, given where it listens.
   * @throws INVALID_OPTION when an address is malformed, or nobody answers at any of them
   */
  dial: (addresses: readonly string[], options?: Abortable) => Promise<void>
  /** Ends every connection; the store stays open. libp2p's timers may keep the process alive two seconds more. */
  stop: () => Promise<void>
}

export interface PeerOptions {
  /** The multiaddress to listen on. @default '/ip4/127.0.0.1/tcp/0' */
  readonly listen?: string | undefined
  /** How long peers may take to deliver one block, in milliseconds. @default 10_000 */
  readonly timeout?: number | undefined
}

/** A peer keeps only so many wants of another, and forgets the rest without a word. */
const MAX_WANTS = 256
/** Milliseconds before the first time that peers are asked again. */
const FIRST_PATIENCE = 500
/** Milliseconds that Helia takes to cancel a want; one for the same block would be cancelled with it. */
const CANCEL_TIME = 50
const NAME = 'bitswap'

/**
 * Starts a Helia node that speaks bitswap over TCP. It is closed: it listens on loopback, dials only whom it is told
 * to, and finds nobody by itself. Its identity and what it knows of peers end with it.
 */
export async function openPeer(
  store: Store,
  { listen = '/ip4/127.0.0.1/tcp/0', timeout = 10_000 }: PeerOptions = {}
): Promise<Peer> {
  const { node, multiaddr } = await startNode(store, listen)
  const { libp2p } = node
  const pins = pinsOf(store, NAME)
  const wants = shareWants(async (cid, signal) => await ask(node, cid, timeout, signal))
  return {
    get addresses() {
      return libp2p.getMultiaddrs().map(String)
    },
    blocks: {
      name: NAME,
      async get(cid, { signal } = {}) {
        signal?.throwIfAborted()
        const kept = store.get(cid.multihash.digest)
        if (kept !== undefined) return kept
        if (libp2p.getConnections().length === 0)
          throw silent('unreachable', 'not in the store, and no peer is connected')
        return await wants.share(cid, signal)
      },
      ...pins,
      async pin(blocks, options) {
        await pins.pin(blocks, options)
        // Helia announces before it stores, and then has nothing to give to a peer that already waits.
        await Promise.allSettled(
          blocks.flatMap(({ cid }) => brokersOf(node).map(async (one) => await one.announce?.(cid)))
        )
      }
    },
    async dial(addresses, { signal } = {}) {
      const parsed = addresses.map((address) => parseAddress(multiaddr, address))
      try {
        await libp2p.dial(parsed, signal && { signal })
      } catch (cause) {
        signal?.throwIfAborted()
        throw refused(addresses.join(', '), 'nobody answers there', cause)
      }
    },
    async stop() {
      await node.stop()
    }
  }
}

async function startNode(store: Store, listen: string) {
  // Together these take seconds to load, and few who import this file open a peer.
  const [{ createHeliaLight }, { withLibp2pLight }, { withBitswap }, { tcp }, { noise }, { yamux }, { identify }, ma] =
    await Promise.all([
      import('./helia-light.ts'),
      import('@helia/libp2p'),
      import('@helia/bitswap'),
      import('@libp2p/tcp'),
      import('@libp2p/noise'),
      import('@libp2p/yamux'),
      import('@libp2p/identify'),
      import('@multiformats/multiaddr')
    ])
  const light = createHeliaLight({ blockstore: heliaBlockstore(store), codecs: [json] })
  const closed = withLibp2pLight(light, {
    addresses: { listen: [listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // Without identify no node learns that another speaks bitswap.
    services: { identify: identify() }
  })
  // A reader whose copy was damaged asks again, and must not be taken for one that has just been served.
  const node = await withBitswap(closed, { doNotResendBlockWindow: 0 }).start()
  return { node, multiaddr: ma.multiaddr }
}

interface Broker {
  readonly announce?: (cid: unknown) => Promise<void>
}

/** Helia keeps its brokers to itself in its types only. */
function brokersOf(node: object): readonly Broker[] {
  return (node as { readonly blockBrokers: readonly Broker[] }).blockBrokers
}

/**
 * Asks the connected peers, and asks again while there is no answer: a peer that runs Helia forgets the first time it
 * is asked for what it has sent before.
 */
async function ask(
  node: HeliaNode,
  cid: TrendCid,
  timeout: number,
  caller: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = AbortSignal.timeout(timeout)
  const either = AbortSignal.any([caller, limit])
  for (let patience = FIRST_PATIENCE; ; patience *= 2) {
    try {
      return await readBlock(node, cid, NAME, AbortSignal.any([either, AbortSignal.timeout(patience)]))
    } catch (cause) {
      await new Promise((resolve) => setTimeout(resolve, CANCEL_TIME))
      caller.throwIfAborted()
      // Bytes that are not the block's are dropped on arrival, so a liar and a peer without it look alike.
      if (limit.aborted) throw silent('timed out', `no peer delivered the block within ${timeout} ms`, cause)
      if (!(cause instanceof DOMException)) throw cause
    }
  }
}

/** Whether some peer has a block is not known where none has answered. */
function silent(reason: SourceReason, words: string, cause?: unknown): ArchiveError<'SOURCE_UNREACHABLE'> {
  return new ArchiveError('SOURCE_UNREACHABLE', `${NAME}: ${words}`, { source: NAME, reason }, { cause })
}

interface Want {
  readonly answer: Promise<Uint8Array<ArrayBuffer>>
  readonly control: AbortController
  waiting: number
}

/**
 * One want a document, however many callers wait for it: in Helia, one that gives up cancels the want of all. What is
 * shared ends when the last caller has gone.
 */
function shareWants(retrieve: (cid: TrendCid, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>) {
  const wants = new Map<string, Want>()
  const ending = new Map<string, Promise<unknown>>()
  const enter = turnstile(MAX_WANTS)

  const begin = (key: string, cid: TrendCid): Want => {
    const control = new AbortController()
    const start = async (): Promise<Uint8Array<ArrayBuffer>> => {
      await ending.get(key)
      const leave = await enter(control.signal)
      return await retrieve(cid, control.signal).finally(leave)
    }
    const want = { answer: start(), control, waiting: 0 }
    wants.set(key, want)
    return want
  }

  const end = (key: string, { answer, control }: Want): void => {
    wants.delete(key)
    control.abort()
    const ended = answer.then(
      () => ending.delete(key),
      () => ending.delete(key)
    )
    ending.set(key, ended)
  }

  return {
    async share(cid: TrendCid, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
      const key = String(cid)
      const want = wants.get(key) ?? begin(key, cid)
      want.waiting++
      try {
        return (await orAborted(signal, want.answer)).slice()
      } finally {
        want.waiting--
        if (want.waiting === 0) end(key, want)
      }
    }
  }
}

function parseAddress<Address>(multiaddr: (text: string) => Address, text: string): Address {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw refused(text, 'not a multiaddress', cause)
  }
}

function refused(address: string, rule: string, cause: unknown): ArchiveError<'INVALID_OPTION'> {
  const hint = 'an address looks like /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…'
  return new ArchiveError('INVALID_OPTION', `${address}: ${rule}`, { option: 'address', rule }, { cause, hint })
}
