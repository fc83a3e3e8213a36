import { fallbackRouter } from '@helia/fallback-router'
import { trustlessGatewayBlockBroker } from '@helia/trustless-gateway-client'
import { createHeliaLight } from 'helia'
import * as json from 'multiformats/codecs/json'
import type { TrendCid } from '../../src/block/cid.ts'
import type { HeliaNode } from '../../src/block/helia.ts'
import type { Row } from './hostile.ts'
import type { Servers } from './servers.ts'

const LIMIT = 2_500

/**
 * What Helia does by itself with the same gateways: a node a row, and a router that knows nothing in front of the one with
 * the gateways, without which nothing is ever asked.
 */
export async function byHelia(
  { hostile, good }: Servers,
  cid: TrendCid
): Promise<{ readonly alone: readonly Row[]; readonly beside: readonly Row[] }> {
  const rows = async (more: readonly string[]): Promise<readonly Row[]> =>
    await Promise.all(
      Object.entries(hostile).map(async ([name, url]) => ({ name, ...(await get(cid, [url, ...more])) }))
    )
  return { alone: await rows([]), beside: await rows([good]) }
}

/**
 * Helia as its documentation wires it where there are gateways and nothing else: a `get` that misses never ends. It holds a
 * lock which every node of the process shares, so that no garbage is collected in any of them from then on; a suite in which
 * other tests use Helia must not have it.
 */
export async function openStuck(gateways: readonly string[]): Promise<HeliaNode> {
  return await createHeliaLight({
    codecs: [json],
    blockBrokers: [trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true })],
    routers: [fallbackRouter({ gateways: [...gateways] })]
  }).start()
}

async function get(cid: TrendCid, gateways: string[]): Promise<Omit<Row, 'name'>> {
  const node = await createHeliaLight({
    codecs: [json],
    blockBrokers: [trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true })],
    routers: [{ name: 'nobody', async *findProviders() {} }, fallbackRouter({ gateways })]
  }).start()
  const begun = performance.now()
  const told = await read(node.blockstore.get(cid, { signal: AbortSignal.timeout(LIMIT) })).then(
    () => 'the block',
    (error: Error) => error.name
  )
  const milliseconds = performance.now() - begun
  await node.stop()
  return { milliseconds, told, held: told === 'the block' && milliseconds < 1_500 }
}

async function read(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
