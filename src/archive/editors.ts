import type { Pinned } from '../block/pinned.ts'
import type { BlockSource } from '../block/source.ts'
import { instantOf } from '../document/instant.ts'
import { type Address, type Publisher, parsePublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { EditorChange, EditorLog } from '../registry/editor-log.ts'
import type { ChainBlock, Receipt, Registry, RegistryWriter } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { seeThrough } from './deed.ts'
import { list } from './list.ts'
import { ownRecord } from './recorded.ts'
import type { Settled, WaitOptions } from './wait.ts'

/** What an account may do for a publisher, at one block. */
export interface EditorRight {
  readonly editor: Address
  /** The last second in which it may publish; nothing that it published later counts. */
  readonly until: bigint
  /**
   * `active`    it may publish now.
   * `ended`     its time is over; what it published until then stands.
   * `disowned`  its end was put back into the past: what it had published after `until` counts no longer. Only the log
   *             tells this from `ended` and, where `until` is 0, from `none`.
   * `none`      it may not, and as far as state tells never might.
   */
  readonly status: 'active' | 'ended' | 'disowned' | 'none'
}

export interface EditorRights {
  readonly at: ChainBlock
  /** By address. */
  readonly editors: readonly EditorRight[]
  /** The oldest block whose log was read. */
  readonly from: bigint
  /** Whether that is where the registry began; else an editor that was set before is missing. */
  readonly complete: boolean
}

export interface EditorHistory {
  readonly log: EditorLog
  /** No record is older. */
  readonly firstBlock: bigint
}

/** What an account may do for a publisher, from state alone. @throws REGISTRY_UNAVAILABLE */
export async function editorRight(
  registry: Registry,
  publisher: Publisher,
  editor: Address,
  options: Abortable = {}
): Promise<EditorRight & { readonly at: ChainBlock }> {
  const at = await registry.block('latest', options)
  const until = await registry.editorUntil(parsePublisher(publisher).address, editor, at, options)
  return { ...rightOf(editor, until, at), at }
}

/**
 * The editors of a publisher. The log names them, which is a convenience; what each may do is read from the state of one
 * block.
 * @throws REGISTRY_UNAVAILABLE
 */
export async function editorRights(
  registry: Registry,
  { log, firstBlock }: EditorHistory,
  publisher: Publisher,
  options: Abortable = {}
): Promise<EditorRights> {
  const { address } = parsePublisher(publisher)
  const at = await registry.block('latest', options)
  // A log that names nobody looks the same where there is no registry, so the state is asked in any case.
  const [{ changes, from }] = await Promise.all([
    log(address, { from: firstBlock, to: at.number }, options),
    registry.editorUntil(address, address, at, options)
  ])
  const last = new Map(changes.map((change) => [change.editor, change]))
  const editors = await Promise.all(
    [...last.values()].map(async (change) => {
      const until = await registry.editorUntil(address, change.editor, at, options)
      const right = rightOf(change.editor, until, at)
      return (await wasPutBack(registry, change, at, options)) ? { ...right, status: 'disowned' as const } : right
    })
  )
  return { at, editors: editors.toSorted(byAddress), from, complete: from <= firstBlock }
}

const byAddress = (a: EditorRight, b: EditorRight): number => (a.editor < b.editor ? -1 : 1)

/** Whether an end lies before the block that came before the change: whatever was published in between is disowned. */
async function wasPutBack(
  registry: Registry,
  { block, until }: EditorChange,
  { timestamp }: ChainBlock,
  options: Abortable
): Promise<boolean> {
  if (until >= BigInt(timestamp) || block === 0n) return false
  return until < BigInt((await registry.block(block - 1n, options)).timestamp)
}

function rightOf(editor: Address, until: bigint, { timestamp }: ChainBlock): EditorRight {
  const status = until >= BigInt(timestamp) ? 'active' : until === 0n ? 'none' : 'ended'
  return { editor, until, status }
}

type EditorPorts = Registry & RegistryWriter

/** What setting an editor did. */
export interface EditorSetting {
  /** `unchanged` where the registry said so already. */
  readonly status: 'set' | 'unchanged'
  readonly editor: Address
  readonly before: bigint
  readonly until: bigint
  readonly receipt: Receipt | undefined
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

export interface AddEditorOptions extends WaitOptions {
  /** Whether an editor that was ended may publish again, which owns again whatever it published that was disowned. */
  readonly revive?: boolean | undefined
  /** Whether the account is known to have been an editor that was disowned entirely, which state does not tell. */
  readonly wasDisowned?: boolean | undefined
}

/**
 * Lets an account publish and point for the account that sends, to the last second `until`.
 * @throws INVALID_OPTION when that is over, or the account was an editor before and is not to be revived
 * @throws REGISTRY_REJECTED, REGISTRY_UNAVAILABLE
 */
export async function addEditor(
  registry: EditorPorts,
  editor: Address,
  until: bigint,
  { revive = false, wasDisowned = false, ...options }: AddEditorOptions = {}
): Promise<EditorSetting> {
  if (editor === registry.account) throw invalid('editor', `${editor} is the publisher, who needs no right`)
  const { at, before } = await rightNow(registry, editor, options)
  if (until < BigInt(at.timestamp)) {
    throw invalid('until', 'an end must lie in the future', 'to end an editor: trend-archive editors end <address>')
  }
  const isOver = before === 0n ? wasDisowned : before < BigInt(at.timestamp)
  if (isOver && !revive) throw ended(editor, before)
  return await set(registry, editor, before, until, options)
}

/**
 * Ends an editor at the time of the newest block. What it published until then stands, and what it signed and nobody
 * relayed yet is dead.
 * @throws REGISTRY_REJECTED, REGISTRY_UNAVAILABLE
 */
export async function endEditor(
  registry: EditorPorts,
  editor: Address,
  options: WaitOptions = {}
): Promise<EditorSetting> {
  const { at, before } = await rightNow(registry, editor, options)
  const now = BigInt(at.timestamp)
  // A later end than it has would own again what was disowned.
  return await set(registry, editor, before, before < now ? before : now, options)
}

/**
 * Ends an editor at an earlier time: whatever it published after the second `after` counts no longer. 0 disowns all.
 * @throws INVALID_OPTION when that would lengthen its time instead
 * @throws REGISTRY_REJECTED, REGISTRY_UNAVAILABLE
 */
export async function disownEditor(
  registry: EditorPorts,
  editor: Address,
  after: bigint,
  options: WaitOptions = {}
): Promise<EditorSetting> {
  return await set(registry, editor, await checkDisowning(registry, editor, after, options), after, options)
}

/**
 * The end that an editor has until it is put back. Asked before a person is asked.
 * @throws INVALID_OPTION when that would lengthen its time instead
 */
export async function checkDisowning(
  registry: EditorPorts,
  editor: Address,
  after: bigint,
  options: Abortable = {}
): Promise<bigint> {
  const { at, before } = await rightNow(registry, editor, options)
  if (after > BigInt(at.timestamp)) throw invalid('after', 'what is disowned lies in the past')
  if (after <= before) return before
  const limit = before === 0n ? 'is no editor' : `may not publish after ${timeText(before)} as it is`
  throw invalid('after', `${editor} ${limit}: a later end would own again what it published`, 'name an earlier time')
}

async function rightNow(
  registry: EditorPorts,
  editor: Address,
  options: Abortable
): Promise<{ readonly at: ChainBlock; readonly before: bigint }> {
  const at = await registry.block('latest', options)
  return { at, before: await registry.editorUntil(registry.account, editor, at, options) }
}

async function set(
  registry: EditorPorts,
  editor: Address,
  before: bigint,
  until: bigint,
  options: WaitOptions
): Promise<EditorSetting> {
  const { signal } = options
  const same: EditorSetting = { status: 'unchanged', editor, before, until, receipt: undefined }
  const { done, receipts, settled } = await seeThrough<EditorSetting>(
    registry,
    {
      async act(earlier) {
        const present = earlier === undefined ? before : (await rightNow(registry, editor, { signal })).before
        if (until === present) return { ...(earlier ?? same), receipt: undefined }
        const receipt = await registry.send([{ verb: 'setEditor', editor, until }], options)
        return { ...same, status: 'set', receipt }
      },
      receiptsOf: ({ receipt }) => (receipt === undefined ? [] : [receipt]),
      isDoneAt: async (_, at) => (await registry.editorUntil(registry.account, editor, at, { signal })) === until
    },
    options
  )
  return { ...done, receipt: receipts[0], settled }
}

const END_OF_CALENDAR = 253_402_300_799n

/** A time of the registry for people: an instant where the calendar has one. */
export const timeText = (seconds: bigint): string =>
  seconds > END_OF_CALENDAR ? 'the end of time' : instantOf(Number(seconds))

function ended(editor: Address, before: bigint): ArchiveError<'INVALID_OPTION'> {
  const since = before === 0n ? 'was disowned entirely' : `ended at ${timeText(before)}`
  const rule = `${editor} was an editor and ${since}; to let it publish again owns again whatever it published since`
  return invalid('editor', rule, 'take a fresh account, or say that this is meant: --revive')
}

function invalid(option: string, rule: string, hint?: string): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', rule, { option, rule }, { hint })
}

/** A document that an editor recorded. */
export interface EditorRecord extends Named {
  readonly publishedAt: number
}

/**
 * The documents pinned here that an editor recorded for a publisher, oldest record first. An edition vouches for what it
 * lists, so what becomes of its record becomes of those too.
 * @throws REGISTRY_UNAVAILABLE
 */
export async function recordedBy(
  ports: { readonly pinned: Pinned; readonly sources: readonly BlockSource[]; readonly registry: Registry },
  publisher: Publisher,
  editor: Address,
  options: Abortable = {}
): Promise<readonly EditorRecord[]> {
  const { registry } = ports
  const at = await registry.block('latest', options)
  const found: EditorRecord[] = []
  for (const named of await list(ports, options)) {
    if (named.document.publisher !== publisher) continue
    const record = await ownRecord(registry, named, at, options)
    if (record.publishedAt !== 0 && record.editor === editor) found.push({ ...named, publishedAt: record.publishedAt })
  }
  return found.toSorted((a, b) => a.publishedAt - b.publishedAt)
}
