import { publishEdition } from '../../archive/edition.ts'
import { type Command, command, flag, unless } from '../command.ts'
import { editionAmong, readDrafts } from '../drafts.ts'
import { publisherIn, publisherOption } from '../naming.ts'
import { tellMisdeclared, tellProgress, tellPublication } from '../publication.ts'
import { SENDING, WAITING, waitingFor } from '../sending.ts'

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
    ...SENDING,
    ...WAITING,
    dryRun: flag('--dry-run', 'show CIDs, what is filled in, gas and fee, and change nothing'),
    revert: flag('--revert', 'publish drafts that equal older versions as new ones'),
    refs: unless('--no-refs', "do not move the members' own refs"),
    publisher: publisherOption
  },
  async run(context, paths, { dryRun, revert, refs, publisher: typed, wait, waitTimeout, ...sending }) {
    const { session, out, signal } = context
    const publisher = await publisherIn(typed, context)
    const { edition: head, members } = editionAmong(await readDrafts(context, paths))
    const ports = dryRun ? await session.estimating(sending) : await session.writing(sending)
    const memberDrafts = members.map(({ draft }) => draft)
    const waiting = waitingFor({ wait, waitTimeout })
    const options = {
      signal,
      dryRun,
      revert,
      refs,
      publisher,
      ...waiting,
      onProgress: tellProgress(out),
      onPlanned: tellMisdeclared(out)
    }
    const publication = await publishEdition(ports, head.draft, memberDrafts, options)
    const drafts = [...memberDrafts, head.draft]
    const steps = [...publication.steps, publication.edition]
    return await tellPublication({ command: 'edition', ports, publication, drafts, steps, dryRun }, context)
  }
})
