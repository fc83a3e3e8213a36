import { canonicalText } from './canonical.ts'
import { type CidText, FILLED, type TrendDocument } from './document.ts'

/** Whether two documents say the same: they agree on every field but those the tool fills in. */
export const sameContent = (a: TrendDocument, b: TrendDocument): boolean => contentOf(a) === contentOf(b)

function contentOf(document: TrendDocument): string {
  const filled: readonly string[] = FILLED
  const content = Object.entries(document).filter(([key]) => !filled.includes(key))
  return canonicalText(Object.fromEntries(content))
}

/** The rule that `next` breaks as the successor of `previous`, or `undefined` when it is one. */
export function brokenLineage(
  previous: { readonly cid: CidText; readonly document: TrendDocument },
  next: TrendDocument
): string | undefined {
  const { cid, document } = previous
  if (next.publisher !== document.publisher) return 'the publisher must stay the same'
  if (next.slug !== document.slug) return 'the slug must stay the same'
  if (next.type !== document.type) return 'the type must stay the same'
  if (next.version !== document.version + 1) return `version ${document.version} must be followed by the next one`
  if (next.previous !== cid) return 'previous must be the CID of the version before'
  return undefined
}
