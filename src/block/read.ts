import { join } from './bytes.ts'

/** A body has more bytes than it may. */
export class TooLarge extends Error {}

/** Reads a body to its end, but no further than `maxBytes`. @throws TooLarge */
export async function readAtMost(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  onChunk?: () => void
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    onChunk?.()
    if (done) return join(chunks)
    // A decompression bomb is small on the wire, so what counts is what comes out.
    size += value.byteLength
    if (size > maxBytes) {
      // Nobody waits for this: a stream may take its time, or fail, to end.
      reader.cancel().catch(() => {})
      throw new TooLarge()
    }
    chunks.push(value)
  }
}
