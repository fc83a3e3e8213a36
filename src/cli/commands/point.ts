import { point as movePointer } from '../../archive/point.ts'
import { resolve } from '../../archive/resolve.ts'
import type { TrendCid } from '../../block/cid.ts'
import type { BlockSource } from '../../block/source.ts'
import type { Named } from '../../verdict/library.ts'
import { type Command, command, flag } from '../command.ts'
import { namedNow, publisherIn, publisherOption } from '../naming.ts'
import { receiptLine, settledLines, tellProgress } from '../publication.ts'
import { SENDING, WAITING, waitingFor } from '../sending.ts'

export const point: Command = command({
  name: 'point',
  arguments: '<name>',
  summary: 'make a slug name this version of it',
  about: 'Goes back to an older version, or on to one that was recorded without its ref.',
  examples: [
    ['trend-archive point edge-computing@1', 'the slug names version 1 again'],
    ['trend-archive point --retract-skipped edge-computing@1', 'and what came after it is taken back'],
    ['trend-archive point --publisher eip155:1:0xab16… edge-computing@1', 'as an editor of theirs']
  ],
  options: {
    ...SENDING,
    ...WAITING,
    retractSkipped: flag('--retract-skipped', 'retract the versions that are passed over; not for editors'),
    publisher: publisherOption
  },
  async run(context, [name = ''], { retractSkipped, publisher: typed, wait, waitTimeout, ...sending }) {
    const { session, out, signal } = context
    const publisher = await publisherIn(typed, context)
    const ports = await session.writing(sending)
    const options = { signal, onProgress: tellProgress(out) }
    const target = await namedNow(name, ports, session, options, publisher)
    const moved = await movePointer(ports, target, { ...options, ...waitingFor({ wait, waitTimeout }), retractSkipped })
    const { slug, version } = target.document
    if (moved.status === 'moved' && (await isStepBack(ports.sources, moved.from, target, signal))) {
      const again = `the next version of ${slug} takes the number ${version + 1} again`
      const mend = 'to go back with a new version instead: trend-archive publish --revert'
      out.note(`${again}, so two documents of one number may exist; ${mend}`)
    }
    const what = `${slug}@${version}  ${target.cid}`
    return {
      json: { slug, version, cid: target.cid, ...moved },
      lines: [
        moved.status === 'unchanged' ? `unchanged  ${what}` : `moved  ${what}`,
        ...moved.retracted.map((cid) => `retracted  ${cid}`),
        ...(moved.receipt === undefined ? [] : [receiptLine(moved.receipt)]),
        ...settledLines(moved.settled)
      ]
    }
  }
})

/** Whether a slug named a higher version before; where that cannot be read any more, nothing is said of it. */
async function isStepBack(
  sources: readonly BlockSource[],
  from: TrendCid | undefined,
  { document: { type, slug, version } }: Named,
  signal: AbortSignal
): Promise<boolean> {
  if (from === undefined || type === 'notice') return false
  try {
    const { document } = await resolve({ sources, registries: [] }, { by: 'cid', cid: from }, { signal })
    return document.slug === slug && document.version > version
  } catch {
    return false
  }
}
