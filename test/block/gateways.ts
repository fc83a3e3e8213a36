import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Answer } from './hostile.ts'

export { good, HOSTILE } from './hostile.ts'

export interface Server {
  readonly url: string
  /** The requests seen so far. */
  readonly requests: readonly IncomingMessage[]
}

/** A server on a free port of this machine, which ends with the test. */
export async function serve(answer: Answer): Promise<Server> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
