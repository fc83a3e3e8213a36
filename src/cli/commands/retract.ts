import { type Concern, voiceConcern } from '../../archive/concern.ts'
import { retract as takeBack } from '../../archive/retract.ts'
import type { Glance } from '../../verdict/beside.ts'
import { glanceJson } from '../../verdict/beside-report.ts'
import type { Named } from '../../verdict/library.ts'
import { successorWarnings } from '../../verdict/look-beside.ts'
import { type Command, choice, command, flag, type Result, text } from '../command.ts'
import { namedNow } from '../naming.ts'
import type { Output } from '../output.ts'
import { receiptLine, settledLines, tellProgress } from '../publication.ts'
import { SENDING, WAITING, waitingFor } from '../sending.ts'
import { UsageError } from '../usage.ts'

export const retract: Command = command({
  name: 'retract',
  arguments: '<name>',
  summary: 'take a document back, for good',
  about:
    'The record stays, marked with the time: nobody can pretend it was never there. With a note, a notice that says ' +
    'why is pinned and named in the same transaction.',
  examples: [
    ['trend-archive retract edge-computing@2 --reason error --note "The figures were of 2023."', 'with a reason'],
    ['trend-archive retract old-study --note "Done again." --successor new-study', 'with what to read instead'],
    ['trend-archive retract bagaaiera…', 'without'],
    ['trend-archive retract --concern edge-computing --note "Figures under review."', 'takes nothing back yet']
  ],
  options: {
    ...SENDING,
    ...WAITING,
    concern: flag('--concern', 'take nothing back, only say what is the matter; an editor may do so too'),
    note: text('--note <text>', 'why, for people to read'),
    reason: choice('--reason <reason>', 'why, for programs', [
      'error',
      'fraud',
      'duplicate',
      'rights',
      'obsolete',
      'privacy',
      'other'
    ]),
    successor: text('--successor <name>', 'what to read instead: a CID or a name')
  },
  async run(
    { session, out, signal },
    [name = ''],
    { concern, note, reason, successor, wait, waitTimeout, ...sending }
  ) {
    if (note === undefined && (reason !== undefined || successor !== undefined)) {
      throw new UsageError('a reason and a successor are told in a notice, which needs a note', 'add --note <text>')
    }
    if (concern && note === undefined) throw new UsageError('a concern is told in a notice', 'add --note <text>')
    const ports = await session.writing(sending)
    const telling = { signal, onProgress: tellProgress(out) }
    const target = await namedNow(name, ports, session, telling)
    const instead = successor === undefined ? undefined : await namedNow(successor, ports, session, telling)
    const options = { ...telling, ...waitingFor({ wait, waitTimeout }), note, reason, successor: instead?.cid }
    if (concern && note !== undefined) {
      const voiced = await voiceConcern(ports, target, { ...options, note })
      noteSuccessor(target, voiced.successor, out)
      return concernResult(target, voiced)
    }
    const { status, cid, notice, receipt, settled, successor: seen } = await takeBack(ports, target, options)
    noteSuccessor(target, seen, out)
    const { slug, version } = target.document
    if (status === 'unchanged' && note !== undefined) {
      out.note('the note was not published: the document was retracted already, and nothing was sent')
    }
    return {
      json: { status, slug, version, cid, notice, receipt, settled, successor: seen && glanceJson(seen) },
      lines: [
        `${status === 'retracted' ? 'retracted' : 'was retracted already'}  ${slug}@${version}  ${cid}`,
        ...(notice === undefined ? [] : [`notice  ${notice}`]),
        ...(receipt === undefined ? [] : [receiptLine(receipt)]),
        ...settledLines(settled)
      ]
    }
  }
})

/** What its publisher may not have meant of what it names to read instead. */
function noteSuccessor(target: Named, seen: Glance | undefined, out: Output): void {
  if (seen !== undefined) for (const warning of successorWarnings(target, seen)) out.note(warning)
}

function concernResult({ document }: Named, { status, cid, notice, receipt, settled, successor }: Concern): Result {
  const { slug, version } = document
  return {
    json: { status, slug, version, cid, notice, receipt, settled, successor: successor && glanceJson(successor) },
    lines: [
      `${status === 'voiced' ? 'concern voiced about' : 'unchanged'}  ${slug}@${version}  ${cid}`,
      `notice  ${notice}`,
      ...(receipt === undefined ? [] : [receiptLine(receipt)]),
      ...settledLines(settled)
    ]
  }
}
