import { type EditorRight, editorRight, editorRights } from '../../archive/editors.ts'
import { type Address, type Publisher, parsePublisher } from '../../document/publisher.ts'
import { isArchiveError } from '../../errors.ts'
import { typedAddress } from '../address.ts'
import { type Command, type Context, columns, command, flag, type Result, value } from '../command.ts'
import {
  type AddOptions,
  add,
  type DisownOptions,
  disown,
  end,
  momentOf,
  recordedHere,
  recordLine,
  summaryOf
} from '../editing.ts'
import { ofNetwork, publisherIn, publisherOption, typedPublisher } from '../naming.ts'
import { SENDING, WAITING } from '../sending.ts'
import { parseDuration, parseTime } from '../time.ts'
import { UsageError } from '../usage.ts'

const OPTIONS = {
  ...SENDING,
  ...WAITING,
  until: value('--until <time>', 'add: the last moment in which it may publish', parseTime),
  for: value('--for <duration>', 'add: how long it may publish from now, e.g. 30d', parseDuration),
  revive: flag('--revive', 'add: even though it was ended; what was disowned is owned again'),
  after: value('--after <time>', 'disown: what it published after this', parseTime),
  all: flag('--all', 'disown: all that it ever published'),
  yes: flag('--yes', 'disown: without asking'),
  publisher: publisherOption
}

export const editors: Command = command({
  name: 'editors',
  arguments: '[verb] [address]',
  summary: 'list who may publish for you; add, end or disown an editor',
  about:
    'An editor publishes and points in your name with a key of its own, and takes nothing back. Without arguments: your ' +
    'editors, whom the logs of the chain name; what each may do is read from its state. With an address: that one, from ' +
    'state alone. add lets an account publish until a time. end ends it now, and what it published stands. disown puts ' +
    'its end back: what it published after that time counts as retracted, everywhere and at once.',
  examples: [
    ['trend-archive editors', 'who may publish for you, and until when'],
    ['trend-archive editors add 0xab16… --for 30d', 'a newsroom, a colleague, a machine of yours'],
    ['trend-archive editors end 0xab16…', 'it may no longer publish; what it published stands'],
    ['trend-archive editors disown 0xab16… --after 2026-05-01T00:00:00Z', 'its key was stolen that day']
  ],
  options: OPTIONS,
  async run(context, [first, second], options) {
    const publisher = await publisherIn(options.publisher, context)
    if (first !== undefined && isVerb(first)) {
      if (second === undefined) throw new UsageError(`${first} whom?`, `trend-archive editors ${first} <address>`)
      checkOptions(first, options)
      if (publisher !== undefined) throw new UsageError('a publisher sets its own editors', 'leave --publisher out')
      return await VERBS[first](context, addressIn(second, context), options)
    }
    checkOptions(undefined, options)
    if (second !== undefined) throw new UsageError(`'${first}' is no verb`, `the verbs are ${NAMES}`)
    return first === undefined
      ? await listAll(context, publisher)
      : await showOne(context, addressIn(first, context), publisher)
  }
})

const VERBS = { add, end, disown } as const
type Verb = keyof typeof VERBS

const NAMES = Object.keys(VERBS).join(', ')

const isVerb = (text: string): text is Verb => Object.hasOwn(VERBS, text)

interface Typed extends AddOptions, DisownOptions {
  readonly all: boolean
}

/** An option that another verb heeds would be passed over in silence. */
function checkOptions(verb: Verb | undefined, typed: Typed): void {
  const given = { add: ['until', 'for', 'revive'], disown: ['after', 'all', 'yes'] } as const
  for (const [heeding, names] of Object.entries(given)) {
    const stray =
      verb === heeding ? undefined : names.find((name) => typed[name] !== undefined && typed[name] !== false)
    if (stray !== undefined) throw new UsageError(`--${stray} is for 'editors ${heeding}'`)
  }
  if (verb === 'add' && (typed.until === undefined) === (typed.for === undefined)) {
    throw new UsageError('say until when it may publish', '--until <time>, or --for <duration>; not both')
  }
  if (verb === 'disown' && (typed.after === undefined) !== typed.all) {
    throw new UsageError('say what is to be disowned', '--after <time>, or --all; not both')
  }
}

/** An editor is not taken by a name: a right to publish must not rest on what a node says the name means. */
function addressIn(text: string, { settings }: Context): Address {
  const { chain } = settings.network
  try {
    if (!text.includes(':')) return typedAddress(text)
    return parsePublisher(ofNetwork(typedPublisher(text, chain), chain)).address
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_NAME')) throw error
    throw new UsageError(`'${text}' is neither a verb nor an address`, `the verbs are ${NAMES}`)
  }
}

async function listAll({ session, out, signal }: Context, named: Publisher | undefined): Promise<Result> {
  const publisher = named ?? (await session.publisher())
  const registry = await session.registry()
  const { editors, complete, from, at } = await editorRights(registry, await session.editorHistory(), publisher, {
    signal
  })
  if (!complete) {
    out.note(`the node shows logs from block ${from} on: an editor that was set before that is missing here`)
  }
  const rows = columns(editors.map((one) => [one.editor, ...wordsOf(one)]))
  return {
    json: { publisher, block: at, complete, from, editors },
    lines: rows.length === 0 ? ['no editors'] : rows
  }
}

async function showOne(context: Context, editor: Address, named: Publisher | undefined): Promise<Result> {
  const { session, signal } = context
  const publisher = named ?? (await session.publisher())
  const { at, ...right } = await editorRight(await session.registry(), publisher, editor, { signal })
  const recorded = await recordedHere(context, publisher, editor)
  const told = recorded.map((one) => ({ ...summaryOf(one), counts: BigInt(one.publishedAt) <= right.until }))
  return {
    json: { publisher, block: at, ...right, recorded: told },
    lines: [[editor, ...wordsOf(right)].join('  '), ...recorded.map((one) => recordLine(one, right.until))]
  }
}

const WORDS: Readonly<Record<EditorRight['status'], string>> = {
  active: 'may publish until',
  ended: 'ended at',
  disowned: 'disowned after',
  none: 'no editor'
}

function wordsOf({ status, until }: EditorRight): readonly string[] {
  if (status === 'none') return [WORDS.none]
  return until === 0n ? ['disowned entirely'] : [WORDS[status], momentOf(until)]
}
