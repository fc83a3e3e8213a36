import { type Audit, type AuditEvent, type AuditPart, audit as lookOver } from '../../archive/audit.ts'
import type { CopyFigures } from '../../archive/elsewhere.ts'
import type { Lost } from '../../archive/heal.ts'
import { type Command, columns, command, flag, unless, value } from '../command.ts'
import { type ExitCode, OK } from '../exit.ts'
import { gauge } from '../gauge.ts'
import { publisherIn, publisherOption } from '../naming.ts'
import type { Line, Output } from '../output.ts'
import { UsageError } from '../usage.ts'

export const audit: Command = command({
  name: 'audit',
  arguments: '',
  summary: 'look over everything that is kept here, and heal what is damaged',
  about:
    'Every block is hashed and every pinned document read; SQLite checks its file. What is damaged or missing is ' +
    'fetched from the gateways and put back. Then some documents, drawn by lot, are asked for elsewhere. An audit that ' +
    'is interrupted is continued by the next. Exit codes: 0 all is sound or healed, 1 something is lost or the file ' +
    'itself is damaged, 6 something is missing and somebody who may have it did not answer.',
  examples: [
    ['trend-archive audit --gateway https://trustless-gateway.link', 'look, and heal from a gateway'],
    ['trend-archive audit --sample all --json', 'who else has each document? in figures'],
    ['trend-archive audit --chain', 'was something of yours published from elsewhere?'],
    ['trend-archive audit --no-repair --sample 0', 'only look, and ask nobody']
  ],
  options: {
    repair: unless('--no-repair', 'only look: put nothing back'),
    chain: flag('--chain', 'look up whether your slugs name documents that are not here'),
    publisher: publisherOption,
    sample: value('--sample <count>', 'for how many documents to ask elsewhere, or all (default: 20)', parseSample)
  },
  async run(context, _, { repair, sample, chain: asksChain, publisher: typed }) {
    const { session, out, signal } = context
    const ports = await session.auditing()
    const publisher = await publisherIn(typed, context)
    const chain = asksChain
      ? { registry: await session.registry(), publisher: publisher ?? (await session.publisher()) }
      : undefined
    const found = await lookOver(
      { ...ports, chain },
      { signal, repair, sample, onProgress: (event) => tell(event, out) }
    )
    return { json: jsonOf(found), lines: linesOf(found, ports.store.file), exit: exitOf(found) }
  }
})

function parseSample(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is no count`, 'a count is a number, or all')
}

const PARTS: Readonly<Record<AuditPart, string>> = {
  hash: 'hashing blocks',
  read: 'reading what is pinned',
  heal: 'putting back what is missing',
  ask: 'asking elsewhere'
}

function tell(event: AuditEvent, out: Output): void {
  out.progress(event, event.type === 'healed' ? `healed ${event.cid}` : PARTS[event.part])
}

function exitOf({ lost, faults, chain }: Audit): ExitCode {
  if (faults.length > 0) return 1
  if (lost.length === 0) return chain?.fault === undefined ? OK : 6
  return lost.every(({ transient }) => transient) ? 6 : 1
}

const jsonOf = (found: Audit) => ({
  sound: found.lost.length + found.faults.length === 0,
  ...found,
  started: instant(found.started),
  finished: instant(found.finished),
  quarantined: found.quarantined.map((one) => ({ ...one, found: instant(one.found) }))
})

function linesOf(found: Audit, file: string): readonly Line[] {
  const { blocks, documents, healed, lost, faults, quarantined, underWay, continued, started } = found
  const sound = blocks.checked - blocks.damaged
  const missed = healed.length + lost.length
  const rows = columns([
    ['blocks', gauge(sound, blocks.checked), `${sound} of ${blocks.checked} sound, ${sizeOf(blocks.bytes)}`],
    [
      'documents',
      gauge(documents.pinned - lost.length, documents.pinned),
      `${documents.pinned} pinned, ${documents.editions} of them editions${others(documents.others)}`
    ],
    ...(missed === 0 ? [] : [['healed', gauge(healed.length, missed), `${healed.length} of ${missed} put back`]]),
    ...copyRows(found)
  ])
  return [
    headline(found, file),
    ...(continued ? [`  went on with an audit of ${instant(started)}`] : []),
    ...rows.map((row) => `  ${row}`),
    ...(quarantined.length === 0 ? [] : [`  kept apart because they are damaged: ${quarantined.length}`]),
    ...(underWay === 0 ? [] : [`  of a publish that is under way: ${underWay}; run it again to finish it`]),
    ...chainLines(found),
    ...faults.map((fault): Line => ({ text: `  file: ${fault}`, style: 'red' })),
    ...lost.flatMap(lostLines),
    ...hintsOf(found)
  ]
}

function headline(found: Audit, file: string): Line {
  const { healed, lost, faults } = found
  if (faults.length > 0) return [{ text: 'damaged', style: 'red' }, `: ${file}`]
  if (lost.length > 0) return [{ text: 'not whole', style: 'red' }, `: ${lost.length} documents are lost: ${file}`]
  if (healed.length > 0) return [{ text: 'healed', style: 'green' }, `: ${healed.length} documents: ${file}`]
  return [{ text: 'sound', style: 'green' }, `: ${file}`]
}

const others = (count: number): string => (count === 0 ? '' : `, ${count} no documents`)

function copyRows({ copies }: Audit): readonly (readonly string[])[] {
  const { documents, elsewhere, sources } = copies
  if (documents === 0 || sources.length === 0) return []
  return [
    ['elsewhere', gauge(elsewhere, documents), `${elsewhere} of ${documents} asked for are kept elsewhere too`],
    ...sources.map((one) => ['', gauge(one.honest, documents), copyText(one)])
  ]
}

function copyText({ source, asked, honest, wrong, missing, unreachable, reason, median }: CopyFigures): string {
  const counts = Object.entries({ wrong, missing, unreachable }).filter(([, count]) => count > 0)
  const more = counts.map(([what, count]) => `, ${count} ${what}`).join('')
  return `${source}: ${honest} of ${asked}${more}${median === undefined ? '' : `, ${Math.round(median)} ms`}${reason === undefined ? '' : `; ${reason}`}`
}

function chainLines({ chain }: Audit): readonly Line[] {
  if (chain === undefined) return []
  const { slugs, absent, fault } = chain
  if (fault !== undefined) return [{ text: `  chain: ${fault}`, style: 'yellow' }]
  const named = `  on chain: of ${slugs} slugs that are known here, ${absent.length} name documents that are not`
  return [named, ...absent.map(({ slug, cid }) => `    ${slug}  ${cid}`)]
}

function lostLines({ cid, found, edition, reasons }: Lost): readonly Line[] {
  const listed = edition === undefined ? '' : `, listed by ${edition}`
  return [{ text: `  ${found}: ${cid}${listed}`, style: 'red' }, ...reasons.map((reason) => `    ${reason}`)]
}

function hintsOf({ lost, faults, copies, chain }: Audit): readonly Line[] {
  if (faults.length > 0) return [RESCUE]
  if (lost.some(({ transient }) => transient)) return ['hint: somebody did not answer; try again later']
  if (lost.length > 0) return ['hint: name somebody who has them with --gateway, or publish them again']
  const [absent] = chain?.absent ?? []
  if (absent !== undefined) return [`hint: keep it here as well with: trend-archive pin ${absent.cid}`]
  const [wrong] = copies.sources.filter((one) => one.wrong > 0)
  return wrong === undefined ? [] : [`hint: ${wrong.source} sends other bytes than it is asked for; do without it`]
}

const RESCUE =
  'hint: rescue what can be read with: trend-archive export --all -o rescued.car; then move the file away and import that'

const instant = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function sizeOf(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  const size = bytes / 1024 ** power
  return `${power === 0 ? size : size.toFixed(1)} ${UNITS[power]}`
}
