import { orAborted } from '../block/abort.ts'
import type { PeerEvent } from '../block/company.ts'
import type { Peer } from '../block/peer.ts'
import type { ProvideEvent } from '../block/provide.ts'
import type { BlockSource } from '../block/source.ts'
import type { Store } from '../block/store.ts'
import { kindOf, pathIn, readBytes } from './files.ts'
import type { Settings } from './settings.ts'

/** How an archive is offered to other nodes. */
export interface Serving {
  /** Whether it joins the IPFS network, or the one that `bootstrap` leads to. */
  readonly isPublic: boolean
  readonly bootstrap: readonly string[]
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly signal: AbortSignal
  readonly onEvent: (event: PeerEvent | ProvideEvent) => void
}

const IDENTITY_NAME = 'peer.key'
const SWARM_KEY_NAME = 'swarm.key'
/** Milliseconds that other sources have before libp2p is loaded, which takes a second. */
const HEAD_START = 50

/** Starts a node over the archive's store. Its key is in the archive's folder, so that it has one name for good. */
export async function openServing(
  store: Store,
  settings: Settings,
  { isPublic, bootstrap, listen, announce, signal, onEvent }: Serving
): Promise<Peer> {
  const { openIdentity } = await import('../block/identity.ts')
  const identity = await openIdentity(pathIn(settings.home, IDENTITY_NAME))
  const { peers } = settings
  const common = { identity, peers, swarmKey: await swarmKeyOf(settings), listen: given(listen), signal, onEvent }
  if (isPublic) {
    const { openPublicPeer } = await import('../block/public-peer.ts')
    return await openPublicPeer(store, { ...common, bootstrap: given(bootstrap), announce: given(announce) })
  }
  const { openPeer } = await import('../block/peer.ts')
  return await openPeer(store, common)
}

/** Nodes to read from, met when they are first asked. Nothing is offered to them, and what they give is not kept. */
export function peerSource(settings: Settings): { readonly source: BlockSource; readonly close: () => Promise<void> } {
  const control = new AbortController()
  const { signal } = control
  let opened: Promise<Peer> | undefined
  const open = async (): Promise<Peer> => {
    const [{ openStore }, { openPeer }] = await Promise.all([import('../block/store.ts'), import('../block/peer.ts')])
    const { peers } = settings
    // What is in memory ends with the process.
    return await openPeer(openStore(':memory:'), { listen: [], peers, swarmKey: await swarmKeyOf(settings), signal })
  }
  return {
    source: {
      name: 'the peers',
      async get(cid, options) {
        await new Promise((resolve) => setTimeout(resolve, HEAD_START))
        options?.signal?.throwIfAborted()
        opened ??= open()
        const { blocks } = await orAborted(options?.signal, opened)
        return await blocks.get(cid, options)
      }
    },
    async close() {
      control.abort()
      const peer = await opened?.catch(() => undefined)
      await peer?.stop()
    }
  }
}

const given = (addresses: readonly string[]): readonly string[] | undefined =>
  addresses.length === 0 ? undefined : addresses

async function swarmKeyOf({ home, swarmKey }: Settings): Promise<Uint8Array | undefined> {
  if (swarmKey !== undefined) return await readBytes(swarmKey)
  const kept = pathIn(home, SWARM_KEY_NAME)
  return (await kindOf(kept)) === 'file' ? await readBytes(kept) : undefined
}
