import { follow } from '../../archive/resolve.ts'
import { cidOf, parseCid } from '../../block/cid.ts'
import { parseJson } from '../../document/json.ts'
import { isPublisher, type Publisher } from '../../document/publisher.ts'
import type { Finality } from '../../registry/registry.ts'
import { lookBeside } from '../../verdict/look-beside.ts'
import { type Policy, parsePolicy } from '../../verdict/policy.ts'
import { reportJson, reportText } from '../../verdict/report.ts'
import { verify as judge, type Subject } from '../../verdict/verify.ts'
import { type Command, type Context, choice, command, text, unless, value, values } from '../command.ts'
import { isMarkdownDraft } from '../drafts.ts'
import { exitOfVerdict } from '../exit.ts'
import { namesFile, readInput } from '../files.ts'
import { nameOf } from '../naming.ts'
import type { Line } from '../output.ts'
import { UsageError } from '../usage.ts'

export const verify: Command = command({
  name: 'verify',
  arguments: '<name-or-file>',
  summary: 'say whether its publisher stands by a document, and whom you had to trust',
  about:
    'Takes a CID, a name or a file (the bytes to judge; - is stdin). The document says who published it on which ' +
    'chain; the registry there says whether that is so. Exit codes: 0 verified, 3 refuted, 7 inconclusive.',
  examples: [
    ['trend-archive verify bagaaiera… --publisher eip155:1:0xab16…', 'is it theirs, and does it stand?'],
    ['trend-archive verify download.json --cid bagaaiera…', 'are these the bytes?'],
    ['trend-archive verify bagaaiera… --policy policy.json --json', 'in CI']
  ],
  options: {
    cited: unless('--no-cited', 'do not look at the documents that it cites'),
    cid: value('--cid <cid>', 'which CID the file claims to be', parseCid),
    policy: text('--policy <file>', 'what to demand, as JSON'),
    publisher: values('--publisher <caip10>', 'accept only this publisher; repeatable', parseAccepted),
    require: choice('--require <finality>', 'how sure the block must be', ['final', 'safe', 'unsafe'])
  },
  async run(context, [named = ''], { cid, cited, policy: file, publisher, require }) {
    const { host, session, settings, out, signal } = context
    const demanded: Policy = {
      ...(file !== undefined && parsePolicy(parseJson(await readInput(host, file)))),
      ...(publisher.length > 0 && { publishers: publisher }),
      ...(require !== undefined && { finality: require })
    }
    const { subject, publishers } = await meantBy(context, named, cid, demanded.finality)
    const policy: Policy = { publishers, ...demanded }
    const verdict = await judge(
      {
        sources: await session.sources(),
        registries: await session.pinnedRegistries(),
        watermarks: await session.watermarks()
      },
      subject,
      { signal, policy, beside: lookBeside({ cited }) }
    )
    if (policy.publishers === undefined && verdict.status === 'verified') {
      out.note(`any publisher would do: to accept this one only, add --publisher ${verdict.publisher}`)
    }
    const { chain, isPinned, registry } = settings.network
    if (!isPinned && verdict.publisher?.startsWith(`${chain}:`)) {
      out.note(`the address book does not know ${chain}: to rely on the registry there, add --registry ${registry}`)
    }
    return { json: reportJson(verdict), lines: reportText(verdict).map(coloured), exit: exitOfVerdict(verdict) }
  }
})

/** A name is followed at the kind of block that the verdict is to rest on. */
const TAGS = { final: 'finalized', safe: 'safe', unsafe: 'latest' } as const

interface Meant {
  readonly subject: Subject
  /** Who is accepted where nobody is demanded: a name of a publisher's means a document of theirs. */
  readonly publishers?: readonly Publisher[] | undefined
}

async function meantBy(
  { host, session, signal }: Context,
  text: string,
  claimed: Subject['cid'] | undefined,
  finality: Finality | undefined
): Promise<Meant> {
  if (await namesFile(host, text)) {
    const bytes = await readInput(host, text)
    if (isMarkdownDraft(text, bytes)) {
      const hint = "verify takes a CID, a name or a document's bytes; publish --dry-run shows what a draft becomes"
      throw new UsageError(`${text} is a draft`, hint)
    }
    return { subject: { cid: claimed ?? (await cidOf(bytes)), bytes } }
  }
  if (claimed !== undefined) throw new UsageError(`--cid is for a file, and there is no file '${text}'`)
  const name = await nameOf(text, session)
  if (name.by === 'cid') return { subject: { cid: name.cid } }
  const ports = { sources: await session.sources(), registries: await session.registries() }
  const { cid } = await follow(ports, name, { signal, tag: finality && TAGS[finality] })
  return { subject: { cid }, publishers: [name.publisher] }
}

function parseAccepted(text: string): Publisher {
  const lower = text.toLowerCase()
  if (isPublisher(lower)) return lower
  throw new UsageError(`'${text}' is no publisher`, 'a publisher is a CAIP-10 account, e.g. eip155:1:0xab16…')
}

function coloured(text: string, index: number): Line {
  if (index === 0) {
    const [status = '', ...rest] = text.split(/(?=:)/)
    return [
      { text: status, style: status === 'verified' ? 'green' : status === 'refuted' ? 'red' : 'yellow' },
      rest.join('')
    ]
  }
  const mark = text[2]
  if (mark === '✗') return { text, style: 'red' }
  return mark === '?' || text.startsWith('  warning:') ? { text, style: 'yellow' } : text
}
