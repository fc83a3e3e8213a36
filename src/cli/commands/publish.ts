import { publish as publishDrafts } from '../../archive/publish.ts'
import { type Command, command, flag, maybe } from '../command.ts'
import { onlyTrends, readDrafts } from '../drafts.ts'
import { publisherIn, publisherOption } from '../naming.ts'
import { withProofs } from '../proving.ts'
import { tellMisdeclared, tellProgress, tellPublication } from '../publication.ts'
import { SENDING, WAITING, waitingFor } from '../sending.ts'

export const publish: Command = command({
  name: 'publish',
  arguments: '<file...>',
  summary: 'pin drafts and record them on the registry',
  about:
    'A draft is Markdown (a title and some text are enough; YAML front matter adds more) or JSON; - is stdin, and a ' +
    'folder stands for the drafts in it. All of them are checked before anything is pinned or sent. What is published ' +
    'already is left alone, so it can be run again at any time.',
  examples: [
    ['trend-archive publish report.md', 'the first version, or the next one'],
    ['trend-archive publish --dry-run drafts/', 'what would happen, with CIDs, gas and fee'],
    ['trend-archive publish --revert old.md', 'go back to what an earlier version said, as a new version'],
    ['trend-archive publish --publisher eip155:1:0xab16… report.md', 'as an editor, with your own key'],
    ['trend-archive publish --wait final report.md', 'stay until no reorganisation can take it back'],
    ['trend-archive publish --prove=proofs report.md', 'with a file that proves it, while any node still can'],
    ['trend-archive publish --speed-up report.md', 'where what was sent before is stuck, as it offered too little']
  ],
  options: {
    ...SENDING,
    ...WAITING,
    dryRun: flag('--dry-run', 'show CIDs, what is filled in, gas and fee, and change nothing'),
    revert: flag('--revert', 'publish a draft that equals an older version as a new one'),
    publisher: publisherOption,
    prove: maybe('--prove [=folder]', 'write a proof of each document too, into this folder or another')
  },
  async run(context, paths, { dryRun, revert, publisher: typed, prove, wait, waitTimeout, ...sending }) {
    const { session, out, signal } = context
    const publisher = await publisherIn(typed, context)
    const drafts = onlyTrends(await readDrafts(context, paths), paths).map(({ draft }) => draft)
    const ports = dryRun ? await session.estimating(sending) : await session.writing(sending)
    const waiting = waitingFor({ wait, waitTimeout })
    const options = {
      signal,
      dryRun,
      revert,
      publisher,
      ...waiting,
      onProgress: tellProgress(out),
      onPlanned: tellMisdeclared(out)
    }
    const publication = await publishDrafts(ports, drafts, options)
    const { steps } = publication
    const told = await tellPublication({ command: 'publish', ports, publication, drafts, steps, dryRun }, context)
    return prove === undefined || dryRun ? told : await withProofs(told, context, ports, publication, prove)
  }
})
