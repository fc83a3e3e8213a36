import {
  addEditor,
  checkDisowning,
  disownEditor,
  type EditorRecord,
  type EditorSetting,
  editorRight,
  editorRights,
  endEditor,
  recordedBy,
  timeText
} from '../archive/editors.ts'
import { clockOf } from '../archive/sign.ts'
import type { Wait, WaitOptions } from '../archive/wait.ts'
import { type Address, type Publisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Registry, RegistryWriter } from '../registry/registry.ts'
import type { Context, Result } from './command.ts'
import { askYes } from './prompt.ts'
import { receiptLine, settledLines, tellProgress } from './publication.ts'
import { waitingFor } from './sending.ts'
import type { Sending } from './session.ts'
import { UsageError } from './usage.ts'

/** How to send, and how long to stay. */
interface Sent extends Sending {
  readonly wait: Wait | undefined
  readonly waitTimeout: number | undefined
}

export interface AddOptions extends Sent {
  readonly until: number | undefined
  readonly for: number | undefined
  readonly revive: boolean
}

/** Lets an account publish for the one that sends. */
export async function add(
  context: Context,
  editor: Address,
  { until, for: duration, revive, ...sending }: AddOptions
): Promise<Result> {
  const { out, signal } = context
  const registry = await ownRegistry(context, sending)
  const end = until ?? clockOf((await registry.block('latest', { signal })).timestamp) + (duration ?? 0)
  const publisher = toPublisher(registry.chain, registry.account)
  const wasDisowned = await isKnown(context, publisher, editor)
  const setting = await addEditor(registry, editor, BigInt(end), { ...staying(context, sending), revive, wasDisowned })
  if (setting.status === 'set') {
    out.note(`it publishes with: trend-archive publish --publisher ${publisher} <file>`)
  }
  return settingResult(setting, `may publish until ${momentOf(setting.until)}`)
}

/** Ends an editor now. */
export async function end(context: Context, editor: Address, sending: Sent): Promise<Result> {
  const { out } = context
  const setting = await endEditor(await ownRegistry(context, sending), editor, staying(context, sending))
  if (setting.status === 'set') {
    out.note('what it published stands; to take back what a stolen key did: trend-archive editors disown')
  }
  return settingResult(setting, setting.until === 0n ? 'may not publish' : `ended at ${momentOf(setting.until)}`)
}

export interface DisownOptions extends Sent {
  /** Nothing counts after this; absent where nothing counts at all. */
  readonly after: number | undefined
  /** Whether a person need not be asked. */
  readonly yes: boolean
}

/** Disowns what an editor published, and says first what of it is known here. */
export async function disown(
  context: Context,
  editor: Address,
  { after, yes, ...sending }: DisownOptions
): Promise<Result> {
  const { host, settings, out, signal } = context
  const registry = await ownRegistry(context, sending)
  const publisher = toPublisher(registry.chain, registry.account)
  const cut = BigInt(after ?? 0)
  const what = after === undefined ? 'disowned entirely' : `disowned after ${momentOf(cut)}`
  if ((await checkDisowning(registry, editor, cut, { signal })) === cut) {
    if (cut === 0n) out.note(`it was disowned before, or it never was an editor of yours: see trend-archive editors`)
    return settingResult(await disownEditor(registry, editor, cut, staying(context, sending)), what)
  }
  const lost = (await recordedHere(context, publisher, editor)).filter(({ publishedAt }) => BigInt(publishedAt) > cut)
  const all = after === undefined ? 'all that it published' : `what it published after ${momentOf(cut)}`
  out.note(`disowning ${editor}: ${all} counts as retracted from now on, whoever holds it; ${knownText(lost)}`)
  for (const one of lost) out.note(recordLine(one, cut).trim())
  if (!yes && !settings.mayAsk) {
    throw new UsageError('nobody can be asked here whether to disown it', 'add --yes to disown it without being asked')
  }
  if (!yes && !(await out.asking(() => askYes(host, 'disown it?')))) {
    throw new ArchiveError('INVALID_OPTION', 'nothing was disowned', { option: 'yes', rule: 'it was not confirmed' })
  }
  const setting = await disownEditor(registry, editor, cut, staying(context, sending))
  return settingResult(setting, what, { documents: lost.map(summaryOf) })
}

const staying = ({ out, signal }: Context, sent: Sent): WaitOptions => ({
  ...waitingFor(sent),
  signal,
  onProgress: tellProgress(out)
})

/** The registry with the account that sets its editors; nothing has to be kept for that. */
async function ownRegistry(
  { session }: Context,
  { maxFeePerGas, speedUp }: Sending
): Promise<Registry & RegistryWriter> {
  return (await session.estimating({ maxFeePerGas, speedUp })).registry
}

/** Whether the log knows an account that state does not. What cannot be looked up is told, and is no obstacle. */
async function isKnown({ session, out, signal }: Context, publisher: Publisher, editor: Address): Promise<boolean> {
  const registry = await session.registry()
  const { status } = await editorRight(registry, publisher, editor, { signal })
  if (status !== 'none') return false
  try {
    const { editors, complete } = await editorRights(registry, await session.editorHistory(), publisher, { signal })
    if (!complete) out.note('the node does not show all logs: whether this account was disowned before is not known')
    return editors.some((one) => one.editor === editor)
  } catch (error) {
    if (!isArchiveError(error, 'REGISTRY_UNAVAILABLE')) throw error
    out.note('the node shows no logs: whether this account was disowned before is not known')
    return false
  }
}

/** What is pinned here of an editor's; where there is no archive, nothing is. */
export async function recordedHere(
  { session, signal }: Context,
  publisher: Publisher,
  editor: Address
): Promise<readonly EditorRecord[]> {
  try {
    const ports = { pinned: await session.pins(), sources: await session.sources(), registry: await session.registry() }
    return await recordedBy(ports, publisher, editor, { signal })
  } catch (error) {
    if (isArchiveError(error, 'NOT_FOUND')) return []
    throw error
  }
}

function settingResult(
  { status, editor, before, until, receipt, settled }: EditorSetting,
  words: string,
  more: Readonly<Record<string, unknown>> = {}
): Result {
  return {
    json: { status, editor, before, until, receipt, settled, ...more },
    lines: [
      `${status === 'unchanged' ? 'unchanged' : 'set'}  ${editor}  ${words}`,
      ...(receipt === undefined ? [] : [receiptLine(receipt)]),
      ...settledLines(settled)
    ]
  }
}

/** A time as people and as the registry say it. */
export const momentOf = (seconds: bigint): string => `${timeText(seconds)} (${seconds})`

const knownText = (lost: readonly EditorRecord[]): string =>
  lost.length === 0 ? 'none of that is pinned here' : `of what is pinned here, ${lost.length}:`

/** A record as JSON tells it. */
export function summaryOf({ cid, document, publishedAt }: EditorRecord): Readonly<Record<string, unknown>> {
  const { type, slug, version } = document
  return { cid, type, slug, version, publishedAt }
}

/** A record of an editor's whose end is `until`. */
export function recordLine({ cid, document, publishedAt }: EditorRecord, until: bigint): string {
  const listed = document.type === 'edition' ? `, and the ${document.entries.length} documents it lists` : ''
  const counts = BigInt(publishedAt) <= until ? 'recorded' : 'disowned'
  const when = timeText(BigInt(publishedAt))
  return `  ${counts}  ${document.slug}@${document.version}  ${cid}  ${when}${listed}`
}
