import { parseCid } from '../block/cid.ts'
import type { DeclaredFinding } from '../document/declared.ts'
import { misdeclarations } from '../document/declared.ts'
import type { Abortable } from '../options.ts'
import type { Beside, Glance } from './beside.ts'
import { type CitedPorts, citedWarnings, describeGlance, lookAt, lookAtCited } from './cited.ts'
import type { ChainEvidence, NoticeFound } from './evidence.ts'
import { isGap, type Library, type Named } from './library.ts'
import type { LookBeside } from './verify.ts'

/**
 * For `verify`: looks at what a document declares of its change, and with `cited` at the documents that it cites and at what
 * its notice says to read instead. What cannot be had is left out.
 */
export const lookBeside =
  ({ cited = false }: { readonly cited?: boolean | undefined } = {}): LookBeside =>
  async ({ ports, library, named, chain }, { signal }) =>
    await look(ports, library, named, chain, { signal, cited })

async function look(
  ports: CitedPorts,
  library: Library,
  named: Named,
  chain: Promise<ChainEvidence | undefined>,
  { cited: isAsked, ...options }: Abortable & { readonly cited: boolean }
): Promise<Beside> {
  const [declared, cited, successor] = await Promise.all([
    chain.then((found) => (found !== undefined && 'block' in found ? declaredOf(library, named) : [])),
    isAsked ? lookAtCited(ports, named, options) : undefined,
    isAsked ? chain.then(async (found) => await successorOf(ports, found, options)) : undefined
  ])
  const warnings = [
    ...declared.map(({ code, detail }) => `${code}: ${detail}`),
    ...(successor === undefined ? [] : successorWarnings(named, successor)),
    ...(cited === undefined ? [] : citedWarnings(cited))
  ]
  return { declared, cited, successor, warnings }
}

/** The version before was read to walk the lineage, so it is at hand if anybody has it. */
async function declaredOf(library: Library, { document }: Named): Promise<readonly DeclaredFinding[]> {
  const { previous } = document
  const before = previous === undefined ? undefined : await library(parseCid(previous))
  const isThere = before !== undefined && !isGap(before)
  return misdeclarations({ document, before: isThere ? before.document : undefined })
}

async function successorOf(
  ports: CitedPorts,
  chain: ChainEvidence | undefined,
  options: Abortable
): Promise<Glance | undefined> {
  const successor = chain !== undefined && 'block' in chain ? noticeIn(chain)?.document?.successor : undefined
  if (successor === undefined) return undefined
  const [seen] = await lookAt(ports, [successor], options)
  return seen
}

const noticeIn = ({ latest, judged }: Extract<ChainEvidence, { readonly block: unknown }>): NoticeFound | undefined =>
  (latest ?? judged).notice

/** What a reader should know of the document that a notice says to read instead. */
export function successorWarnings({ document }: Named, seen: Glance): readonly string[] {
  const said = describeGlance(seen)
  const isForeign = seen.document !== undefined && seen.document.publisher !== document.publisher
  return [
    ...(said === undefined ? [] : [`the document to read instead is ${seen.cid}, ${said}`]),
    ...(isForeign ? [`the document to read instead is another publisher's, ${seen.document?.publisher}`] : [])
  ]
}
