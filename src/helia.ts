/**
 * IPFS nodes. `openHelia` needs nothing more; `openPeer`, which exchanges blocks with other nodes, needs the optional
 * peers of this package to be installed. A Helia node that an application has already is a source by `heliaBlocks`.
 */
export { openPeer, type Peer, type PeerOptions } from './block/bitswap.ts'
export { type HeliaNode, type HeliaOptions, heliaBlocks, openHelia } from './block/helia.ts'
export { openStore, type Store } from './block/store.ts'
