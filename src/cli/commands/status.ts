import { publishEdition } from '../../archive/edition.ts'
import { plan, type Step } from '../../archive/plan.ts'
import type { WritePorts } from '../../archive/ports.ts'
import type { PublishOptions } from '../../archive/publish.ts'
import type { TrendCid } from '../../block/cid.ts'
import { parsePublisher } from '../../document/publisher.ts'
import { type Command, columns, command } from '../command.ts'
import { type DraftFile, editionAmong, onlyTrends, readDrafts } from '../drafts.ts'
import { titleOf } from '../files.ts'
import { publisherIn, publisherOption } from '../naming.ts'
import { statusOf, tellAdvance } from '../publication.ts'

export const status: Command = command({
  name: 'status',
  arguments: '<file...>',
  summary: 'say what publishing these drafts would do',
  about: 'new, changed or unchanged, for each draft. Nothing is changed, and no key is needed.',
  examples: [
    ['trend-archive status report.md', 'would it be a new version?'],
    ['trend-archive status drafts/', 'every draft of a folder, and its edition if there is one']
  ],
  options: { publisher: publisherOption },
  async run(context, paths, { publisher: typed }) {
    const { session, out, signal } = context
    const publisher = await publisherIn(typed, context)
    const files = await readDrafts(context, paths)
    // Whose drafts they are says what would become of them, whoever sends.
    const ports = await session.planning(publisher && parsePublisher(publisher).address)
    const isEdition = files.some(({ draft }) => draft.type === 'edition')
    const options = { signal, onProgress: tellAdvance(out) }
    const told = isEdition ? await editionStatus(ports, files, options) : await draftStatus(ports, files, options)
    return {
      json: { drafts: told },
      lines: columns(told.map(({ state, slug, version, file }) => [state, `${slug}@${version}`, titleOf(file)]))
    }
  }
})

interface Told {
  readonly file: string
  readonly slug: string
  readonly state: ReturnType<typeof statusOf>
  readonly version: number
  readonly cid?: TrendCid
}

async function draftStatus(
  ports: WritePorts,
  files: readonly DraftFile[],
  options: PublishOptions
): Promise<readonly Told[]> {
  const steps = await plan(
    ports,
    onlyTrends(files).map(({ draft }) => draft),
    options
  )
  return steps.map((step, i) => tell(files[i]!.file, step))
}

async function editionStatus(
  ports: WritePorts,
  files: readonly DraftFile[],
  options: PublishOptions
): Promise<readonly Told[]> {
  const { edition, members } = editionAmong(files)
  const drafts = members.map(({ draft }) => draft)
  const planned = await publishEdition(ports, edition.draft, drafts, { ...options, dryRun: true })
  return [...planned.steps.map((step, i) => tell(members[i]!.file, step)), tell(edition.file, planned.edition)]
}

function tell(file: string, step: Step): Told {
  const { slug, named } = step
  const { version } = named.document
  // What is not published yet has no CID yet: the time of publication is part of it.
  return { file, slug, state: statusOf(step), version, ...(step.status === 'unchanged' && { cid: named.cid }) }
}
