import { diff as difference } from 'node:util'
import { resolve } from '../../archive/resolve.ts'
import { diff as compare, type Difference } from '../../document/diff.ts'
import { DEFAULTED, FILLED } from '../../document/document.ts'
import type { Json } from '../../document/json.ts'
import { issuesOf, parseDraft } from '../../document/parse.ts'
import { type Command, type Context, command } from '../command.ts'
import { readValue } from '../drafts.ts'
import { namesFile } from '../files.ts'
import { nameOf } from '../naming.ts'
import type { Line } from '../output.ts'

export const diff: Command = command({
  name: 'diff',
  arguments: '<a> <b>',
  summary: 'show what differs between two documents or drafts',
  about:
    'Each is a name or a file. Between a draft and a document, what the tool fills in is left out. The exit code is 0 ' +
    'whether or not they differ.',
  examples: [
    ['trend-archive diff edge-computing@1 edge-computing@2', 'two versions'],
    ['trend-archive diff edge-computing edge.md', 'what publishing this draft would change']
  ],
  options: {},
  async run(context, [first = '', second = '']) {
    const [a, b] = await Promise.all([read(context, first), read(context, second)])
    const differences = compare(alike(a, b), alike(b, a))
    return {
      json: { differences },
      lines: differences.length === 0 ? ['no difference'] : differences.flatMap(linesOf)
    }
  }
})

type Members = { readonly [key: string]: Json }

interface Side {
  readonly value: Members
  readonly isDraft: boolean
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

function linesOf({ path, before, after }: Difference): readonly Line[] {
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
