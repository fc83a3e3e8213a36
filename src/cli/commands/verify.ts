import { follow } from '../../archive/resolve.ts'
import { type Bytes32, cidOf, parseCid } from '../../block/cid.ts'
import { inParallel } from '../../block/parallel.ts'
import { fetchBlock } from '../../block/source.ts'
import { invalidDocument } from '../../document/issue.ts'
import { parseJson, sizeRule } from '../../document/json.ts'
import { readDocument } from '../../document/parse.ts'
import type { Publisher } from '../../document/publisher.ts'
import { MAX_BYTES } from '../../document/size.ts'
import { ArchiveError, isArchiveError } from '../../errors.ts'
import type { Finality, Registry, TrustMode } from '../../registry/registry.ts'
import { BUNDLE_SUFFIX, looksLikeBundle, MAX_BUNDLE_SIZE } from '../../verdict/bundle-mark.ts'
import type { Verdict } from '../../verdict/judge.ts'
import { lookBeside } from '../../verdict/look-beside.ts'
import { type Policy, parsePolicy, TRUST_MODES } from '../../verdict/policy.ts'
import { reportJson, reportText } from '../../verdict/report.ts'
import { MAX_STATEMENT, parseStatement, type Statement } from '../../verdict/statement.ts'
import { verify as judge, type Subject, type VerifyPorts } from '../../verdict/verify.ts'
import { type OneOfMany, type VerifyAdvance, type VerifyAllOptions, verifyAll } from '../../verdict/verify-all.ts'
import type { Watermarks } from '../../verdict/watermarks.ts'
import {
  type Command,
  type Context,
  choice,
  command,
  flag,
  type Result,
  text,
  unless,
  value,
  values
} from '../command.ts'
import { isMarkdownDraft } from '../drafts.ts'
import { exitOfVerdict, OK } from '../exit.ts'
import { namesFile, readInput, titleOf } from '../files.ts'
import type { Host } from '../host.ts'
import { nameOf, publisherOf } from '../naming.ts'
import type { Line } from '../output.ts'
import { provenRegistries, typedBlockHash } from '../proofs.ts'
import { UsageError } from '../usage.ts'

export const verify: Command = command({
  name: 'verify',
  arguments: '[name-or-file...]',
  summary: 'say whether its publisher stands by a document, and whom you had to trust',
  about:
    'Takes a CID, a name or a file (the bytes to judge; - is stdin). The document says who published it on which ' +
    'chain; the registry there says whether that is so. A proof, made by prove, needs no network but for the question ' +
    'whether its block is one of the chain: --block-hash answers that. Exit codes: 0 verified, 3 refuted, 7 inconclusive; ' +
    'a file that is a broken proof is a failure, 1. Of several documents, or of all that an edition lists, the worst counts.',
  examples: [
    ['trend-archive verify bagaaiera… --publisher eip155:1:0xab16…', 'is it theirs, and does it stand?'],
    ['trend-archive verify download.json --cid bagaaiera…', 'are these the bytes?'],
    ['trend-archive verify edge-v1.trend.car --offline --block-hash 0x5c50…', 'a proof, without a network'],
    ['trend-archive verify bagaaiera… --policy policy.json --json', 'in CI'],
    ['trend-archive verify edge rust@2 bagaaiera…', 'several at once'],
    ['trend-archive verify --edition 2025-q2', 'an edition and every document that it lists'],
    ['trend-archive verify bagaaiera… --rpc-url https://a.example,https://b.example', 'if two nodes say the same'],
    ['trend-archive verify bagaaiera… --block-hash 0x5c50…', "by proofs: trusting no node, but that block's hash"]
  ],
  options: {
    cited: unless('--no-cited', 'do not look at the documents that it cites'),
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
    offline: flag('--offline', 'ask nobody: for a proof that was carried here'),
    signature: values(
      '--signature <file>',
      "its publisher's statement, as sign --statement writes it; repeatable",
      (file) => file
    ),
    tier: choice('--tier <tier>', 'whether a signature of its publisher is enough', ['recorded', 'signed']),
    edition: text('--edition <name>', 'an edition, and all that it lists'),
    require: choice('--require <finality>', 'how sure the block must be', ['final', 'safe', 'unsafe'])
  },
  async run(
    context,
    names,
    {
      cid,
      cited,
      policy: file,
      publisher,
      require,
      timeout,
      forget,
      offline,
      proof,
      blockHash,
      edition,
      signature,
      ...typed
    }
  ) {
    const { host, session, signal } = context
    const accepted: Publisher[] = []
    for (const one of publisher) accepted.push(await publisherOf(one, context))
    const pinned = file === undefined ? {} : parsePolicy(parseJson(await readInput(host, file)))
    const demanded: Policy = {
      ...(typed.requireCurrent ? { ...withoutStandings(pinned), requireCurrent: true } : pinned),
      ...(accepted.length > 0 && { publishers: accepted }),
      ...(require !== undefined && { finality: require }),
      ...(typed.maxAge !== undefined && { maxAge: typed.maxAge }),
      ...(typed.trust.length > 0 && { trust: typed.trust }),
      ...(typed.tier !== undefined && { tier: typed.tier })
    }
    const registries = async (told: readonly Registry[]): Promise<readonly Registry[]> =>
      proof || blockHash !== undefined ? await provenRegistries(told, await session.node(), blockHash) : told
    const reading: NameReading = { registries, finality: demanded.finality }
    const ports = async (): Promise<VerifyPorts> => ({
      sources: await session.sources(),
      registries: await registries(await session.pinnedRegistries()),
      watermarks: forget ? forgetting(await session.watermarks()) : await session.watermarks(),
      accounts: await session.accounts()
    })
    const [named = '', ...others] = names
    if (edition !== undefined || others.length > 0) {
      if (offline || cid !== undefined) throw new UsageError('--offline and --cid are for one file')
      if (signature.length > 0) throw new UsageError('--signature is for one document')
      if (edition !== undefined && named !== '') throw new UsageError('--edition stands alone, without other names')
      const meant =
        edition === undefined ? await meantByAll(context, names, reading) : await listedIn(context, edition, reading)
      const subjects = meant.map(
        ({ subject, publishers }): OneOfMany => ({ ...subject, publishers: demanded.publishers ?? publishers })
      )
      return await judgeMany(context, await ports(), subjects, { policy: demanded, timeout })
    }
    if (named === '') throw new UsageError('name what to verify', 'a CID, a name or a file; or --edition and its name')
    const bytes = (await namesFile(host, named)) ? await readInput(host, named, MAX_BUNDLE_SIZE) : undefined
    if (bytes !== undefined && (looksLikeBundle(bytes) || named.endsWith(BUNDLE_SUFFIX))) {
      const verdict = await judgeCarried(context, bytes, { policy: demanded, cid, blockHash, offline })
      return resultOf(verdict, demanded, context)
    }
    if (offline) {
      throw new UsageError(`'${named}' is no proof`, `make one with: trend-archive prove ${named}`)
    }
    const { subject, publishers } = await meantBy(context, named, bytes, cid, reading)
    const policy: Policy = { publishers, ...demanded }
    const statements = await Promise.all(signature.map(async (path) => await readStatement(host, path)))
    const verdict = await judge(
      await ports(),
      { ...subject, statements },
      { signal, policy, timeout, beside: lookBeside({ cited }) }
    )
    noteUnpinned([verdict], context)
    return resultOf(verdict, policy, context)
  }
})

/** Says why nothing is relied on where the registry of a document's chain is known from nowhere. */
function noteUnpinned(verdicts: readonly Verdict[], { settings, out }: Context): void {
  const { chain, isPinned, registry } = settings.network
  if (!isPinned && verdicts.some(({ publisher }) => publisher?.startsWith(`${chain}:`))) {
    out.note(`the address book does not know ${chain}: to rely on the registry there, add --registry ${registry}`)
  }
}

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

function resultOf(verdict: Verdict, policy: Policy, { out }: Context): Result {
  if (policy.publishers === undefined && verdict.status === 'verified') {
    out.note(`any publisher would do: to accept this one only, add --publisher ${verdict.publisher}`)
  }
  return { json: reportJson(verdict), lines: reportText(verdict).map(coloured), exit: exitOfVerdict(verdict) }
}

/** A statement and every error of it under the name of its file. @throws INVALID_STATEMENT */
async function readStatement(host: Host, path: string): Promise<Statement> {
  try {
    return parseStatement(await readInput(host, path, MAX_STATEMENT))
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_STATEMENT') && !isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    const { path: at, rule } = error.details
    const hint = 'it is no statement as sign --statement writes it: ask its publisher for it'
    throw new ArchiveError(
      'INVALID_STATEMENT',
      `${titleOf(path)}: ${at} ${rule}`,
      { path: at, rule },
      { cause: error, hint }
    )
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
  { session, signal }: Context,
  text: string,
  bytes: Uint8Array<ArrayBuffer> | undefined,
  claimed: Subject['cid'] | undefined,
  { registries, finality }: NameReading
): Promise<Meant> {
  if (bytes !== undefined) {
    if (bytes.byteLength > MAX_BYTES) throw invalidDocument([{ path: '$', rule: sizeRule(MAX_BYTES) }])
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

/** Names are looked up so many at once. */
const LANES = 16

async function meantByAll(context: Context, names: readonly string[], reading: NameReading): Promise<readonly Meant[]> {
  const meant: Meant[] = []
  await inParallel([...names.entries()], LANES, async ([i, name]) => {
    const bytes = (await namesFile(context.host, name)) ? await readInput(context.host, name) : undefined
    meant[i] = await meantBy(context, name, bytes, undefined, reading)
  })
  return meant
}

/** An edition and all that it lists, which its publisher has to be the publisher of. */
async function listedIn(context: Context, text: string, reading: NameReading): Promise<readonly Meant[]> {
  const { session, signal } = context
  const { subject, publishers } = await meantBy(context, text, undefined, undefined, reading)
  const { bytes } = await fetchBlock(await session.sources(), subject.cid, { signal })
  const document = readDocument(bytes)
  if (document.type !== 'edition') throw new UsageError(`'${text}' is no edition, but a ${document.type}`)
  const accepted = publishers ?? [document.publisher]
  const hints = { editions: [subject.cid] }
  return [
    { subject: { ...subject, bytes }, publishers: accepted },
    ...document.entries.map(({ cid }): Meant => ({ subject: { cid: parseCid(cid), hints }, publishers: accepted }))
  ]
}

/** Several documents in one reading of their chains; the worst of their verdicts is the exit code. */
async function judgeMany(
  context: Context,
  ports: VerifyPorts,
  subjects: readonly OneOfMany[],
  options: Pick<VerifyAllOptions, 'policy' | 'timeout'>
): Promise<Result> {
  const { out, signal } = context
  const onProgress = (event: VerifyAdvance): void =>
    out.progress(event, event.part === 'bytes' ? 'reading documents' : 'asking their chains')
  const verdicts = await verifyAll(ports, subjects, { ...options, signal, onProgress })
  noteUnpinned(verdicts, context)
  const exits = verdicts.map(exitOfVerdict)
  const counts = (['verified', 'refuted', 'inconclusive'] as const).flatMap((status) => {
    const count = verdicts.filter((verdict) => verdict.status === status).length
    return count === 0 ? [] : [`${count} ${status}`]
  })
  return {
    json: { verdicts: verdicts.map(reportJson) },
    lines: [...verdicts.flatMap((verdict) => [...reportText(verdict).map(coloured), '']), counts.join(', ')],
    exit: WORST_FIRST.find((exit) => exits.includes(exit)) ?? OK
  }
}

/** What is false weighs more than what is not known. */
const WORST_FIRST = [exitOfVerdict({ status: 'refuted' }), exitOfVerdict({ status: 'inconclusive' })]

/** What to rest a proof on. */
interface Carried {
  readonly policy: Policy
  readonly cid: Subject['cid'] | undefined
  readonly blockHash: Bytes32 | undefined
  readonly offline: boolean
}

/** Judges a proof. Where its block is not named, and it may be asked for, the network's node says whether it is there. */
async function judgeCarried(
  { session, settings, signal }: Context,
  bytes: Uint8Array<ArrayBuffer>,
  { offline, blockHash, ...demanded }: Carried
): Promise<Verdict> {
  const { verifyBundle } = await import('../../verdict/verify-bundle.ts')
  const { chain, registry } = settings.network
  const blocks = offline || blockHash !== undefined ? [] : await session.registries()
  return await verifyBundle(bytes, { ...demanded, signal, blockHash, blocks, registries: { [chain]: registry } })
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
