import type { TrendDocument } from './document.ts'
import { elementPath, quoted } from './issue.ts'

/** A document of this format that another one cites, and where it does. */
export interface Citation {
  /** A CID, `publisher/slug` or `publisher/slug@version`. */
  readonly target: string
  readonly paths: readonly string[]
}

const CID = 'bagaaiera[a-z2-7]{51}[aq]'
const IS_CID = new RegExp(`^${CID}$`)
/** A CID in the path or the host of a gateway's URL. */
const IN_URL = new RegExp(`(?<![A-Za-z0-9])${CID}(?![A-Za-z0-9])`)
const IN_TEXT = new RegExp(`ipfs://(${CID})(?![A-Za-z0-9])`, 'g')

/**
 * The trend documents that a trend cites: as relations, as evidence (a capture, or a gateway's URL), as attachments, and as
 * `ipfs://` links in its text. Each once, in this order.
 */
export function citationsIn(document: TrendDocument): readonly Citation[] {
  if (document.type === 'notice') return []
  const found = new Map<string, string[]>()
  const cite = (target: string | undefined, path: string): void => {
    if (target === undefined) return
    const paths = found.get(target)
    if (paths === undefined) found.set(target, [path])
    else if (paths.at(-1) !== path) paths.push(path)
  }
  const asCid = (text: string): string | undefined => (IS_CID.test(text) ? text : undefined)
  if (document.type === 'trend') {
    const { relations = [], evidence = [], attachments = [] } = document
    for (const [i, { target }] of relations.entries()) cite(target, elementPath('$.relations', i))
    for (const { id, url, captures = [] } of evidence) {
      const path = `$.evidence[${quoted(id)}]`
      cite(url === undefined ? undefined : IN_URL.exec(url)?.[0], `${path}.url`)
      for (const [i, { cid }] of captures.entries()) cite(asCid(cid), elementPath(`${path}.captures`, i))
    }
    for (const [i, { cid }] of attachments.entries()) cite(asCid(cid), elementPath('$.attachments', i))
  }
  for (const [, cid] of (document.body ?? '').matchAll(IN_TEXT)) cite(cid, '$.body')
  return Array.from(found, ([target, paths]) => ({ target, paths }))
}
