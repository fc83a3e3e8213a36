import type { Abortable } from '../options.ts'
import { orAborted } from './abort.ts'
import { join } from './bytes.ts'

/** Bytes that come a chunk at a time: a file, a pipe, the body of an answer. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>

/** Chunks read by the byte. No more is held than one chunk and what was asked for, so callers bound what they ask for. */
export interface ByteStream {
  /** How many bytes were taken so far. */
  readonly offset: number
  /** The next so many bytes, which stay where they are; fewer where the stream ends before. */
  peek: (length: number) => Promise<Uint8Array>
  /** The next so many bytes, in a buffer of their own; `undefined` where the stream ends before. */
  take: (length: number) => Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Leaves out so many bytes; false where the stream ends before. */
  skip: (length: number) => Promise<boolean>
  /** Tells whoever sends that no more is read. */
  close: () => void
}

/** Reads chunks by the byte. Every wait for a chunk ends when the signal aborts, even where the sender does not heed it. */
export function byteStream(chunks: Chunks, { signal }: Abortable = {}): ByteStream {
  const { next, cancel } = pullFrom(chunks)
  let chunk: Uint8Array = new Uint8Array()
  let at = 0
  let offset = 0

  /** Moves on to a chunk with bytes in it; false at the end. */
  const advance = async (): Promise<boolean> => {
    for (;;) {
      signal?.throwIfAborted()
      const more = await orAborted(signal, next())
      if (more === undefined) return false
      if (more.byteLength === 0) continue
      chunk = more
      at = 0
      return true
    }
  }

  /** Goes over so many bytes in the parts that chunks cut them into. */
  const each = async (length: number, use: (part: Uint8Array, done: number) => void): Promise<boolean> => {
    let done = 0
    while (done < length) {
      if (at === chunk.byteLength && !(await advance())) return false
      const part = chunk.subarray(at, at + length - done)
      use(part, done)
      done += part.byteLength
      at += part.byteLength
      offset += part.byteLength
    }
    return true
  }

  return {
    get offset() {
      return offset
    },
    async peek(length) {
      while (chunk.byteLength - at < length) {
        const rest = chunk.subarray(at)
        if (!(await advance())) return rest
        if (rest.byteLength > 0) chunk = join([rest, chunk])
      }
      return chunk.subarray(at, at + length)
    },
    async take(length) {
      const bytes = new Uint8Array(length)
      return (await each(length, (part, done) => bytes.set(part, done))) ? bytes : undefined
    },
    skip: async (length) => await each(length, () => undefined),
    close: cancel
  }
}

interface Pull {
  readonly next: () => Promise<Uint8Array | undefined>
  readonly cancel: () => void
}

/** Ending is not waited for: a sender that stalls would never come to it. */
const letGo = (ending: unknown): void => {
  Promise.resolve(ending).catch(() => undefined)
}

function pullFrom(chunks: Chunks): Pull {
  if (Symbol.asyncIterator in chunks) {
    const iterator = chunks[Symbol.asyncIterator]()
    return { next: async () => yielded(await iterator.next()), cancel: () => letGo(iterator.return?.()) }
  }
  if (Symbol.iterator in chunks) {
    const iterator = chunks[Symbol.iterator]()
    return { next: async () => yielded(iterator.next()), cancel: () => letGo(iterator.return?.()) }
  }
  // Not every browser can iterate over a stream.
  const reader = (chunks as ReadableStream<Uint8Array>).getReader()
  return { next: async () => (await reader.read()).value, cancel: () => letGo(reader.cancel()) }
}

const yielded = <Value>({ done, value }: IteratorResult<Value, unknown>): Value | undefined =>
  done ? undefined : (value as Value)
