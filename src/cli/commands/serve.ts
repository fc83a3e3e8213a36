import type { PeerEvent } from '../../block/company.ts'
import { areLocal } from '../../block/multiaddress.ts'
import type { ProvideEvent } from '../../block/provide.ts'
import { type Command, type Context, command, flag, values } from '../command.ts'
import { parsePeer } from '../settings.ts'
import { UsageError } from '../usage.ts'

export const serve: Command = command({
  name: 'serve',
  arguments: '',
  summary: 'offer what is pinned here to other IPFS nodes, until interrupted',
  about:
    'Starts a node over the archive, prints the addresses where others reach it, and runs until it is interrupted, which ' +
    'ends it well (exit 0). What another command pins meanwhile is offered too. Without --public it is closed: it ' +
    'listens on this machine only, unless --listen says more, dials only whom --peer names, and a swarm.key in the ' +
    "archive's folder, or --swarm-key, keeps everybody else out. With --public it joins the IPFS network, listens on " +
    'port 4001 of every interface, and provides every pinned document in the DHT, again every 22 hours. Its name is ' +
    "in peer.key in the archive's folder.",
  examples: [
    ['trend-archive serve --p2p', 'to nodes on this machine'],
    ['trend-archive serve --p2p --listen /ip4/0.0.0.0/tcp/4001 --swarm-key swarm.key', 'to whoever holds the key'],
    ['trend-archive serve --p2p --public', 'to the world: any IPFS node finds it by CID'],
    ['trend-archive resolve bagaaiera… --peer /ip4/192.168.1.7/tcp/4001/p2p/12D3Koo…', 'the other side']
  ],
  options: {
    p2p: flag('--p2p', 'over libp2p and bitswap'),
    public: flag('--public', 'join the IPFS network'),
    listen: values('--listen <multiaddr>', 'where to listen; repeatable', (address) => address),
    announce: values(
      '--announce <multiaddr>',
      'with --public: where others reach it; repeatable',
      (address) => address
    ),
    bootstrap: values('--bootstrap <multiaddr>', 'with --public: whom to meet first; repeatable', parsePeer)
  },
  async run(context, _, { p2p, public: isPublic, listen, announce, bootstrap }) {
    const { session, settings, signal, out } = context
    if (!p2p) throw new UsageError('serve needs to know how', 'over libp2p and bitswap: trend-archive serve --p2p')
    if (!isPublic && announce.length + bootstrap.length > 0) {
      throw new UsageError('--announce and --bootstrap are about a public node', 'add --public')
    }
    if (isPublic && settings.swarmKey !== undefined && bootstrap.length === 0) {
      throw new UsageError('the IPFS network has no swarm key', 'leave --public out, or name your own --bootstrap')
    }
    const told = telling(context)
    const peer = await session.serving({ isPublic, listen, announce, bootstrap, signal, onEvent: told.tell })
    const { addresses } = peer
    if (out.json) out.progress({ type: 'listening', addresses } as { readonly type: 'listening' }, '')
    else for (const address of addresses) out.line(address)
    if (isPublic && !areLocal(bootstrap) && areLocal(addresses)) {
      out.note('nobody beyond the local network can dial these: forward TCP port 4001, and name it with --announce')
    }
    out.note(`offering ${documents(peer.offered)}; stop with Ctrl-C`)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return { json: { addresses, documents: peer.offered, peers: told.peers.size, provided: told.provided.size } }
  }
})

/** Says what happens as far as somebody wants to know, and counts. */
function telling({ out, typed: { verbose } }: Context) {
  const peers = new Set<string>()
  const provided = new Set<string>()
  const unreachable = new Set<string>()
  let offered: number | undefined
  const tell = (event: PeerEvent | ProvideEvent): void => {
    switch (event.type) {
      case 'connected':
        peers.add(event.peer)
        break
      case 'provided':
        provided.add(String(event.cid))
        break
      case 'offering':
        // The first number is told with the addresses.
        if (offered !== undefined) out.progress(event, textOf(event))
        offered = event.documents
        return
      case 'unreadable':
        out.note(textOf(event))
        return
      case 'unreachable':
        // It is tried again and again; once is enough to say so.
        if (!unreachable.has(event.address)) out.note(textOf(event))
        unreachable.add(event.address)
        return
    }
    if (verbose) out.progress(event, textOf(event))
  }
  return { peers, provided, tell }
}

function textOf(event: PeerEvent | ProvideEvent): string {
  switch (event.type) {
    case 'offering':
      return `offering ${documents(event.documents)}`
    case 'connected':
    case 'disconnected':
      return `${event.type} ${event.peer}`
    case 'unreachable':
      return `cannot reach ${event.address}: ${event.reason}`
    case 'unreadable':
      return `cannot look for new pins: ${event.reason}`
    case 'provided':
      return `provided ${event.cid} to ${event.holders} nodes`
    case 'unprovided':
      return `could not provide ${event.cid}: ${event.reason}`
  }
}

const documents = (count: number): string => (count === 1 ? '1 document' : `${count} documents`)
