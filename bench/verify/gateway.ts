/** A trustless gateway in a thread of its own, so that what it costs to serve is not counted to whoever asks. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export interface Gateway {
  readonly url: string
  readonly close: () => Promise<void>
}

/** @param blocks CID → bytes */
export async function startGateway(blocks: ReadonlyMap<string, Uint8Array>): Promise<Gateway> {
  const worker = new Worker(new URL(import.meta.url), { workerData: blocks })
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return { url: `http://127.0.0.1:${port}`, close: async () => void (await worker.terminate()) }
}

if (!isMainThread && parentPort !== null) {
  const blocks = workerData as ReadonlyMap<string, Uint8Array>
  const server = createServer(({ url = '' }, response) => {
    const bytes = blocks.get(/^\/ipfs\/([a-z0-9]+)/.exec(url)?.[1] ?? '')
    response.statusCode = bytes === undefined ? 404 : 200
    response.setHeader('content-type', 'application/vnd.ipld.raw')
    response.end(bytes)
  })
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port))
}
