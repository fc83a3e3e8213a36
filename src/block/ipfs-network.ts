/**
 * Where a node meets the public IPFS network. The list is that of Kubo (`config/bootstrap_peers.go`) as far as TCP
 * reaches it, and Helia's.
 */
export const IPFS_BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
  '/dnsaddr/va1.bootstrap.libp2p.io/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8',
  '/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ'
]

/** The routing API that the IPFS Foundation runs. */
export const IPFS_DELEGATED_ROUTING = 'https://delegated-ipfs.dev'

/** Trustless gateways that fetch from the whole network. */
export const IPFS_GATEWAYS: readonly string[] = ['https://trustless-gateway.link', 'https://ipfs.io']

/** The DHT of the public IPFS network, and that of a local one, as Kubo speaks them. */
export const IPFS_DHT = '/ipfs/kad/1.0.0'
export const LOCAL_DHT = '/ipfs/lan/kad/1.0.0'
