import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import type { Block } from '../../src/block/block.ts'

/** A trustless gateway for the tests of one file. */
export function useGateway() {
  let server: Server
  const bytes = new Map<string, Uint8Array>()
  let requests = 0
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++
      const [, cid = ''] = /^\/ipfs\/(\w+)/.exec(request.url ?? '') ?? []
      const found = bytes.get(cid)
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/vnd.ipld.raw' }).end(found)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    serve(...blocks: readonly Block[]) {
      for (const block of blocks) bytes.set(String(block.cid), block.bytes)
    },
    /** Serves other bytes under the CID. */
    lie({ cid }: Block) {
      bytes.set(String(cid), new TextEncoder().encode('{}'))
    },
    forget({ cid }: Block) {
      bytes.delete(String(cid))
    }
  }
}
