import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

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

export const good =
  (bytes: Uint8Array): Answer =>
  (response) => {
    response.setHeader('content-type', 'application/vnd.ipld.raw')
    response.end(bytes)
  }

const ZEROS = 50_000_000
let bomb: Buffer | undefined

export interface Hostile {
  readonly answer: (bytes: Uint8Array, inside: string) => Answer
  /** What is said of it when it is the only gateway. */
  readonly reason: RegExp
}

/** What a gateway that is broken or means harm may do instead of answering with the block. */
export const HOSTILE: Readonly<Record<string, Hostile>> = {
  'sends another document': {
    answer: () => (response) => response.end('{"n":9999,"slug":"edge-ai"}'),
    reason: /sent other bytes/
  },
  'sends the beginning': {
    answer: (bytes) => (response) => response.end(bytes.subarray(0, 10)),
    reason: /sent other bytes/
  },
  'sends one byte more': {
    answer: (bytes) => (response) => response.end(Buffer.concat([bytes, Buffer.from(' ')])),
    reason: /sent other bytes/
  },
  'sends nothing': { answer: () => (response) => response.end(), reason: /sent other bytes/ },
  'sends a page': {
    answer: () => (response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end('<h1>captcha</h1>')
    },
    reason: /a page instead of a block \(content type text\/html\)/
  },
  fails: {
    answer: () => (response) => {
      response.statusCode = 500
      response.end('x')
    },
    reason: /status 500/
  },
  'has had enough of us': {
    answer: () => (response) => {
      response.statusCode = 429
      response.setHeader('retry-after', '1')
      response.end()
    },
    reason: /rate-limited, retry after 1 s/
  },
  'announces too much': {
    answer: () => (response) => {
      response.setHeader('content-length', 10_000_000)
      response.write(Buffer.alloc(1_000))
    },
    reason: /too large, more than 1048576 bytes/
  },
  'never ends': {
    answer: () => (response) => every(2, response, () => response.write(Buffer.alloc(262_144))),
    reason: /too large, more than 1048576 bytes/
  },
  'sends a decompression bomb': {
    answer: () => (response) => {
      bomb ??= gzipSync(Buffer.alloc(ZEROS))
      response.setHeader('content-encoding', 'gzip')
      response.end(bomb)
    },
    reason: /too large, more than 1048576 bytes/
  },
  'hangs up': { answer: () => (_, request) => request.socket.destroy(), reason: /unreachable/ },
  'hangs up halfway': {
    answer: (bytes) => (response) => {
      response.setHeader('content-length', bytes.length)
      response.write(bytes.subarray(0, 5), () => response.destroy())
    },
    reason: /unreachable/
  },
  'points inside': {
    answer: (_, inside) => (response) => {
      response.statusCode = 302
      response.setHeader('location', `${inside}/latest/meta-data`)
      response.end()
    },
    reason: /redirect refused/
  },
  'sends a byte a second': {
    answer: (bytes) => (response) => {
      let sent = 0
      response.writeHead(200)
      response.write(bytes.subarray(0, 1))
      every(1_000, response, () => response.write(bytes.subarray(++sent, sent + 1)))
    },
    reason: /not finished within 400 ms/
  },
  'never answers': { answer: () => () => {}, reason: /no answer within 300 ms/ }
}

function every(milliseconds: number, response: ServerResponse, tick: () => void): void {
  const timer = setInterval(tick, milliseconds)
  response.on('close', () => clearInterval(timer))
}
