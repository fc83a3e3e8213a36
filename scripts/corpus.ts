import { readdirSync, readFileSync } from 'node:fs'
import type { EditionDraft, TrendDraft } from '../src/document/document.ts'
import { parseJson } from '../src/document/json.ts'
import { parseMarkdown } from '../src/document/markdown.ts'
import { parseDraft } from '../src/document/parse.ts'

const CORPUS = new URL('../corpus/', import.meta.url)

/** The first edition: its own draft, its members', and the drafts of later versions. */
export interface Corpus {
  readonly edition: EditionDraft
  readonly members: readonly TrendDraft[]
  readonly updates: readonly TrendDraft[]
}

export function readCorpus(): Corpus {
  const drafts = draftsIn('backend-trends-2025/')
  return {
    edition: drafts.find((draft) => draft.type === 'edition') as EditionDraft,
    members: drafts.filter((draft) => draft.type !== 'edition') as readonly TrendDraft[],
    updates: draftsIn('backend-trends-2025-updates/') as readonly TrendDraft[]
  }
}

function draftsIn(folder: string): readonly (TrendDraft | EditionDraft)[] {
  const base = new URL(folder, CORPUS)
  const files = readdirSync(base).toSorted()
  return files.map((file) => {
    const text = readFileSync(new URL(file, base), 'utf8')
    return parseDraft(file.endsWith('.md') ? parseMarkdown(text) : parseJson(text)) as TrendDraft | EditionDraft
  })
}
