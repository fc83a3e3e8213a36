import { inLanes } from '../archive/lanes.ts'
import type { Draft, EditionDraft, TrendDocument, TrendDraft } from '../document/document.ts'
import { slugOf } from '../document/draft.ts'
import { invalidDocument } from '../document/issue.ts'
import { parseJson, readText } from '../document/json.ts'
import { parseDocument, parseDraft } from '../document/parse.ts'
import { ArchiveError, type Issue, isArchiveError } from '../errors.ts'
import type { Context } from './command.ts'
import { expand, folderOf, isJson, isMarkdown, readInput, titleOf } from './files.ts'
import type { Host } from './host.ts'

/** A draft and the file it was read from. */
export interface DraftFile<Any extends Draft = Draft> {
  readonly file: string
  readonly draft: Any
}

/** How many files are open at once. */
const AT_ONCE = 32

/** An issue of one of several files. */
export interface FileIssue extends Issue {
  readonly file: string
}

/**
 * Reads every draft that the arguments stand for. Nothing is kept of any unless all of them pass.
 * @throws INVALID_DOCUMENT with the issues of all files
 */
export async function readDrafts(
  { host, out }: Pick<Context, 'host' | 'out'>,
  paths: readonly string[]
): Promise<readonly DraftFile[]> {
  const files = await expand(host, paths)
  let done = 0
  const read = await inLanes(files, AT_ONCE, async (file) => {
    const one = await readDraft(host, file)
    const [unit, total] = ['documents', files.length] as const
    done += 1
    if (total > 1) out.progress({ type: 'advanced', unit, done, total }, 'reading drafts')
    return one
  })
  const drafts = read.filter((one) => 'draft' in one)
  const issues = [...read.flatMap((one) => ('draft' in one ? [] : one.issues)), ...twins(drafts)]
  refuse(issues)
  return drafts
}

/** @throws INVALID_DOCUMENT when there are any */
export function refuse(issues: readonly FileIssue[]): void {
  const [first, ...more] = issues
  if (first !== undefined) throw invalidDocument([first, ...more])
}

type Read = DraftFile | { readonly issues: readonly FileIssue[] }

async function readDraft(host: Host, file: string): Promise<Read> {
  try {
    const draft = parseDraft(await readValue(host, file))
    // A slug that cannot be made of the title is found out with all other faults.
    slugOf(draft)
    return { file, draft }
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    return { issues: error.details.issues.map((issue) => ({ ...issue, file: titleOf(file) })) }
  }
}

/** The value in a file of JSON or Markdown; where the name does not tell which, JSON is what begins with a brace. */
export async function readValue(host: Host, file: string): Promise<unknown> {
  const bytes = await readInput(host, file)
  if (isJson(file) || (!isMarkdown(file) && looksLikeJson(bytes))) return parseJson(bytes)
  const { parseMarkdown } = await import('../document/markdown.ts')
  return parseMarkdown(readText(bytes))
}

/**
 * A complete document in any spelling.
 * @throws INVALID_DOCUMENT with issues that name the file, and a hint where it is a draft
 */
export async function readDocument(host: Host, file: string): Promise<TrendDocument> {
  let value: unknown
  try {
    value = await readValue(host, file)
    return parseDocument(value)
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    const { message, details, hint } = error
    const issues = details.issues.map((issue): FileIssue => ({ ...issue, file: titleOf(file) }))
    const draft =
      'it is a draft, not complete yet: trend-archive publish --dry-run tells the CID it gets, and what is filled in'
    throw new ArchiveError(
      'INVALID_DOCUMENT',
      `${titleOf(file)}: ${message}`,
      { ...details, issues },
      { cause: error, hint: isMarkdown(file) || isDraft(value) ? draft : hint }
    )
  }
}

function isDraft(value: unknown): boolean {
  try {
    parseDraft(value)
    return true
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    return false
  }
}

/** Whether a file is a draft by its looks: Markdown, and not the JSON of a document under another name. */
export const isMarkdownDraft = (file: string, bytes: Uint8Array): boolean => isMarkdown(file) && !looksLikeJson(bytes)

const looksLikeJson = (bytes: Uint8Array): boolean => /^\s*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, 256)))

function twins(drafts: readonly DraftFile[]): readonly FileIssue[] {
  const first = new Map<string, string>()
  return drafts.flatMap(({ file, draft }) => {
    const slug = slugOf(draft)
    const other = first.get(slug)
    if (other === undefined) first.set(slug, file)
    const rule = `is ${slug}, as in ${titleOf(other ?? file)}`
    const mend = 'give one of them another slug'
    return other === undefined ? [] : [{ file: titleOf(file), path: '$.slug', rule, mend }]
  })
}

/**
 * Trends, each published for itself; `paths` is what was typed.
 * @throws INVALID_DOCUMENT when something else is among them
 */
export function onlyTrends(
  files: readonly DraftFile[],
  paths: readonly string[] = []
): readonly DraftFile<TrendDraft>[] {
  refuse(
    files.flatMap(({ file, draft: { type } }) => {
      if (type === undefined || type === 'trend') return []
      const mend =
        type === 'edition'
          ? `publish it with its members: trend-archive edition ${folderOf(file, paths) ?? '<edition file> <member files…>'}`
          : 'a notice is published by: trend-archive retract <name> --note <text>'
      return [{ file: titleOf(file), path: '$.type', rule: `${type} is not published alone`, mend }]
    })
  )
  return files as readonly DraftFile<TrendDraft>[]
}

/** The one edition among drafts, and the trends it is to list. @throws INVALID_DOCUMENT */
export function editionAmong(files: readonly DraftFile[]): {
  readonly edition: DraftFile<EditionDraft>
  readonly members: readonly DraftFile<TrendDraft>[]
} {
  const editions = files.filter(({ draft }) => draft.type === 'edition') as readonly DraftFile<EditionDraft>[]
  const [edition, second] = editions
  if (edition === undefined) {
    const mend = 'write "type": "edition" into it, or in Markdown `type: edition` into its front matter'
    const [first, ...more] = files
    const issue =
      first === undefined || more.length > 0
        ? { path: '$.type', rule: 'none of these drafts is an edition', mend: mend.replace('into it', 'into one') }
        : { file: titleOf(first.file), path: '$.type', rule: 'this draft is no edition', mend }
    throw invalidDocument([issue])
  }
  const others = second === undefined ? files.filter((one) => one !== edition) : []
  if (second !== undefined) {
    refuse([
      { file: titleOf(second.file), path: '$.type', rule: `is a second edition beside ${titleOf(edition.file)}` }
    ])
  }
  return { edition, members: onlyTrends(others) }
}
