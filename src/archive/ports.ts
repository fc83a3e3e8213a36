import type { Bytes32 } from '../block/cid.ts'
import type { Pending } from '../block/pending.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { PublishMessage, Registry, RegistryWriter, Signature } from '../registry/registry.ts'
import type { DocumentMessage } from '../registry/typed-data.ts'

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

/** Signs a message with the key of the editor that it names. It may ask a person, who may decline. */
export type SignMessage = (message: PublishMessage, options?: Abortable) => Promise<Signature>

/** Whether an account signed 32 bytes; `undefined` where that could not be found out. */
export type CheckSignature = (
  account: Address,
  digest: Bytes32,
  signature: Signature,
  options?: Abortable
) => Promise<boolean | undefined>

/** What it takes to sign: somewhere to keep bytes, and a key. Without a key what is made is signed elsewhere. */
export interface SignPorts extends PlanPorts {
  readonly sinks: readonly BlockSink[]
  readonly signMessage?: SignMessage | undefined
}

/** Signs that a publisher stands by a document, with the publisher's key. It may ask a person, who may decline. */
export type SignDocument = (message: DocumentMessage, options?: Abortable) => Promise<Signature>

/** What it takes to state: somewhere to keep bytes, and the publisher's key; without it what is made is signed elsewhere. */
export interface StatePorts extends PlanPorts {
  readonly sinks: readonly BlockSink[]
  readonly signDocument?: SignDocument | undefined
}

/** What it takes to relay: somewhere to keep bytes, and an account that pays. */
export interface RelayPorts extends Pick<WritePorts, 'sinks' | 'registry'> {
  readonly checkSignature?: CheckSignature | undefined
}
