import { instantOf } from '../document/instant.ts'
import type { Verdict } from './judge.ts'

const MARKS = { pass: '✓', fail: '✗', unknown: '?' } as const

/**
 * A verdict for people, a line at a time. The first line says what and who: where nobody said which publishers to
 * accept, that is what a reader has to look at. Texts come from documents and nodes: escape them for a terminal.
 */
export function reportText(verdict: Verdict): readonly string[] {
  const { status, cid, publisher, document, checks, warnings, trusted } = verdict
  const names = checks.map(({ name }) => name)
  const width = Math.max(...names.map((name) => name.length))
  return [
    `${status}${publisher === undefined ? '' : `: published by ${publisher}`}`,
    `  cid       ${cid}`,
    ...(document === undefined
      ? []
      : [`  document  ${document.type} ${document.slug}, version ${document.version}: ${document.title}`]),
    ...checks.map(
      ({ name, outcome, detail, trusted: whom }) =>
        `  ${MARKS[outcome]} ${name.padEnd(width)}  ${detail}${whom === 'nobody' ? '' : ` (trusting ${whom})`}`
    ),
    ...standingLines(verdict),
    ...chainLines(verdict),
    `  trusting  ${trusted.length === 0 ? 'nobody' : trusted.join(', ')}`,
    ...warnings.map((warning) => `  warning: ${warning}`)
  ]
}

function standingLines({ standing, successor, recorded, notice, notes }: Verdict): readonly string[] {
  const lines: string[] = []
  if (standing !== undefined) lines.push(`  standing  ${standing}`)
  if (successor !== undefined) lines.push(`  newer     ${successor}`)
  if (recorded !== undefined)
    lines.push(`  recorded  ${instantOf(recorded.record.publishedAt)} by ${recorded.record.editor}`)
  if (notice !== undefined) lines.push(`  notice    ${notice.cid}`)
  if (notice?.document !== undefined) lines.push(`  why       ${notice.document.reason}: ${notice.document.note}`)
  if (notes.length > 0) lines.push(`  notes     ${notes.join(', ')}`)
  return lines
}

function chainLines({ chain }: Verdict): readonly string[] {
  if (chain === undefined) return []
  const { block, registry, finality } = chain
  return [
    `  chain     ${chain.chain}, registry ${registry}`,
    `  block     ${block.number} ${block.hash}, ${instantOf(block.timestamp)}, ${finality}`
  ]
}

/** A verdict as plain JSON, under the same names as {@link Verdict}: CIDs as text, block numbers as decimal strings. */
export type VerdictJson = Readonly<Record<string, unknown>>

/** What {@link reportText} says, for programs; what is not known is left out. */
export function reportJson(verdict: Verdict): VerdictJson {
  const { status, cid, publisher, document, checks, standing, recorded, successor, notice, chain, notes, warnings } =
    verdict
  return {
    status,
    cid: String(cid),
    ...(publisher !== undefined && { publisher }),
    ...(standing !== undefined && { standing }),
    checks,
    ...(recorded !== undefined && { recorded: { ...recorded, root: String(recorded.root) } }),
    ...(successor !== undefined && { successor: String(successor) }),
    ...(notice !== undefined && { notice: { ...notice, cid: String(notice.cid) } }),
    ...(chain !== undefined && { chain: chainJson(chain) }),
    notes,
    warnings,
    trusted: verdict.trusted,
    ...(document !== undefined && { document })
  }
}

function chainJson({ test, block, ...chain }: NonNullable<Verdict['chain']>): VerdictJson {
  return { ...chain, ...(test !== undefined && { test }), block: { ...block, number: String(block.number) } }
}
