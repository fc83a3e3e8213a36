import type { CidText, Entry, TrendDocument } from './document.ts'
import { elementPath, invalidDocument } from './issue.ts'

/**
 * The entries of an edition that lists these documents: sorted by slug, whatever the order they come in.
 * @throws INVALID_DOCUMENT when there is none, they are not all of one publisher, or two of them have one slug
 */
export function entriesOf(
  documents: readonly { readonly cid: CidText; readonly document: TrendDocument }[]
): readonly Entry[] {
  const [first] = documents
  if (first === undefined) throw invalidDocument([{ path: '$.entries', rule: 'must have at least 1 element' }])
  const { publisher } = first.document
  const bySlug = new Map<string, Entry>()
  for (const [i, { cid, document }] of documents.entries()) {
    const path = elementPath('$.entries', i)
    if (document.publisher !== publisher) {
      throw invalidDocument([
        { path, rule: `must be of ${publisher}, as the first one is; it is of ${document.publisher}` }
      ])
    }
    if (bySlug.has(document.slug)) {
      throw invalidDocument([
        { path, rule: `must not have the slug of another document: ${document.slug}`, mend: 'list one version of each' }
      ])
    }
    bySlug.set(document.slug, { cid, slug: document.slug, version: document.version })
  }
  // Slugs are ASCII, so code units order them as bytes would.
  return [...bySlug.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1))
}
