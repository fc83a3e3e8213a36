import type { Pinned } from '../block/pinned.ts'
import type { Receipts } from '../block/receipts.ts'
import type { Remote } from '../block/remote.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { parseName } from './name.ts'
import { type PinPorts, pin } from './pin.ts'
import type { ReadPorts } from './ports.ts'
import { type Fault, type Kept, type ReplicateOptions, type Replication, replicate } from './replicate.ts'
import { resolve } from './resolve.ts'
import { withdraw } from './withdraw.ts'

/** What keeps documents, here and at remotes, whoever published them. Names are texts, as an archive takes them. */
export interface Keeping {
  /**
   * Keeps a document here, an edition with all that it lists, and has every remote keep it too. Run again it continues,
   * and checks what was not checked lately.
   */
  pin: (name: string, options?: ReplicateOptions) => Promise<Copies>
  /** Stops keeping it, here and at remotes. Who has not done its part is told, and can be asked again. */
  unpin: (name: string, options?: Abortable & Progress<Advance>) => Promise<readonly Fault[]>
}

/** What is kept, and by whom. */
export interface Copies {
  readonly kept: readonly Kept[]
  /** None where there are no remotes. */
  readonly replication: Replication | undefined
}

export interface KeepingPorts extends ReadPorts {
  readonly blocks: PinPorts['blocks'] & Pinned
  readonly remotes: readonly Remote[]
  readonly receipts: Receipts
}

/** Binds the verbs to a store and to remotes. */
export function createKeeping(ports: KeepingPorts): Keeping {
  const { blocks, remotes, receipts, registries } = ports
  // What is lost here may still be held there.
  const sources = [...ports.sources, ...remotes.flatMap(({ source }) => source ?? [])]
  return {
    async pin(name, options = {}) {
      const named = await resolve({ sources, registries }, parseName(name), { signal: options.signal })
      const kept = await pin({ blocks, sources }, named, options)
      if (remotes.length === 0) return { kept, replication: undefined }
      return { kept, replication: await replicate({ sources: [blocks], remotes, receipts }, kept, options) }
    },
    async unpin(name, options = {}) {
      const { cid } = await resolve({ sources, registries }, parseName(name), { signal: options.signal })
      // Here it goes last: until then an interrupted call can be made again by name.
      const faults = await withdraw({ remotes, receipts }, [cid], options)
      await blocks.unpin([cid], { signal: options.signal })
      return faults
    }
  }
}
