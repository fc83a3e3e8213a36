import type { Publisher } from '../document/publisher.ts'
import type { Memory } from './memory.ts'

/**
 * Where it is kept what earlier verdicts saw, so that a node that is frozen or was rolled back cannot hide a newer version
 * or a retraction, nor a chain take back what it called final.
 */
export interface Watermarks {
  recall: (publisher: Publisher) => Promise<Memory | undefined>
  /** Puts what `change` makes of what is remembered in its place. */
  learn: (publisher: Publisher, change: (before: Memory | undefined) => Memory) => Promise<void>
  forget: (publisher: Publisher) => Promise<void>
}

/** Watermarks that last as long as the process. */
export function memoryWatermarks(): Watermarks {
  const memories = new Map<Publisher, Memory>()
  return {
    recall: async (publisher) => memories.get(publisher),
    learn: async (publisher, change) => {
      memories.set(publisher, change(memories.get(publisher)))
    },
    forget: async (publisher) => {
      memories.delete(publisher)
    }
  }
}
