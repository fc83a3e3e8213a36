import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

/** A server that answers as it likes, for as long as the test lasts. */
export async function remoteThat(
  answer: (response: ServerResponse, asked: Asked, nth: number) => void
): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { method = '', url = '', headers } = request
    asked.push({ method, url, authorization: headers.authorization, body })
    answer(response, asked.at(-1)!, asked.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Writes until the other side has had enough. */
export function endless(response: ServerResponse, chunk = 'x'.repeat(65_536)): void {
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

/** Writes a letter now and then, for as long as somebody listens. */
export function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('['), 50)
  response.once('close', () => clearInterval(timer))
}
