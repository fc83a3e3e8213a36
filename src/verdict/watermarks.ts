import type { Publisher } from '../document/publisher.ts'

/**
 * The highest final block that a verdict on a publisher's documents ever rested on, so that a node that is frozen or rolled back cannot hide a newer
 * version or a retraction. Its chain is part of the publisher's name.
 */
export interface Watermarks {
  highest: (publisher: Publisher) => Promise<bigint | undefined>
  /** Remembers a block number, unless a higher one is remembered already. */
  raise: (publisher: Publisher, block: bigint) => Promise<void>
}

/** Watermarks that last as long as the process. */
export function memoryWatermarks(): Watermarks {
  const marks = new Map<Publisher, bigint>()
  return {
    highest: async (publisher) => marks.get(publisher),
    raise: async (publisher, block) => {
      const before = marks.get(publisher)
      if (before === undefined || before < block) marks.set(publisher, block)
    }
  }
}
