import { nextTask } from '../block/abort.ts'
import type { Block } from '../block/block.ts'
import type { BlockSink } from '../block/sink.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { counter, type PublishAdvance } from './advance.ts'
import type { WritePorts } from './ports.ts'

/** What one sink holds now. */
export interface PinEvent {
  readonly type: 'pinned'
  readonly sink: string
  readonly blocks: number
}

/**
 * How much is made durable in one go: so much that waiting for the disk is little beside writing, and so little that
 * there is something to see, and that an interrupt loses little.
 */
const MOST_BLOCKS = 1_000
const MOST_BYTES = 8 * 2 ** 20

/** @throws INVALID_OPTION where there is no sink */
export function checkSinks({ sinks }: Pick<WritePorts, 'sinks'>): void {
  if (sinks.length > 0) return
  const rule = 'there must be a sink, or the chain would name bytes that nobody holds'
  throw new ArchiveError('INVALID_OPTION', rule, { option: 'sinks', rule })
}

/**
 * Pins blocks in every sink, part by part and in their order; resolves when all sinks hold all of them. What a sink has
 * acknowledged when this rejects it keeps. Where one sink fails the others stop.
 * @throws PIN_FAILED
 */
export async function pinAll(
  { sinks }: Pick<WritePorts, 'sinks'>,
  blocks: readonly Block[],
  { signal, onProgress }: Abortable & Progress<PinEvent | PublishAdvance>
): Promise<void> {
  const parts = partsOf(blocks)
  const failure = new AbortController()
  const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const work = sinks.map(async (sink) => {
    try {
      await pinIn(sink, parts, { signal: either, onProgress })
      onProgress?.({ type: 'pinned', sink: sink.name, blocks: blocks.length })
    } catch (error) {
      failure.abort(error)
      throw error
    }
  })
  await Promise.allSettled(work)
  signal?.throwIfAborted()
  failure.signal.throwIfAborted()
}

async function pinIn(
  sink: BlockSink,
  parts: readonly (readonly Block[])[],
  { signal, onProgress }: Abortable & Progress<PublishAdvance>
): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  const count = counter(onProgress, 'pinning', total, sink.name)
  for (const [i, part] of parts.entries()) {
    // An interrupt is heard between tasks only, and a sink on the same machine may never wait for anything.
    if (i > 0) await nextTask()
    signal?.throwIfAborted()
    let done = 0
    const countTo = (sum: number): void => {
      count(sum - done)
      done = sum
    }
    const tellPart = (event: Advance): void => {
      if (event.unit === 'documents' && event.done > done && event.done < part.length) countTo(event.done)
    }
    await sink.pin(part, { signal, onProgress: tellPart })
    countTo(part.length)
  }
}

function partsOf(blocks: readonly Block[]): readonly (readonly Block[])[] {
  const parts: Block[][] = []
  let size = 0
  for (const block of blocks) {
    const part = parts.at(-1)
    size += block.bytes.byteLength
    if (part !== undefined && part.length < MOST_BLOCKS && size <= MOST_BYTES) {
      part.push(block)
    } else {
      parts.push([block])
      size = block.bytes.byteLength
    }
  }
  return parts
}
