import { point as movePointer } from '../../archive/point.ts'
import { type Command, command, flag } from '../command.ts'
import { namedNow } from '../naming.ts'

export const point: Command = command({
  name: 'point',
  arguments: '<name>',
  summary: 'make a slug name this version of it',
  about: 'Goes back to an older version, or on to one that was recorded without its ref.',
  examples: [
    ['trend-archive point edge-computing@1', 'the slug names version 1 again'],
    ['trend-archive point --retract-skipped edge-computing@1', 'and what came after it is taken back']
  ],
  options: { retractSkipped: flag('--retract-skipped', 'retract the versions that are passed over') },
  async run({ session, signal }, [name = ''], { retractSkipped }) {
    const ports = await session.writing()
    const target = await namedNow(name, ports, session, signal)
    const moved = await movePointer(ports, target, { signal, retractSkipped })
    const { slug, version } = target.document
    const what = `${slug}@${version}  ${target.cid}`
    return {
      json: { slug, version, cid: target.cid, ...moved },
      lines: [
        moved.status === 'unchanged' ? `unchanged  ${what}` : `moved  ${what}`,
        ...moved.retracted.map((cid) => `retracted  ${cid}`)
      ]
    }
  }
})
