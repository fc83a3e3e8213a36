import type { Beside, Cited, Glance } from './beside.ts'

/** How many of the documents that were cited stand how, as a line of a report: none where none was looked at. */
export function besideLines({ cited }: Beside): readonly string[] {
  if (cited === undefined || cited.cited.length === 0) return []
  const standings = cited.cited.map(({ glance }) => glance.standing)
  const counts = [...new Set(standings)].map(
    (standing) => `${standings.filter((one) => one === standing).length} ${standing}`
  )
  const { length } = standings
  return [`  cites     ${length} ${length === 1 ? 'document' : 'documents'}: ${counts.join(', ')}`]
}

/** What stands beside a verdict as plain JSON; what was not looked at is left out. */
export const besideJson = ({ declared, cited, successor }: Beside): Readonly<Record<string, unknown>> => ({
  declared,
  ...(cited !== undefined && { cited: cited.cited.map(citedJson), citedLeft: cited.left }),
  ...(successor !== undefined && { instead: glanceJson(successor) })
})

const citedJson = ({ target, paths, glance }: Cited): Readonly<Record<string, unknown>> => ({
  target,
  paths,
  ...glanceJson(glance)
})

/** A look at a document as plain JSON, without what the document says. */
export function glanceJson(glance: Glance): Readonly<Record<string, unknown>> {
  const { cid, document, standing } = glance
  const named = document && {
    publisher: document.publisher,
    slug: document.slug,
    version: document.version,
    title: document.title
  }
  const common = { ...(cid !== undefined && { cid: String(cid) }), ...named, standing }
  if (glance.standing === 'unknown') return { ...common, why: glance.why }
  const { retractedAt, newer, notice, block, trusted } = glance
  return {
    ...common,
    ...(retractedAt !== 0 && { retractedAt }),
    ...(newer !== undefined && { newer: String(newer) }),
    ...(notice !== undefined && { notice: { ...notice, cid: String(notice.cid) } }),
    block: { number: String(block.number), hash: block.hash },
    trusted
  }
}
