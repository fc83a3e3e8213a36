import { list as listPinned } from '../../archive/list.ts'
import { type Command, columns, command } from '../command.ts'

export const list: Command = command({
  name: 'list',
  arguments: '',
  summary: 'list the documents that are pinned here',
  examples: [['trend-archive list', 'by publisher, slug and version']],
  options: {},
  async run({ session, signal }) {
    const ports = { pinned: await session.pins(), sources: await session.sources() }
    const found = await listPinned(ports, { signal })
    const documents = found.map(({ cid, document: { type, publisher, slug, version, title } }) => {
      return { cid, type, publisher, slug, version, title }
    })
    const rows = documents.map(({ cid, type, slug, version, title }) => [
      `${slug}@${version}`,
      type,
      String(cid),
      title
    ])
    return { json: { documents }, lines: rows.length === 0 ? ['nothing is pinned here'] : columns(rows) }
  }
})
