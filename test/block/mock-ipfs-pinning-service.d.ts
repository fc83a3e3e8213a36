declare module 'mock-ipfs-pinning-service' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface MockPin {
    readonly requestid: string
    readonly status: string
    readonly pin: { readonly cid: string; readonly name?: string; readonly origins?: readonly string[] }
  }

  interface MockService {
    (request: IncomingMessage, response: ServerResponse): void
    readonly locals: { state: { readonly pins: ReadonlyMap<string, MockPin> } }
  }

  const mock: { setup(options: { readonly token: string }): Promise<MockService> }
  export default mock
}
