import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, good, HOSTILE } from './hostile.ts'

export interface HostileServers {
  /** By what it does: where it is. */
  readonly hostile: Readonly<Record<string, string>>
  readonly good: string
  /** How often the machine inside was asked, which a redirect must not reach. */
  readonly insideHits: () => number
  close: () => Promise<void>
}

/** One server on this machine for each way to be no good, one that is good, and one that is none of a gateway's business. */
export async function serveHostile(bytes: Uint8Array): Promise<HostileServers> {
  const servers: Server[] = []
  const serve = async (answer: Answer): Promise<string> => {
    const server = createServer((request, response) => answer(response, request))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  let hits = 0
  const inside = await serve((response) => {
    hits++
    response.end('a secret')
  })
  const hostile: Record<string, string> = {}
  for (const [name, { answer }] of Object.entries(HOSTILE)) hostile[name] = await serve(answer(bytes, inside))
  return {
    hostile,
    good: await serve(good(bytes)),
    insideHits: () => hits,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    }
  }
}
