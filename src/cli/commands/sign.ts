import { type OpenedEnvelope, sealEnvelope } from '../../archive/envelope.ts'
import type { Step } from '../../archive/plan.ts'
import type { SignPorts } from '../../archive/ports.ts'
import { isAddition } from '../../archive/publish.ts'
import { clockOf, DEFAULT_LIFE, type SignEditionOptions, sign as signDrafts, signEdition } from '../../archive/sign.ts'
import { instantOf } from '../../document/instant.ts'
import { parsePublisher } from '../../document/publisher.ts'
import { typedDataOf } from '../../registry/typed-data.ts'
import { typedAddress } from '../address.ts'
import {
  type Command,
  type Context,
  columns,
  command,
  flag,
  type Result,
  text,
  type Values,
  value
} from '../command.ts'
import { type DraftFile, editionAmong, onlyTrends, readDrafts } from '../drafts.ts'
import { checkFolder, writeInto } from '../files.ts'
import { publisherIn, publisherOption } from '../naming.ts'
import { statusOf, tellProgress } from '../publication.ts'
import { signStatements } from '../stating.ts'
import { type Moment, parseMoment } from '../time.ts'
import { UsageError } from '../usage.ts'

const OPTIONS = {
  deadline: value('--deadline <time>', 'until when it may be sent: 30m, 1d, or a time (default: 1h)', parseMoment),
  publisher: publisherOption,
  out: text('--out <folder>', 'where to write the envelopes (default: here)'),
  typedData: flag('--typed-data', 'sign nothing: print what a wallet is to sign, as eth_signTypedData_v4 takes it'),
  editor: value('--editor <address>', 'the account that signs elsewhere, such as a contract wallet', typedAddress),
  statement: flag('--statement', 'state that you stand by it, to be recorded by nobody: takes complete documents too'),
  signature: text('--signature <hex>', 'of a statement: what a wallet elsewhere signed, for one document'),
  refs: flag('--refs', 'of an edition: sign for each new member too, so that its own slug names it'),
  revert: flag('--revert', 'sign a draft that equals an older version as a new one'),
  dryRun: flag('--dry-run', 'say what would be signed, and change nothing')
}

type Typed = Values<typeof OPTIONS>

export const sign: Command = command({
  name: 'sign',
  arguments: '<file...>',
  summary: 'sign drafts for somebody else to send, who pays for it',
  about:
    'Plans as publish does and pins the documents here, but sends nothing: what is new or changed is signed, and written ' +
    'with its bytes into an envelope, a file that anyone may relay until its deadline. An edition and its members are ' +
    'one signature. Pointing and retracting cannot be relayed: the account itself sends those.',
  examples: [
    ['trend-archive sign report.md', 'writes report@1.trend-signed.json, good for an hour'],
    ['trend-archive sign --deadline 1d --out signed/ drafts/', 'for longer, and into a folder'],
    ['trend-archive sign --publisher eip155:1:0xab16… report.md', 'as an editor of theirs'],
    ['trend-archive sign --statement report.md', 'without a transaction, now or later: writes report@1.signed.json'],
    ['trend-archive sign --editor 0x5afe… --typed-data report.md', 'for a contract wallet to sign elsewhere']
  ],
  options: OPTIONS,
  async run(context, paths, options) {
    if (options.statement) return await stateFor(context, paths, options)
    if (options.signature !== undefined) throw new UsageError('--signature is for a statement', 'add --statement')
    const { deadline, publisher: typed, out: folder = '.', typedData, editor, refs, revert, dryRun } = options
    const { host, session, out, signal } = context
    const files = await readDrafts(context, paths)
    if (!dryRun) await checkFolder(host, folder)
    const publisher = await publisherIn(typed, context)
    const elsewhere = editor ?? (typedData ? parsePublisher(await session.publisher()).address : undefined)
    const ports = dryRun ? await session.planning(elsewhere) : await session.signing(elsewhere)
    const now = clockOf((await ports.registry.block('latest', { signal })).timestamp)
    const until = secondsOf(deadline, now)
    const how = { signal, dryRun, revert, refs, publisher, deadline: until, onProgress: tellProgress(out) }
    const { steps, envelopes } = await signFiles(ports, files, paths, how)
    const written = dryRun ? [] : await Promise.all(envelopes.map(async (one) => await write(context, folder, one)))
    if (written.length > 0) noteWhatNext(context, { life: until - now, elsewhere: elsewhere !== undefined, written })
    return tell({ steps, envelopes, written, dryRun, typedData })
  }
})

/** A statement has no deadline, no editor and no tree. */
async function stateFor(context: Context, paths: readonly string[], typed: Typed): Promise<Result> {
  const { deadline, editor, refs, publisher, out: folder = '.', ...options } = typed
  const strays = Object.entries({ deadline, editor, refs: refs || undefined })
  const [stray] = strays.find(([, value]) => value !== undefined) ?? []
  if (stray !== undefined) throw new UsageError(`a statement has no ${stray}`, `leave --${stray} out`)
  return await signStatements(context, paths, { ...options, folder, publisher: await publisherIn(publisher, context) })
}

interface Signing {
  readonly steps: readonly Step[]
  readonly envelopes: readonly OpenedEnvelope[]
}

/** An edition among the drafts makes them its members. */
async function signFiles(
  ports: SignPorts,
  files: readonly DraftFile[],
  paths: readonly string[],
  options: SignEditionOptions
): Promise<Signing> {
  if (files.some(({ draft }) => draft.type === 'edition')) {
    const { edition, members } = editionAmong(files)
    const drafts = members.map(({ draft }) => draft)
    const signed = await signEdition(ports, edition.draft, drafts, options)
    return { steps: [...signed.steps, signed.edition], envelopes: signed.envelopes }
  }
  if (options.refs) throw new UsageError('--refs is for an edition', 'what is signed alone is named by its slug anyway')
  const drafts = onlyTrends(files, paths).map(({ draft }) => draft)
  return await signDrafts(ports, drafts, options)
}

function secondsOf(moment: Moment | undefined, now: number): number {
  if (moment === undefined) return now + DEFAULT_LIFE
  return 'in' in moment ? now + moment.in : moment.at
}

/** Writes an envelope under the name of its document. */
async function write({ host }: Context, folder: string, envelope: OpenedEnvelope): Promise<string> {
  const { slug, version } = envelope.named.document
  const kind = envelope.signature === undefined ? 'unsigned' : 'signed'
  return await writeInto(host, folder, `${slug}@${version}.trend-${kind}.json`, sealEnvelope(envelope))
}

interface Next {
  /** How long it may be sent, in seconds. */
  readonly life: number
  readonly elsewhere: boolean
  readonly written: readonly string[]
}

function noteWhatNext({ out }: Context, { life, elsewhere, written }: Next): void {
  const files = written.join(' ')
  if (elsewhere) out.note(`not signed yet: trend-archive relay --signature 0x… takes each with its signature: ${files}`)
  else out.note(`whoever has the envelope may send it until its deadline: trend-archive relay ${files}`)
  if (life > DEFAULT_LIFE) {
    const burn = 'trend-archive retract <cid> burns one that was not sent'
    out.note(`a signature that is good for more than an hour is as good as a key for that one document; ${burn}`)
  }
}

interface Told extends Signing {
  readonly written: readonly string[]
  readonly dryRun: boolean
  readonly typedData: boolean
}

function tell({ steps, envelopes, written, dryRun, typedData }: Told): Result {
  const unchanged = steps.filter((step) => !isAddition(step))
  const rows = columns([
    ...unchanged.map((step) => [statusOf(step), titleOf(step.named.document), String(step.named.cid), '']),
    ...envelopes.map(({ named, signature }, i) => {
      const state = dryRun ? 'would sign' : signature === undefined ? 'unsigned' : 'signed'
      return [state, titleOf(named.document), String(named.cid), written[i] ?? '']
    })
  ])
  const asked = typedData ? envelopes.map((one) => typedDataOf({ ...one, address: one.registry }, one.message)) : []
  return {
    json: {
      dryRun,
      documents: steps.map((step) => {
        const { slug, version, publisher } = step.named.document
        return { slug, status: statusOf(step), cid: step.named.cid, version, publisher }
      }),
      envelopes: envelopes.map(({ named, message, signature }, i) => {
        const { slug, version, publisher } = named.document
        const { editor, deadline } = message
        const signed = signature !== undefined
        return {
          file: written[i],
          slug,
          version,
          cid: named.cid,
          publisher,
          editor,
          deadline,
          signed,
          typedData: asked[i]
        }
      })
    },
    lines: typedData
      ? asked.map((one) => JSON.stringify(one))
      : [
          ...rows,
          ...(envelopes.length === 0 ? ['nothing to sign'] : [`good until ${untilOf(envelopes)}`]),
          ...(dryRun ? ['dry run: nothing was pinned or signed'] : [])
        ]
  }
}

const titleOf = ({ slug, version }: OpenedEnvelope['named']['document']): string => `${slug}@${version}`

const untilOf = ([first]: readonly OpenedEnvelope[]): string => instantOf(Number(first?.message.deadline))
