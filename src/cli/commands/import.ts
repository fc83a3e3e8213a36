import { type Imported, importCar } from '../../archive/import.ts'
import { ArchiveError } from '../../errors.ts'
import type { Advance } from '../../options.ts'
import { openStream } from '../car-file.ts'
import { type Command, command, flag, type Result } from '../command.ts'
import { titleOf } from '../files.ts'

export const importCommand: Command = command({
  name: 'import',
  arguments: '<file>',
  summary: 'pin the documents of a CAR file, each one verified',
  about:
    'Every byte is hashed against its CID before it is kept. The roots are pinned, what an edition among them lists is ' +
    'kept on its behalf, and what else there is in its own right. An import that was interrupted is run again. Where ' +
    'the file lacks a root, or a document that an edition lists, and it is not here either, the exit code is 5.',
  examples: [
    ['trend-archive import radar-2026.car', 'from export, or from any IPFS tool'],
    ['ipfs dag export bagaaiera… | trend-archive import -', 'from a Kubo node'],
    ['curl -sL "https://trustless-gateway.link/ipfs/bagaaiera…?format=car" | trend-archive import -', 'from a gateway']
  ],
  options: {
    strict: flag('--strict', 'refuse a file with blocks that the archive does not keep, rather than leave them out'),
    partial: flag('--partial', 'the file need not have everything that its roots list')
  },
  async run({ host, session, out, signal }, [file = ''], { strict, partial }) {
    // The file comes first: a wrong name is found out before anything is made on disk.
    await using stream = await openStream(host, file)
    const here = await session.local()
    const { chunks, size } = stream
    const onProgress = (event: Advance): void => out.progress(event, 'importing')
    const imported = await importCar({ sinks: [here], here }, chunks, { strict, signal, onProgress, size })
    const { foreign, others } = imported
    if (foreign > 0) out.note(`${foreign} blocks were left out: the archive keeps CIDv1, json, sha2-256 alone`)
    if (others > 0) out.note(`${others} of what was pinned are JSON, but no trend documents`)
    return resultOf(titleOf(file), imported, partial)
  }
})

/** So many are named; more would hide what else is said. */
const NAMED = 5

function resultOf(file: string, { roots, added, known, foreign, others, missing }: Imported, partial: boolean): Result {
  const total = added + known
  const some = `${total} document${total === 1 ? '' : 's'}`
  return {
    json: { roots, added, known, foreign, others, missing },
    lines: [`imported ${some} from ${file}: ${added} new, ${known} known, ${foreign} left out`],
    ...(missing.length > 0 && !partial && { failure: incomplete(file, missing) })
  }
}

function incomplete(file: string, missing: readonly string[]): ArchiveError<'NOT_FOUND'> {
  const [first = ''] = missing
  const more = missing.length > NAMED ? `, and ${missing.length - NAMED} more` : ''
  const rule = `${file} lacks ${missing.length} of what it is about: ${missing.slice(0, NAMED).join(', ')}${more}`
  const hint = 'what it has is pinned; get the whole file, or say --partial if it is meant to be so'
  return new ArchiveError('NOT_FOUND', rule, { name: first }, { hint })
}
