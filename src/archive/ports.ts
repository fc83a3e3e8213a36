import type { Pending } from '../block/pending.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import type { Registry, RegistryWriter } from '../registry/registry.ts'

/** What it takes to read the archive: somewhere to get bytes, and the registries that are pinned, one a chain. */
export interface ReadPorts {
  readonly sources: readonly BlockSource[]
  readonly registries: readonly Registry[]
}

/** What it takes to write: somewhere to keep bytes, a registry with an account, and a memory for what is under way. */
export interface WritePorts {
  readonly sources: readonly BlockSource[]
  readonly sinks: readonly BlockSink[]
  readonly registry: Registry & RegistryWriter
  readonly pending: Pending
}
