import { allPinned, cidsOf, exportCar, withMembers } from '../../archive/export.ts'
import type { Name } from '../../archive/name.ts'
import type { TrendCid } from '../../block/cid.ts'
import { ArchiveError } from '../../errors.ts'
import type { Advance } from '../../options.ts'
import { pipeTo, writeStream } from '../car-file.ts'
import { type Command, type Context, command, flag, text, unless } from '../command.ts'
import { readInput, titleOf } from '../files.ts'
import { nameOf } from '../naming.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage.ts'

const STDOUT = '-'
/** A list of names may be longer than a document. */
const MAX_LIST_BYTES = 16 * 1024 * 1024

export const exportCommand: Command = command({
  name: 'export',
  arguments: '[name...]',
  summary: 'write documents into a CAR file, which import and every IPFS node read',
  about:
    'An edition brings the documents it lists. The same names give the same bytes, as long as they mean the same ' +
    'documents: a CID always does. What is not here is read from the gateways. A file is there whole or not at all; of ' +
    'stdout believe the exit code. Kubo reads it with ipfs dag import, and pins its roots alone: say --flat for it.',
  examples: [
    ['trend-archive export radar-2026 -o radar-2026.car', 'your edition and all it lists'],
    ['trend-archive export edge-computing --history -o edge.car', 'every version of a document'],
    ['trend-archive export --all -o archive.car', 'everything that is pinned here'],
    ['trend-archive export bagaaiera… --flat | ipfs dag import --stats', 'into a Kubo node']
  ],
  options: {
    output: text('-o, --output <file>', 'where to write; - is stdout, which must be no terminal (default: -)'),
    force: flag('--force', 'overwrite the file'),
    names: text('--names <file>', 'read names from a file, one a line; - is stdin'),
    all: flag('--all', 'everything that is pinned here'),
    members: unless('--no-members', 'an edition alone, without what it lists'),
    history: flag('--history', 'with every version before'),
    flat: flag('--flat', 'make everything a root, for tools that pin roots alone, as Kubo and Helia do')
  },
  async run(context, args, { output = STDOUT, force, names, all, members, history, flat }) {
    const { host, session, out, signal } = context
    checkOutput(context, output)
    const named = [...args, ...(names === undefined ? [] : await namesIn(context, names))]
    if (all === named.length > 0) throw new UsageError('name what to export, or say --all; not both')
    if (flat && (all || !members)) throw new UsageError('--flat is for what is named, with what editions list')
    if (all && history) throw new UsageError('--all has every version that is pinned here already')
    const here = (await session.store()) === undefined ? undefined : await session.local()
    const ports = { here, sources: await session.gateways() }
    const { roots, ...contents } = all
      ? await pinnedHere(session, signal)
      : { roots: await meant(named, session, { history, signal }), members }
    const spread = flat ? await withMembers(ports, [...roots], { signal }) : roots
    const tell = (event: Advance): void => out.progress(event, 'exporting')
    let documents = 0
    const onProgress = (event: Advance): void => {
      documents = event.done
      tell(event)
    }
    const chunks = exportCar(ports, spread, { ...contents, signal, onProgress })
    const bytes =
      output === STDOUT ? await pipeTo(host.stdout, chunks, signal) : await writeStream(host, output, chunks, { force })
    const count = documents === 1 ? '1 document' : `${documents} documents`
    return {
      // What names meant is worth telling; of everything it would be a list of all that there is.
      json: { file: output === STDOUT ? null : output, documents, bytes, ...(!all && { roots: [...roots] }) },
      lines: output === STDOUT ? [] : [`exported ${count}, ${bytes} bytes, to ${output}`]
    }
  }
})

function checkOutput({ host, out }: Context, output: string): void {
  if (output !== STDOUT) return
  if (out.json) throw new UsageError('with --json stdout is one JSON document', 'name a file with -o')
  if (host.stdout.isTTY)
    throw new UsageError('a CAR is nothing to read on a terminal', 'name a file with -o, or pipe it')
}

async function namesIn({ host }: Context, file: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await readInput(host, file, MAX_LIST_BYTES))
  const names = text.split(/\r?\n/).map((line) => line.trim())
  const found = names.filter((name) => name !== '')
  if (found.length === 0) throw new UsageError(`${titleOf(file)}: there is no name in it`, 'one name a line')
  return found
}

async function meant(
  texts: readonly string[],
  session: Session,
  options: { readonly history: boolean; readonly signal: AbortSignal }
): Promise<readonly TrendCid[]> {
  const names: Name[] = []
  for (const text of texts) names.push(await nameOf(text, session))
  const registries = names.some(({ by }) => by === 'ref') ? await session.registries() : []
  return await cidsOf({ sources: await session.sources(), registries }, names, options)
}

/** What is pinned is all that is meant by everything: what an edition lists besides need not be anywhere. */
async function pinnedHere(session: Session, signal: AbortSignal) {
  const { roots, also } = await allPinned(await session.pins(), { signal })
  if (also.count > 0) return { roots, also, members: false }
  const hint = 'pin something first: publish a draft, or take a CAR in with trend-archive import FILE'
  throw new ArchiveError('NOT_FOUND', 'nothing is pinned here', { name: '--all' }, { hint })
}
