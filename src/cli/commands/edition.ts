import { publishEdition } from '../../archive/edition.ts'
import { type Command, command, flag, unless } from '../command.ts'
import { editionAmong, readDrafts } from '../drafts.ts'
import { noteTime, publicationResult, tellProgress } from '../publication.ts'

export const edition: Command = command({
  name: 'edition',
  arguments: '<file...>',
  summary: 'publish many drafts and the edition that lists them, as one',
  about:
    'Takes the draft of an edition and those of its members, or a folder that holds them: exactly one must be of type ' +
    'edition. All are pinned, and one transaction records them.',
  examples: [
    ['trend-archive edition 2025/', 'a folder whose edition.json is the edition'],
    ['trend-archive edition edition.json edge.md rust.md', 'the same, file by file'],
    ['trend-archive edition --no-refs 2025/', 'cheaper: only the edition names its members']
  ],
  options: {
    dryRun: flag('--dry-run', 'show CIDs, gas and fee, and change nothing'),
    revert: flag('--revert', 'publish drafts that equal older versions as new ones'),
    refs: unless('--no-refs', "do not move the members' own refs")
  },
  async run({ host, session, out, signal }, paths, { dryRun, revert, refs }) {
    const { edition: head, members } = editionAmong(await readDrafts(host, paths))
    const ports = dryRun ? await session.estimating() : await session.writing()
    const drafts = members.map(({ draft }) => draft)
    const options = { signal, dryRun, revert, refs, onProgress: tellProgress(out) }
    const published = await publishEdition(ports, head.draft, drafts, options)
    if (dryRun) noteTime([...drafts, head.draft], [...published.steps, published.edition], out)
    return publicationResult(published, [...published.steps, published.edition], { dryRun })
  }
})
