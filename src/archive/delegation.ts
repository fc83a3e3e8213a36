import type { Draft, EditionDraft, TrendDraft } from '../document/document.ts'
import { type Address, type Publisher, toPublisher } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import {
  type AddEditorOptions,
  addEditor,
  disownEditor,
  type EditorHistory,
  type EditorRight,
  type EditorRights,
  type EditorSetting,
  editorRight,
  editorRights,
  endEditor
} from './editors.ts'
import { type OpenedEnvelope, openEnvelope } from './envelope.ts'
import type { RelayPorts, SignPorts, WritePorts } from './ports.ts'
import { type Relaying, type RelayOptions, relay } from './relay.ts'
import {
  type EditionSigning,
  type SignEditionOptions,
  type Signing,
  type SignOptions,
  sign,
  signEdition
} from './sign.ts'
import type { WaitOptions } from './wait.ts'

/** What lets others act: sign for them to send, send what they signed, and say who may publish in one's name. */
export interface Delegation {
  /** Pins and signs every draft that is new or changed, for somebody else to send. */
  sign: (drafts: readonly Draft[], options?: SignOptions) => Promise<Signing>
  /** Signs for an edition and all that it lists, once. */
  signEdition: (
    draft: EditionDraft,
    members: readonly TrendDraft[],
    options?: SignEditionOptions
  ) => Promise<EditionSigning>
  /** Sends what others signed, envelopes as they were written or opened, and pays for it. */
  relay: (envelopes: readonly (OpenedEnvelope | string | Uint8Array)[], options?: RelayOptions) => Promise<Relaying>
  /** What an account may do for a publisher, by default the account itself. */
  editor: (editor: Address, options?: Abortable & { readonly publisher?: Publisher }) => Promise<EditorRight>
  /** The editors of a publisher whom a log names. */
  editors: (history: EditorHistory, options?: Abortable & { readonly publisher?: Publisher }) => Promise<EditorRights>
  /** Lets an account publish and point until the last second `until`. */
  addEditor: (editor: Address, until: bigint, options?: AddEditorOptions) => Promise<EditorSetting>
  /** Ends an editor now; what it published stands. */
  endEditor: (editor: Address, options?: WaitOptions) => Promise<EditorSetting>
  /** Ends an editor at an earlier time; what it published after that counts no longer. */
  disownEditor: (editor: Address, after: bigint, options?: WaitOptions) => Promise<EditorSetting>
}

/** What the verbs need: those of an archive, and what signs or checks signatures where that is to be done. */
export type DelegationPorts = WritePorts & Pick<SignPorts, 'signMessage'> & Pick<RelayPorts, 'checkSignature'>

/** Binds the verbs to a store, a chain and an account. */
export function createDelegation(ports: DelegationPorts): Delegation {
  const { registry } = ports
  const own = toPublisher(registry.chain, registry.account)
  return {
    sign: (drafts, options) => sign(ports, drafts, options),
    signEdition: (draft, members, options) => signEdition(ports, draft, members, options),
    relay: async (envelopes, options) => await relay(ports, await Promise.all(envelopes.map(opened)), options),
    editor: (editor, { publisher = own, ...options } = {}) => editorRight(registry, publisher, editor, options),
    editors: (history, { publisher = own, ...options } = {}) => editorRights(registry, history, publisher, options),
    addEditor: (editor, until, options) => addEditor(registry, editor, until, options),
    endEditor: (editor, options) => endEditor(registry, editor, options),
    disownEditor: (editor, after, options) => disownEditor(registry, editor, after, options)
  }
}

const opened = async (envelope: OpenedEnvelope | string | Uint8Array): Promise<OpenedEnvelope> =>
  typeof envelope === 'string' || envelope instanceof Uint8Array ? await openEnvelope(envelope) : envelope
