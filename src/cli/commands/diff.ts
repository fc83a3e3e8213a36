import { diff as difference } from 'node:util'
import { resolve } from '../../archive/resolve.ts'
import { type DeclaredFinding, misdeclarations } from '../../document/declared.ts'
import { diff as compare, type Difference } from '../../document/diff.ts'
import { type Change, DEFAULTED, FILLED, type TrendDocument } from '../../document/document.ts'
import { sayEdit } from '../../document/edit-text.ts'
import { type Edit, editsBetween, type Weight } from '../../document/edits.ts'
import type { Json } from '../../document/json.ts'
import { issuesOf, parseDraft } from '../../document/parse.ts'
import { type Command, type Context, command, flag } from '../command.ts'
import { readValue } from '../drafts.ts'
import { namesFile } from '../files.ts'
import { nameOf } from '../naming.ts'
import type { Line } from '../output.ts'
import { UsageError } from '../usage.ts'

export const diff: Command = command({
  name: 'diff',
  arguments: '<a> [b]',
  summary: 'say what differs between two documents or drafts',
  about:
    'Each is a name or a file; one document alone is compared with the version before it. What a version declares of its ' +
    'change is held against what did change. Between a draft and a document, what the tool fills in is left out. The ' +
    'exit code is 0 whether or not they differ.',
  examples: [
    ['trend-archive diff edge-computing@1 edge-computing@2', 'two versions'],
    ['trend-archive diff edge-computing', 'what the newest version did to the one before'],
    ['trend-archive diff edge-computing edge.md', 'what publishing this draft would change'],
    ['trend-archive diff --raw a.json b.json', 'field by field, as they are written']
  ],
  options: { raw: flag('--raw', 'every difference of the two texts as JSON, with its path') },
  async run(context, [first = '', second], { raw }) {
    const [a, b] = await sidesOf(context, first, second)
    const [before, after] = [alike(a, b), alike(b, a)]
    const differences = compare(before, after)
    if (raw) return { json: { differences }, lines: differences.length === 0 ? NONE : differences.flatMap(rawLines) }
    const edits = editsBetween(documentIn(before), documentIn(after))
    const change = declaredBy(after)
    const findings = isNext(a, b)
      ? misdeclarations({ before: documentIn(before), document: documentIn(nextOf(a, after)) })
      : []
    return {
      json: { edits, ...(change !== undefined && { declared: change }), findings, differences },
      lines: edits.length === 0 ? NONE : [...editLines(edits), ...declaredLines(change, findings)]
    }
  }
})

const NONE: readonly Line[] = ['no difference']

type Members = { readonly [key: string]: Json }

interface Side {
  readonly value: Members
  readonly isDraft: boolean
}

/** What is compared: two sides, or a document and the version before it. */
async function sidesOf(context: Context, first: string, second: string | undefined): Promise<readonly [Side, Side]> {
  if (second !== undefined) return await Promise.all([read(context, first), read(context, second)])
  const after = await read(context, first)
  const { previous } = after.value
  if (after.isDraft || typeof previous !== 'string') {
    const what = after.isDraft ? 'a draft' : 'a first version'
    throw new UsageError(`${first} is ${what}, so there is nothing before it`, 'name two: trend-archive diff <a> <b>')
  }
  return [await read(context, previous), after]
}

async function read({ host, session, signal }: Context, text: string): Promise<Side> {
  if (await namesFile(host, text)) {
    const value = await readValue(host, text)
    const isDraft = issuesOf(value).length > 0
    return { value: (isDraft ? parseDraft(value) : value) as unknown as Members, isDraft }
  }
  const name = await nameOf(text, session)
  const ports = { sources: await session.sources(), registries: name.by === 'cid' ? [] : await session.registries() }
  const { document } = await resolve(ports, name, { signal })
  return { value: document as unknown as Members, isDraft: false }
}

const SUPPLIED: readonly string[] = [...FILLED, ...DEFAULTED, 'type', 'entries']

/** What the tool would supply is no difference to a draft that leaves it out. */
function alike({ value, isDraft }: Side, other: Side): Members {
  if (isDraft || !other.isDraft) return value
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !SUPPLIED.includes(key) || Object.hasOwn(other.value, key))
  )
}

const IDENTITY = ['publisher', 'slug', 'type'] as const

/** Whether `b` is the version after `a`, or as a draft would become it. */
function isNext(a: Side, b: Side): boolean {
  if (a.isDraft) return false
  if (b.isDraft) return true
  return b.value.version === versionAfter(a) && IDENTITY.every((field) => a.value[field] === b.value[field])
}

const versionAfter = ({ value }: Side): number => Number(value.version) + 1

/** A draft as the version that it would become. */
const nextOf = (a: Side, after: Members): Members => ({ ...after, version: versionAfter(a) })

const documentIn = (value: Members): TrendDocument => value as unknown as TrendDocument

const declaredBy = (value: Members): Change | undefined => value.change as unknown as Change | undefined

const HEADINGS: readonly (readonly [Weight, string])[] = [
  ['substantive', 'changes what it says:'],
  ['editorial', 'changes how it is said:'],
  ['formal', 'as in every new version:']
]

function editLines(edits: readonly Edit[]): readonly Line[] {
  return HEADINGS.flatMap(([weight, heading]) => {
    const weighty = edits.filter((edit) => edit.weight === weight)
    const style = weight === 'substantive' ? 'bold' : 'dim'
    return weighty.length === 0 ? [] : [{ text: heading, style } as const, ...weighty.flatMap(linesOf)]
  })
}

function linesOf(edit: Edit): readonly Line[] {
  const { before, after } = edit
  const lines = isProse(before) && isProse(after) ? changedLines(before.split('\n'), after.split('\n')) : []
  return [`  ${sayEdit(edit)}`, ...lines]
}

function declaredLines(change: Change | undefined, findings: readonly DeclaredFinding[]): readonly Line[] {
  return [
    ...(change === undefined ? [] : [`declared: ${change.kind}, ${JSON.stringify(change.note)}`]),
    ...findings.map(
      ({ code, detail, proposed }): Line => ({ text: `${code}: ${detail}; it is: ${proposed}`, style: 'yellow' })
    )
  ]
}

function rawLines({ path, before, after }: Difference): readonly Line[] {
  if (isProse(before) && isProse(after)) return [path, ...changedLines(before.split('\n'), after.split('\n'))]
  return [
    path,
    ...(before === undefined ? [] : [removed(JSON.stringify(before))]),
    ...(after === undefined ? [] : [added(JSON.stringify(after))])
  ]
}

/** Text of many lines, few enough to compare each with each. */
const isProse = (value: Json | undefined): value is string =>
  typeof value === 'string' && value.includes('\n') && value.length < 100_000

/** The lines that one text has and the other has not; those they share are left out. */
function changedLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  return difference(before, after).flatMap(([side, line]) => {
    if (side === SHARED || line === '') return []
    return [side === IN_FIRST ? removed(line) : added(line)]
  })
}

const SHARED = 0
const IN_FIRST = 1

const removed = (text: string): Line => ({ text: `  - ${text}`, style: 'red' })
const added = (text: string): Line => ({ text: `  + ${text}`, style: 'green' })
