import { list as listPinned } from '../../archive/list.ts'
import { type Command, columns, command } from '../command.ts'
import { fitted } from '../fit.ts'

export const list: Command = command({
  name: 'list',
  arguments: '',
  summary: 'list the documents that are pinned here',
  about: 'The publisher is shown where there are several.',
  examples: [['trend-archive list', 'by publisher, slug and version']],
  options: {},
  async run({ host, session, out, signal }) {
    const ports = { pinned: await session.pins(), sources: await session.sources() }
    const found = await listPinned(ports, { signal, onProgress: (event) => out.progress(event, 'reading') })
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
    return { json: { documents }, lines: lines.length === 0 ? ['nothing is pinned here'] : lines }
  }
})
