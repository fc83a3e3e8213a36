import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import mock from 'mock-ipfs-pinning-service'
import { afterAll, beforeAll } from 'vitest'

export const TOKEN = 'canary-pinning-token-51f7c0de'

/** The mock pinning service for the tests of one file, with a state that can be looked at and changed. */
export function usePinningService() {
  let server: Server
  let app: Awaited<ReturnType<typeof mock.setup>>
  const requests: { readonly line: string; readonly authorization: string | undefined }[] = []
  beforeAll(async () => {
    app = await mock.setup({ token: TOKEN })
    server = createServer((request, response) => {
      requests.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization })
      app(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const pins = () => [...app.locals.state.pins.values()]
  return {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    pins,
    /** What the service says of every document from now on. */
    settle(status: string) {
      const settled = pins().map((pin) => [pin.pin.cid, { ...pin, status }] as const)
      app.locals.state = { ...app.locals.state, pins: new Map(settled) }
    },
    forget() {
      app.locals.state = { ...app.locals.state, pins: new Map() }
      requests.length = 0
    }
  }
}
