import type { Draft, EditionDraft, TrendDraft } from '../document/document.ts'
import type { SendOptions } from '../registry/registry.ts'
import type { Verdict } from '../verdict/judge.ts'
import type { Named } from '../verdict/library.ts'
import { type Subject, type VerifyOptions, verify } from '../verdict/verify.ts'
import type { Watermarks } from '../verdict/watermarks.ts'
import { type Concern, type ConcernOptions, voiceConcern } from './concern.ts'
import { type EditionOptions, type EditionPublication, publishEdition } from './edition.ts'
import type { History, HistoryOptions } from './history.ts'
import { parseName } from './name.ts'
import { type PlanOptions, plan, type Step } from './plan.ts'
import { type Pointing, type PointOptions, point } from './point.ts'
import type { ReadPorts, WritePorts } from './ports.ts'
import { type Publication, type PublishOptions, publish } from './publish.ts'
import { type Resolution, type ResolveOptions, resolve } from './resolve.ts'
import { type Retraction, type RetractOptions, retract } from './retract.ts'

/** The verbs, bound to their ports once. Names are texts: a CID, `ipfs://CID`, `publisher/slug`, `publisher/slug@3`. */
export interface Archive {
  /** What publishing these drafts would do, without doing any of it. */
  plan: (drafts: readonly Draft[], options?: PlanOptions) => Promise<readonly Step[]>
  /** Pins and records every draft that is new or changed; what is a version already is left alone. */
  publish: (drafts: readonly Draft[], options?: PublishOptions) => Promise<Publication>
  /** Publishes an edition and the documents it lists in one transaction. */
  publishEdition: (
    draft: EditionDraft,
    members: readonly TrendDraft[],
    options?: EditionOptions
  ) => Promise<EditionPublication>
  /** Makes a slug name this version of its document: back to an older one, or on. */
  point: (target: string, options?: PointOptions) => Promise<Pointing>
  /** Takes a document back, for good; with a note, a notice says why. */
  retract: (target: string, options?: RetractOptions) => Promise<Retraction>
  /** Says what is the matter with a document and takes nothing back; an editor may do so too. */
  voiceConcern: (target: string, options: ConcernOptions) => Promise<Concern>
  /** From a name to a document whose bytes hash to its CID; says nothing of who stands by it. */
  resolve: (name: string, options?: ResolveOptions) => Promise<Resolution>
  /** The versions of a lineage, newest first, each with how it is recorded and stands; and what is missing or forked. */
  history: (name: string, options?: HistoryOptions) => Promise<History>
  /** Judges whether the publisher that a document names stands by it, and says whom that trusts. */
  verify: (subject: Subject, options?: VerifyOptions) => Promise<Verdict>
}

/** Binds the verbs to a store, a chain and an account. Verbs that only read work with these ports too. */
export function createArchive(ports: WritePorts & { readonly watermarks?: Watermarks | undefined }): Archive {
  const reading: ReadPorts = { sources: ports.sources, registries: [ports.registry] }
  /** What a name means when nothing of the account's is under way. */
  const named = async (name: string, options: SendOptions = {}): Promise<Named> => {
    await ports.registry.settle(options)
    return await resolve(reading, parseName(name), { signal: options.signal, tag: 'latest' })
  }
  return {
    plan: (drafts, options) => plan(ports, drafts, options),
    publish: (drafts, options) => publish(ports, drafts, options),
    publishEdition: (draft, members, options) => publishEdition(ports, draft, members, options),
    point: async (target, options) => await point(ports, await named(target, options), options),
    retract: async (target, options) => await retract(ports, await named(target, options), options),
    voiceConcern: async (target, options) => await voiceConcern(ports, await named(target, options), options),
    resolve: (name, options) => resolve(reading, parseName(name), options),
    // It compares versions word by word, which who only publishes or verifies need not load.
    history: async (name, options) => await (await import('./history.ts')).history(reading, parseName(name), options),
    verify: (subject, options) => verify({ ...reading, watermarks: ports.watermarks }, subject, options)
  }
}
