import { instantOf } from '../document/instant.ts'
import { besideJson, besideLines } from './beside-report.ts'
import type { Note } from './evidence.ts'
import type { Recording, Verdict } from './judge.ts'

const MARKS = { pass: '✓', fail: '✗', unknown: '?' } as const

/**
 * A verdict for people, a line at a time. The first line says what and who: where nobody said which publishers to
 * accept, that is what a reader has to look at. Texts come from documents and nodes: escape them for a terminal.
 */
export function reportText(verdict: Verdict): readonly string[] {
  const { cid, did, document, checks, warnings, trusted } = verdict
  const names = checks.map(({ name }) => name)
  const width = Math.max(...names.map((name) => name.length))
  return [
    headline(verdict),
    `  cid       ${cid}`,
    ...(did === undefined ? [] : [`  did       ${did}`]),
    ...(document === undefined
      ? []
      : [`  document  ${document.type} ${document.slug}, version ${document.version}: ${document.title}`]),
    ...checks.map(
      ({ name, outcome, detail, trusted: whom }) =>
        `  ${MARKS[outcome]} ${name.padEnd(width)}  ${detail}${whom === 'nobody' ? '' : ` (trusting ${whom})`}`
    ),
    ...standingLines(verdict),
    ...(verdict.beside === undefined ? [] : besideLines(verdict.beside)),
    ...chainLines(verdict),
    ...disagreementLines(verdict),
    `  trusting  ${trusted.length === 0 ? 'nobody' : trusted.join(', ')}`,
    ...(verdict.loosened.length === 0 ? [] : [`  loosened  ${verdict.loosened.join(', ')}`]),
    ...warnings.map((warning) => `  warning: ${warning}`)
  ]
}

/** What, and who. Only a verified document is somebody's; any other merely says so of itself. */
function headline({ status, publisher, standing, tier, checks }: Verdict): string {
  const isRecorded = checks.some(({ name, outcome }) => name === 'registered' && outcome === 'pass')
  if (publisher === undefined) return status
  if (tier === 'signed' && standing !== 'retracted') return `${status}: signed by ${publisher}, not recorded`
  if (status === 'verified') return `verified: published by ${publisher}`
  if (standing === 'retracted' && (isRecorded || tier === 'signed'))
    return `${status}: taken back by its publisher, ${publisher}`
  return isRecorded ? `${status}: published by ${publisher}` : `${status}: says it is by ${publisher}`
}

const SENTENCES: Readonly<Record<Note, string>> = {
  FORK: 'the publisher names another document under this version number',
  AHEAD: 'the publisher names an earlier version, and has not recorded this one',
  ROLLED_BACK: 'the publisher moved back to an earlier version',
  FOREIGN_HEAD: 'the ref names a document of another publisher, slug or type',
  DISOWNED: 'recorded by an editor whom the publisher has disowned since',
  WENT_BACK: 'the publisher named a higher version before, or what is named is withheld',
  FINALITY_VIOLATED: 'a block that was accepted as final is no longer of this chain'
}

/** Whose act a record was: an editor's is its publisher's for as long as it is not disowned. */
const recorderOf = ({ publisher }: Verdict, { record: { editor } }: Recording): string =>
  publisher?.endsWith(`:${editor}`) ? editor : `editor ${editor}`

function standingLines(verdict: Verdict): readonly string[] {
  const { standing, tier, successor, recorded, notice, notes } = verdict
  const lines: string[] = []
  if (tier !== undefined) lines.push(`  tier      ${tier}`)
  if (standing !== undefined) lines.push(`  standing  ${standing}`)
  if (successor !== undefined) lines.push(`  newer     ${successor}`)
  if (recorded !== undefined) {
    const when = instantOf(recorded.record.publishedAt)
    lines.push(`  recorded  no later than ${when}, by ${recorderOf(verdict, recorded)}`)
  }
  if (notice !== undefined) lines.push(`  notice    ${notice.cid}`)
  if (notice?.document !== undefined) {
    const { action, reason, note } = notice.document
    lines.push(`  ${action === 'concern' ? 'concern' : 'why    '}   ${reason}: ${note}`)
  }
  const instead = notice?.document?.successor
  if (instead !== undefined) lines.push(`  instead   ${instead}`)
  for (const note of notes) lines.push(`  note      ${SENTENCES[note]}`)
  return lines
}

function disagreementLines({ disagreement }: Verdict): readonly string[] {
  if (disagreement === undefined) return []
  const { question, answers } = disagreement
  return [`  disputed  ${question}`, ...answers.map(({ reader, answer }) => `    ${reader}: ${answer}`)]
}

function chainLines({ chain }: Verdict): readonly string[] {
  if (chain === undefined) return []
  const { block, registry, finality, untagged } = chain
  const sure = untagged === undefined ? finality : `${finality}: the node tells no ${untagged} block`
  return [
    `  chain     ${chain.chain}, registry ${registry}`,
    `  block     ${block.number} ${block.hash}, ${instantOf(block.timestamp)}, ${sure}`
  ]
}

/** A verdict as plain JSON, under the same names as {@link Verdict}: CIDs as text, block numbers as decimal strings. */
export type VerdictJson = Readonly<Record<string, unknown>>

/** What {@link reportText} says, for programs; what is not known is left out. */
export function reportJson(verdict: Verdict): VerdictJson {
  const { tier, signatures } = verdict
  const {
    status,
    cid,
    publisher,
    did,
    document,
    checks,
    standing,
    recorded,
    successor,
    notice,
    chain,
    notes,
    warnings
  } = verdict
  return {
    status,
    cid: String(cid),
    ...(publisher !== undefined && { publisher }),
    ...(did !== undefined && { did }),
    ...(tier !== undefined && { tier }),
    ...(standing !== undefined && { standing }),
    checks,
    ...(signatures.length > 0 && { signatures }),
    ...(recorded !== undefined && { recorded: { ...recorded, root: String(recorded.root) } }),
    ...(successor !== undefined && { successor: String(successor) }),
    ...(notice !== undefined && { notice: { ...notice, cid: String(notice.cid) } }),
    ...(chain !== undefined && { chain: chainJson(chain) }),
    notes,
    warnings,
    ...(verdict.beside !== undefined && besideJson(verdict.beside)),
    trusted: verdict.trusted,
    loosened: verdict.loosened,
    ...(verdict.disagreement !== undefined && { disagreement: verdict.disagreement }),
    ...recalledJson(verdict.recalled),
    ...(document !== undefined && { document })
  }
}

function recalledJson(recalled: Verdict['recalled']): VerdictJson {
  if (recalled?.newer === undefined && recalled?.violation === undefined) return {}
  const { newer, violation } = recalled
  const told = violation && { ...violation, number: String(violation.number) }
  return { recalled: { ...(newer !== undefined && { newer }), ...(told !== undefined && { violation: told }) } }
}

function chainJson({ test, block, ...chain }: NonNullable<Verdict['chain']>): VerdictJson {
  return { ...chain, ...(test !== undefined && { test }), block: { ...block, number: String(block.number) } }
}
