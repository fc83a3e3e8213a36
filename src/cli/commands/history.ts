import { type Version, history as versionsOf } from '../../archive/history.ts'
import { ArchiveError, isArchiveError } from '../../errors.ts'
import { type Command, command } from '../command.ts'
import { fitted } from '../fit.ts'
import { nameOf } from '../naming.ts'
import type { Line } from '../output.ts'
import type { Sink } from '../sink.ts'

export const history: Command = command({
  name: 'history',
  arguments: '<name>',
  summary: 'list the versions of a document, newest first',
  about: '* is what the slug names now. A version that an edition recorded has no record of its own.',
  examples: [
    ['trend-archive history edge-computing', 'yours'],
    ['trend-archive history eip155:1:0xab16…/edge-computing', "somebody else's"]
  ],
  options: {},
  async run({ host, session, out, signal }, [text = '']) {
    const name = await nameOf(text, session)
    if (name.by === 'cid') {
      const rule = 'a history is that of a slug'
      const hint = 'name it publisher/slug; `resolve` shows both of a document'
      throw new ArchiveError('INVALID_NAME', `${text}: ${rule}`, { name: text, rule }, { hint })
    }
    const ports = { sources: await session.sources(), registries: await session.registries() }
    const versions: Version[] = []
    let failure: unknown
    try {
      for await (const version of versionsOf(ports, name, { signal })) {
        versions.push(version)
        const [done, total] = [versions.length, versions[0]!.document.version]
        out.progress({ type: 'advanced', unit: 'documents', done, total }, 'reading')
      }
    } catch (error) {
      // Where bytes end, what was read before is still true.
      if (versions.length === 0 || !isArchiveError(error)) throw error
      failure = error
    }
    return {
      json: { versions: versions.map((version) => ({ ...summaryOf(version), record: version.record })) },
      lines: versions.map((version) => lineOf(version, host.stdout)),
      ...(failure !== undefined && { failure })
    }
  }
})

function standingOf({ named, record }: Version): 'current' | 'retracted' | 'superseded' {
  return record.retractedAt !== 0 ? 'retracted' : named ? 'current' : 'superseded'
}

function summaryOf(version: Version) {
  const { version: number, title, published } = version.document
  return { version: number, cid: version.cid, standing: standingOf(version), named: version.named, published, title }
}

function lineOf(version: Version, stdout: Sink): Line {
  const { version: number, cid, standing, named, published, title } = summaryOf(version)
  const style = { current: 'green', retracted: 'red', superseded: 'dim' } as const
  const mark = `${named ? '*' : ' '} ${String(number).padStart(3)}  `
  const padded = standing.padEnd(10)
  const facts = `  ${published}  ${cid}  `
  const before = mark.length + padded.length + facts.length
  return [mark, { text: padded, style: style[standing] }, facts, fitted(title, before, stdout)]
}
