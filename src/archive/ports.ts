import type { Pending } from '../block/pending.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import type { Registry, RegistryWriter } from '../registry/registry.ts'

/** What it takes to read the archive: somewhere to get bytes, and the registries that are pinned, one a chain. */
export interface ReadPorts {
  readonly sources: readonly BlockSource[]
  readonly registries: readonly Registry[]
}

/** What it takes to plan: somewhere to get bytes, a registry as an account sees it, and a memory for what is under way. */
export interface PlanPorts {
  readonly sources: readonly BlockSource[]
  readonly registry: Registry & Pick<RegistryWriter, 'account'>
  readonly pending: Pending
}

/** What it takes to write besides: somewhere to keep bytes, and an account that sends. */
export interface WritePorts extends PlanPorts {
  readonly sinks: readonly BlockSink[]
  readonly registry: Registry & RegistryWriter
}
