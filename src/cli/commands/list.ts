import { list as listPinned } from '../../archive/list.ts'
import { type Command, columns, command, flag } from '../command.ts'
import { fitted } from '../fit.ts'
import { holdingLines, holdingsOf } from '../holding.ts'

export const list: Command = command({
  name: 'list',
  arguments: '',
  summary: 'list the documents that are pinned here',
  about: 'The publisher is shown where there are several. With --held also what only remotes were asked to keep.',
  examples: [
    ['trend-archive list', 'by publisher, slug and version'],
    ['trend-archive list --held', 'who holds each of them, and when that was checked']
  ],
  options: { held: flag('--held', 'show who holds them; nobody is asked') },
  async run(context, _, { held }) {
    const { host, session, signal } = context
    if (held) {
      const documents = await holdingsOf(context)
      return { json: { documents }, lines: documents.length === 0 ? [NOTHING] : holdingLines(documents) }
    }
    const ports = { pinned: await session.pins(), sources: await session.sources() }
    const found = await listPinned(ports, { signal })
    const documents = found.map(({ cid, document: { type, publisher, slug, version, title } }) => {
      return { cid, type, publisher, slug, version, title }
    })
    const severalPublish = new Set(documents.map(({ publisher }) => publisher)).size > 1
    const rows = columns(
      documents.map(({ cid, type, publisher, slug, version }) => [
        ...(severalPublish ? [publisher] : []),
        `${slug}@${version}`,
        type,
        String(cid)
      ])
    )
    const lines = rows.map((row, i) => `${row}  ${fitted(documents[i]!.title, row.length + 2, host.stdout)}`)
    return { json: { documents }, lines: lines.length === 0 ? [NOTHING] : lines }
  }
})

const NOTHING = 'nothing is pinned here'
