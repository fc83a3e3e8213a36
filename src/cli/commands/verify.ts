import { follow } from '../../archive/resolve.ts'
import { cidOf, parseCid } from '../../block/cid.ts'
import { parseJson } from '../../document/json.ts'
import type { Publisher } from '../../document/publisher.ts'
import type { Finality, Registry, TrustMode } from '../../registry/registry.ts'
import { type Policy, parsePolicy, TRUST_MODES } from '../../verdict/policy.ts'
import { reportJson, reportText } from '../../verdict/report.ts'
import { verify as judge, type Subject } from '../../verdict/verify.ts'
import type { Watermarks } from '../../verdict/watermarks.ts'
import { type Command, type Context, choice, command, flag, text, value, values } from '../command.ts'
import { isMarkdownDraft } from '../drafts.ts'
import { exitOfVerdict } from '../exit.ts'
import { namesFile, readInput } from '../files.ts'
import { nameOf, publisherOf } from '../naming.ts'
import type { Line } from '../output.ts'
import { provenRegistries, typedBlockHash } from '../proofs.ts'
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
    ['trend-archive verify bagaaiera… --policy policy.json --json', 'in CI'],
    ['trend-archive verify bagaaiera… --rpc-url https://a.example,https://b.example', 'if two nodes say the same'],
    ['trend-archive verify bagaaiera… --block-hash 0x5c50…', "by proofs: trusting no node, but that block's hash"]
  ],
  options: {
    cid: value('--cid <cid>', 'which CID the file claims to be', parseCid),
    policy: text('--policy <file>', 'what to demand, as JSON'),
    publisher: values('--publisher <account>', 'accept only this publisher; repeatable', (typed) => typed),
    requireCurrent: flag('--require-current', 'accept only what its publisher names now'),
    maxAge: value('--max-age <seconds>', 'how old the block may be; any for any age', parseAge),
    trust: values('--trust <mode>', `how the chain may be read: ${TRUST_MODES.join(', ')}; repeatable`, parseTrust),
    timeout: value('--timeout <seconds>', 'give a verdict on what is known by then (default: 30)', parseTimeout),
    forget: flag('--forget', 'forget what earlier verdicts saw of the publisher: blocks and versions'),
    proof: flag('--proof', 'take no answer of a node without a proof from the block it names'),
    blockHash: value(
      '--block-hash <hash>',
      'judge at this block, by proofs alone: where you have its hash from is up to you',
      typedBlockHash
    ),
    require: choice('--require <finality>', 'how sure the block must be', ['final', 'safe', 'unsafe'])
  },
  async run(
    context,
    [named = ''],
    { cid, policy: file, publisher, require, timeout, forget, proof, blockHash, ...typed }
  ) {
    const { host, session, settings, out, signal } = context
    const accepted: Publisher[] = []
    for (const one of publisher) accepted.push(await publisherOf(one, context))
    const pinned = file === undefined ? {} : parsePolicy(parseJson(await readInput(host, file)))
    const demanded: Policy = {
      ...(typed.requireCurrent ? { ...withoutStandings(pinned), requireCurrent: true } : pinned),
      ...(accepted.length > 0 && { publishers: accepted }),
      ...(require !== undefined && { finality: require }),
      ...(typed.maxAge !== undefined && { maxAge: typed.maxAge }),
      ...(typed.trust.length > 0 && { trust: typed.trust })
    }
    const registries = async (told: readonly Registry[]): Promise<readonly Registry[]> =>
      proof || blockHash !== undefined ? await provenRegistries(told, await session.node(), blockHash) : told
    const { subject, publishers } = await meantBy(context, named, cid, { registries, finality: demanded.finality })
    const policy: Policy = { publishers, ...demanded }
    const verdict = await judge(
      {
        sources: await session.sources(),
        registries: await registries(await session.pinnedRegistries()),
        watermarks: forget ? forgetting(await session.watermarks()) : await session.watermarks()
      },
      subject,
      { signal, policy, timeout }
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

/** What a flag says takes the place of what the file says of standings. */
function withoutStandings(policy: Policy): Policy {
  const { standings: _, requireCurrent: __, allowSuperseded: ___, allowRetracted: ____, ...rest } = policy
  return rest
}

/** Watermarks that forget whoever they are asked about. */
const forgetting = (watermarks: Watermarks | undefined): Watermarks | undefined =>
  watermarks && {
    ...watermarks,
    async recall(publisher) {
      await watermarks.forget(publisher)
      return undefined
    }
  }

/** A name is followed at the kind of block that the verdict is to rest on. */
const TAGS = { final: 'finalized', safe: 'safe', unsafe: 'latest' } as const

interface Meant {
  readonly subject: Subject
  /** Who is accepted where nobody is demanded: a name of a publisher's means a document of theirs. */
  readonly publishers?: readonly Publisher[] | undefined
}

/** How the chain is read that a name is followed on. */
interface NameReading {
  readonly registries: (told: readonly Registry[]) => Promise<readonly Registry[]>
  readonly finality: Finality | undefined
}

async function meantBy(
  { host, session, signal }: Context,
  text: string,
  claimed: Subject['cid'] | undefined,
  { registries, finality }: NameReading
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
  const ports = { sources: await session.sources(), registries: await registries(await session.registries()) }
  const { cid } = await follow(ports, name, { signal, tag: finality && TAGS[finality] })
  return { subject: { cid }, publishers: [name.publisher] }
}

function parseAge(text: string): number | null {
  if (text === 'any') return null
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is no age`, 'an age is a number of seconds, or any')
}

function parseTrust(text: string): TrustMode {
  const mode = TRUST_MODES.find((one) => one === text || one.replace(' ', '-') === text)
  if (mode !== undefined) return mode
  throw new UsageError(`'${text}' is no way to read a chain`, `there are ${TRUST_MODES.join(', ')}`)
}

function parseTimeout(text: string): number {
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text) * 1_000
  throw new UsageError(`'${text}' is no time`, 'a time is a number of seconds, e.g. --timeout 10')
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
