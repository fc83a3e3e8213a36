import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDevChain } from '../../scripts/dev-chain.ts'
import { publish } from '../../src/archive/publish.ts'
import { parseCid, type TrendCid } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { draft } from '../world.ts'

const CHAIN = 'eip155:31337'

export interface Published {
  readonly cid: TrendCid
  readonly title: string
  /** URL of an honest trustless gateway on loopback, and of one that changes a bit. */
  readonly gateway: string
  readonly liar: string
  /** URL of the chain's JSON-RPC. */
  readonly rpc: string
  readonly stop: () => Promise<void>
}

/** One document, published for real: recorded on a chain that answers over HTTP, served by gateways on loopback. */
export async function publishOne(stateFile: string): Promise<Published> {
  const chain = await startDevChain({ stateFile })
  const provider = jsonRpcProvider(chain.url, CHAIN)
  const signer = walletFromKey(DEV_KEY, provider)
  const { address } = await deployRegistry(signer)
  const blocks = memoryBlocks()
  const registry = await ethersRegistry({ chain: CHAIN, address, signer })
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, [draft('edge', { title: 'Seen through a gateway' })])
  const { cid, document } = steps[0]!.named
  const honest = await serve(gatewayOver(blocks, (bytes) => bytes))
  const lying = await serve(gatewayOver(blocks, changingOneBit))
  return {
    cid,
    title: document.title,
    gateway: honest.url,
    liar: lying.url,
    rpc: chain.url,
    async stop() {
      provider.destroy()
      await Promise.all([honest.stop(), lying.stop(), chain.stop()])
    }
  }
}

/** The part of https://specs.ipfs.tech/http-gateways/trustless-gateway/ that a reader of single blocks needs. */
export function gatewayOver(source: BlockSource, change: (bytes: Uint8Array) => Uint8Array): RequestListener {
  return (request, response) => {
    const cid = /^\/ipfs\/([a-z0-9]+)/.exec(request.url ?? '')?.[1] ?? ''
    response.setHeader('access-control-allow-origin', '*')
    source.get(parseCid(cid)).then(
      (bytes) => response.setHeader('content-type', 'application/vnd.ipld.raw').end(change(bytes)),
      () => response.writeHead(404).end()
    )
  }
}

/** What a gateway does that lies. */
export const changingOneBit = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))

export interface Served {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Serves on a free port of the loopback interface. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
