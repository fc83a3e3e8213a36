/**
 * IPFS nodes. `openHelia` needs nothing more; `openPeer` and `openPublicPeer`, which exchange blocks with other nodes,
 * need optional peers of this package to be installed, and say which. A Helia node that an application has already is a source by `heliaBlocks`.
 */
export type { PeerEvent } from './block/company.ts'
export { type HeliaNode, type HeliaOptions, heliaBlocks, openHelia } from './block/helia.ts'
export { openIdentity } from './block/identity.ts'
export { IPFS_BOOTSTRAP, IPFS_DELEGATED_ROUTING, IPFS_GATEWAYS } from './block/ipfs-network.ts'
export { type CommonPeerOptions, openPeer, type Peer, type PeerOptions } from './block/peer.ts'
export type { ProvideEvent } from './block/provide.ts'
export { openPublicPeer, type PublicPeerOptions } from './block/public-peer.ts'
export { openStore, type Store } from './block/store.ts'
