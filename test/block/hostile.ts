import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { SourceFailure } from '../../src/errors.ts'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

export const good =
  (bytes: Uint8Array): Answer =>
  (response) => {
    response.setHeader('content-type', 'application/vnd.ipld.raw')
    response.end(bytes)
  }

const ZEROS = 50_000_000
let made: Buffer | undefined

/** Made once, and before anybody asks for it: packing it takes longer than a gateway may take to answer. */
function bomb(): Buffer {
  made ??= gzipSync(Buffer.alloc(ZEROS))
  return made
}

export interface Hostile {
  readonly answer: (bytes: Uint8Array, inside: string) => Answer
  /** What is said of it when it is the only gateway, in words … */
  readonly words: RegExp
  /** … and in the details of the error. */
  readonly failure: Omit<SourceFailure, 'source'>
}

/** What a gateway that is broken or means harm may do instead of answering with the block. */
export const HOSTILE: Readonly<Record<string, Hostile>> = {
  'sends another document': {
    answer: () => (response) => response.end('{"n":9999,"slug":"edge-ai"}'),
    words: /sent other bytes/,
    failure: { reason: 'wrong bytes' }
  },
  'sends the beginning': {
    answer: (bytes) => (response) => response.end(bytes.subarray(0, 10)),
    words: /sent other bytes/,
    failure: { reason: 'wrong bytes' }
  },
  'sends one byte more': {
    answer: (bytes) => (response) => response.end(Buffer.concat([bytes, Buffer.from(' ')])),
    words: /sent other bytes/,
    failure: { reason: 'wrong bytes' }
  },
  'sends nothing': {
    answer: () => (response) => response.end(),
    words: /sent other bytes/,
    failure: { reason: 'wrong bytes' }
  },
  'sends a page': {
    answer: () => (response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end('<h1>captcha</h1>')
    },
    words: /a page instead of a block \(content type text\/html\)/,
    failure: { reason: 'not a block' }
  },
  fails: {
    answer: () => (response) => {
      response.statusCode = 500
      response.end('x')
    },
    words: /status 500/,
    failure: { reason: 'status', status: 500 }
  },
  'has had enough of us': {
    answer: () => (response) => {
      response.statusCode = 429
      response.setHeader('retry-after', '1')
      response.end()
    },
    words: /rate limited, retry after 1 s/,
    failure: { reason: 'rate limited', status: 429, retryAfter: 1 }
  },
  'announces too much': {
    answer: () => (response) => {
      response.setHeader('content-length', 10_000_000)
      response.write(Buffer.alloc(1_000))
    },
    words: /too large, more than 1048576 bytes/,
    failure: { reason: 'too large' }
  },
  'never ends': {
    answer: () => (response) => every(2, response, () => response.write(Buffer.alloc(262_144))),
    words: /too large, more than 1048576 bytes/,
    failure: { reason: 'too large' }
  },
  'sends a decompression bomb': {
    answer: () => {
      const packed = bomb()
      return (response) => {
        response.setHeader('content-encoding', 'gzip')
        response.end(packed)
      }
    },
    words: /too large, more than 1048576 bytes/,
    failure: { reason: 'too large' }
  },
  'hangs up': {
    answer: () => (_, request) => request.socket.destroy(),
    words: /unreachable/,
    failure: { reason: 'unreachable' }
  },
  'hangs up halfway': {
    answer: (bytes) => (response) => {
      response.setHeader('content-length', bytes.length)
      response.write(bytes.subarray(0, 5), () => response.destroy())
    },
    words: /unreachable/,
    failure: { reason: 'unreachable' }
  },
  'points inside': {
    answer: (_, inside) => (response) => {
      response.statusCode = 302
      response.setHeader('location', `${inside}/latest/meta-data`)
      response.end()
    },
    words: /redirect refused/,
    failure: { reason: 'redirect', status: 302 }
  },
  'sends a byte a second': {
    answer: (bytes) => (response) => {
      let sent = 0
      response.writeHead(200)
      response.write(bytes.subarray(0, 1))
      every(1_000, response, () => response.write(bytes.subarray(++sent, sent + 1)))
    },
    words: /not finished within \d+ ms/,
    failure: { reason: 'timed out' }
  },
  'sends a byte of its headers a second': {
    answer:
      () =>
      (_, { socket }) => {
        const headers = `HTTP/1.1 200 OK\r\nx-padding: ${'x'.repeat(1_000)}`
        let sent = 0
        const timer = setInterval(() => socket.write(headers.charAt(sent++)), 1_000)
        socket.on('close', () => clearInterval(timer))
      },
    words: /no answer within \d+ ms/,
    failure: { reason: 'timed out' }
  },
  'never answers': { answer: () => () => {}, words: /no answer within \d+ ms/, failure: { reason: 'timed out' } }
}

function every(milliseconds: number, response: ServerResponse, tick: () => void): void {
  const timer = setInterval(tick, milliseconds)
  response.on('close', () => clearInterval(timer))
}
