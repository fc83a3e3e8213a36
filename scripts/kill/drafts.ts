import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrendDraft } from '../../src/document/document.ts'

/** Documents of one round. */
export const DOCUMENTS = 50
/** Of them in one transaction, where there are several. */
export const PUBLISHED_AT_ONCE = 5

/** Drafts that leave the time to the tool: another run at another time must come to the same bytes all the same. */
export function trendDrafts(prefix: string, count = DOCUMENTS): readonly TrendDraft[] {
  return Array.from({ length: count }, (_, i) => ({
    slug: `${prefix}-${i}`,
    title: `Trend ${i} of ${prefix}`,
    body: `It says something. ${'And more. '.repeat(i)}`
  }))
}

/** The same in files, and with `edition` the draft of an edition that lists them, so that there are as many. */
export function writeDrafts(folder: string, prefix: string, edition: boolean): readonly string[] {
  mkdirSync(folder, { recursive: true })
  const drafts = trendDrafts(prefix, edition ? DOCUMENTS - 1 : DOCUMENTS)
  for (const draft of drafts) writeFileSync(join(folder, `${draft.slug}.json`), JSON.stringify(draft))
  const slugs = drafts.map(({ slug }) => slug!)
  if (!edition) return slugs
  const head = { type: 'edition', slug: prefix, title: `Edition ${prefix}`, summary: 'All of it.' }
  writeFileSync(join(folder, 'edition.json'), JSON.stringify(head))
  return [...slugs, prefix]
}
