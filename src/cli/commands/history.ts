import type { Fork } from '../../archive/forks.ts'
import {
  endError,
  type History,
  history as historyOf,
  type Recorded,
  type Version,
  type VersionStanding
} from '../../archive/history.ts'
import { parseCid } from '../../block/cid.ts'
import { sayEdit } from '../../document/edit-text.ts'
import { instantOf } from '../../document/instant.ts'
import { glanceJson } from '../../verdict/beside-report.ts'
import { describeGlance } from '../../verdict/cited.ts'
import { type Command, command, values } from '../command.ts'
import { fitted } from '../fit.ts'
import { nameOf } from '../naming.ts'
import type { Line } from '../output.ts'
import type { Sink } from '../sink.ts'

export const history: Command = command({
  name: 'history',
  arguments: '<name>',
  summary: 'list the versions of a document, newest first, and what does not fit',
  about:
    '* is what the slug names now. Every link is checked down to version 1; of each version it is told how it is recorded, ' +
    'by whom, and what it changed. Missing bytes, broken links and forks are named, and then it is not complete.',
  examples: [
    ['trend-archive history edge-computing', 'yours'],
    ['trend-archive history eip155:1:0xab16…/edge-computing', "somebody else's"],
    ['trend-archive history bagaaiera…', 'of a document, down from it and up to what is named now']
  ],
  options: {
    hint: values('--hint <cid>', 'a document that may be another version of it; repeatable', parseCid)
  },
  async run({ host, session, out, signal }, [text = ''], { hint: hints }) {
    const name = await nameOf(text, session)
    const ports = { sources: await session.sources(), registries: await session.registries() }
    const told = await historyOf(ports, name, {
      signal,
      hints,
      onProgress: (event) => out.progress(event, 'reading')
    })
    const failure = endError(told)
    return {
      json: jsonOf(told),
      lines: [...told.versions.flatMap((version) => linesOf(version, host.stdout)), ...summaryLines(told)],
      ...(failure !== undefined && { failure })
    }
  }
})

const STYLES: Readonly<Record<VersionStanding, 'green' | 'red' | 'dim' | 'yellow'>> = {
  current: 'green',
  superseded: 'dim',
  unnamed: 'dim',
  retracted: 'red',
  disowned: 'red',
  unrecorded: 'yellow'
}

/** How many edits of a version are told; `diff` tells all. */
const MOST_EDITS = 3

function linesOf(version: Version, stdout: Sink): readonly Line[] {
  const { cid, standing, named, document, edits, declared } = version
  const mark = `${named ? '*' : ' '} ${String(document.version).padStart(3)}  `
  const padded = standing.padEnd(10)
  const facts = `  ${document.published}  ${cid}  `
  const before = mark.length + padded.length + facts.length
  const weighty = edits.filter(({ weight }) => weight === 'substantive')
  const shown = weighty.length > 0 ? weighty : edits
  const more = edits.length - Math.min(shown.length, MOST_EDITS)
  return [
    [mark, { text: padded, style: STYLES[standing] }, facts, fitted(document.title, before, stdout)],
    detail(sayRecorded(version)),
    ...noticeLines(version),
    ...shown.slice(0, MOST_EDITS).map((edit) => detail(sayEdit(edit))),
    ...(more > 0 ? [detail(`and ${more} more: trend-archive diff ${cid}`)] : []),
    ...declared.map((finding) => warning(`${finding.code}: ${finding.detail}`))
  ]
}

const INDENT = ' '.repeat(7)
const detail = (text: string): Line => ({ text: `${INDENT}${text}`, style: 'dim' })
const warning = (text: string): Line => ({ text: `${INDENT}${text}`, style: 'yellow' })

function sayRecorded({ recorded, document, cid }: Version): string {
  const by = ({ editor, publishedAt }: { readonly editor: string; readonly publishedAt: number }): string =>
    `${instantOf(publishedAt)} by ${document.publisher.endsWith(`:${editor}`) ? 'its publisher' : `editor ${editor}`}`
  switch (recorded.how) {
    case 'alone':
      return `recorded ${by(recorded.record)}`
    case 'edition':
      return recorded.root.equals(cid)
        ? `recorded ${by(recorded.record)}`
        : `recorded ${by(recorded.record)}, through the edition ${recorded.root}`
    case 'lineage':
      return recorded.record === undefined
        ? 'not recorded: only what is named leads back to it'
        : `recorded no later than ${instantOf(recorded.record.publishedAt)}: only a later version leads back to it`
    case 'named':
      return 'not recorded, only named'
    case 'nobody':
      return 'not recorded'
  }
}

function noticeLines({ retractedAt, notice, instead, standing }: Version): readonly Line[] {
  const text = notice?.document
  const why = text === undefined ? '' : `: ${text.reason}, ${JSON.stringify(text.note)}`
  const to = text?.successor
  const fate = instead === undefined ? undefined : describeGlance(instead)
  return [
    ...(retractedAt !== 0
      ? [detail(`taken back ${instantOf(retractedAt)}${why}`)]
      : text?.action === 'concern'
        ? [warning(`a concern${why}`)]
        : []),
    ...(standing === 'disowned' ? [detail('recorded by an editor whom its publisher has disowned')] : []),
    ...(to === undefined ? [] : [detail(`to read instead: ${to}`)]),
    ...(fate === undefined ? [] : [warning(`which is one ${fate.replace(/^(?:of |about )?which /, 'that ')}`)])
  ]
}

function summaryLines({ versions, end, complete, forks, gaps, block, canonical, registry }: History): readonly Line[] {
  const count = `${versions.length} ${versions.length === 1 ? 'version' : 'versions'}`
  const bad = (text: string): Line => ({ text, style: 'yellow' })
  return [
    ...forks.map((fork) => bad(sayFork(fork))),
    ...gaps.map((gap) => bad(`gap: ${gap}`)),
    ...(end.at === 'first' ? [] : [bad(`${end.at}: version ${end.version} follows ${end.previous}: ${end.why}`)]),
    complete && forks.length === 0
      ? `complete: ${count}, down to the first`
      : bad(`${complete ? 'complete, but forked' : 'not complete'}: ${count}`),
    `read at block ${block.number}, ${block.finality}, trusting ${registry.trust}`,
    ...(canonical ? [] : [bad(`block ${block.number} left the chain meanwhile: ask again`)])
  ]
}

function sayFork({ version, cid, by, root, record }: Fork): string {
  const LEADS = { ref: 'its publisher names', edition: `the edition ${root} lists`, hint: 'you named' } as const
  const when =
    record === undefined || record.publishedAt === 0
      ? 'not recorded alone'
      : record.retractedAt === 0
        ? `recorded ${instantOf(record.publishedAt)}`
        : `recorded ${instantOf(record.publishedAt)} and taken back`
  return `fork: version ${version} is also ${cid}, to which what ${LEADS[by]} leads; ${when}`
}

function jsonOf({ versions, end, block, registry, ...told }: History): unknown {
  return {
    ...told,
    registry,
    block: { ...block, number: String(block.number) },
    end: end.at === 'first' ? end : { at: end.at, version: end.version, previous: end.previous, why: end.why },
    versions: versions.map(({ document, recorded, instead, edits, declared, notice, ...version }) => ({
      version: document.version,
      ...version,
      published: document.published,
      title: document.title,
      recorded: recordedJson(recorded),
      ...(document.type !== 'notice' && document.change !== undefined && { change: document.change }),
      ...(notice !== undefined && { notice }),
      ...(instead !== undefined && { instead: glanceJson(instead) }),
      edits,
      declared
    }))
  }
}

const recordedJson = (recorded: Recorded): unknown =>
  'root' in recorded ? { ...recorded, root: String(recorded.root) } : recorded
