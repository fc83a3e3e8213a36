import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Served {
  readonly url: URL
  readonly host: string
  readonly requests: readonly {
    readonly headers: IncomingMessage['headers']
    readonly path: string
    readonly body: string
  }[]
}

/** A real HTTP server on the loopback interface, for as long as the test lasts. */
export async function serve(answer: (body: string, response: ServerResponse) => unknown): Promise<Served> {
  const requests: { headers: IncomingMessage['headers']; path: string; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    requests.push({ headers: request.headers, path: request.url ?? '', body })
    answer(body, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address')
  const url = new URL(`http://127.0.0.1:${address.port}`)
  return { url, host: url.host, requests }
}

/** JSON-RPC over {@link serve}: what `reply` returns is the result, what it throws the error. */
export async function serveRpc(reply: (method: string, params: readonly unknown[]) => unknown): Promise<Served> {
  return await serve(async (body, response) => {
    const { id, method, params } = JSON.parse(body)
    response.setHeader('content-type', 'application/json')
    try {
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: await reply(method, params) }))
    } catch (error) {
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, ...(error as object), message: String(error) } })
      )
    }
  })
}

/** Whether a node is asked for the digest of a contract's code: by a call of init code, which names no recipient. */
export const asksForCode = (method: string, [call]: readonly unknown[]): boolean =>
  method === 'eth_call' && !('to' in Object(call))

/** A port of the loopback interface on which nobody listens. */
export async function deadUrl(): Promise<URL> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('the server had no address')
  return new URL(`http://127.0.0.1:${address.port}`)
}
