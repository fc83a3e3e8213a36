import { type Bytes32, parseCid } from '../../block/cid.ts'
import { ArchiveError, isArchiveError } from '../../errors.ts'
import type { Registry } from '../../registry/registry.ts'
import { BUNDLE_SUFFIX, looksLikeBundle, MAX_BUNDLE_SIZE } from '../../verdict/bundle-mark.ts'
import type { Verdict } from '../../verdict/judge.ts'
import type { Policy } from '../../verdict/policy.ts'
import { MAX_STATEMENT, parseStatement, type Statement } from '../../verdict/statement.ts'
import type { Subject, VerifyPorts } from '../../verdict/verify.ts'
import type { Watermarks } from '../../verdict/watermarks.ts'
import { type Command, type Context, command, flag, text, unless, value, values } from '../command.ts'
import { DEMANDS, demandedBy } from '../demands.ts'
import { namesFile, readInput, titleOf } from '../files.ts'
import type { Host } from '../host.ts'
import { listedIn, meantBy, meantByAll, type NameReading } from '../meaning.ts'
import { provenRegistries, typedBlockHash } from '../proofs.ts'
import { UsageError } from '../usage.ts'
import { judgeMany, noteUnpinned, resultOf } from '../verdicts.ts'

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
    ...DEMANDS,
    cited: unless('--no-cited', 'do not look at the documents that it cites'),
    cid: value('--cid <cid>', 'which CID the file claims to be', parseCid),
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
    edition: text('--edition <name>', 'an edition, and all that it lists')
  },
  async run(context, names, { cid, cited, timeout, forget, offline, proof, blockHash, edition, signature, ...typed }) {
    const { host, session, signal } = context
    const demanded = await demandedBy(typed, context)
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
      const subjects = meant.map(({ subject, publishers }) => ({
        ...subject,
        publishers: demanded.publishers ?? publishers
      }))
      return await judgeMany(context, await ports(), subjects, { policy: demanded, timeout })
    }
    if (named === '') throw new UsageError('name what to verify', 'a CID, a name or a file; or --edition and its name')
    const bytes = (await namesFile(host, named)) ? await readInput(host, named, MAX_BUNDLE_SIZE) : undefined
    if (bytes !== undefined && (looksLikeBundle(bytes) || named.endsWith(BUNDLE_SUFFIX))) {
      if (signature.length > 0) throw new UsageError('--signature is for a document, and not for a proof')
      const verdict = await judgeCarried(context, bytes, { policy: demanded, cid, blockHash, offline })
      return resultOf(verdict, demanded, context)
    }
    if (offline) {
      if (bytes === undefined) throw new UsageError(`there is no file '${named}'`, 'make one with: trend-archive prove')
      throw new UsageError(`'${named}' is no proof`, `make one with: trend-archive prove`)
    }
    const { subject, publishers } = await meantBy(context, named, bytes, cid, reading)
    const policy: Policy = { publishers, ...demanded }
    const statements = await Promise.all(signature.map(async (path) => await readStatement(host, path)))
    const [{ verify: judge }, { lookBeside }] = await Promise.all([
      import('../../verdict/verify.ts'),
      import('../../verdict/look-beside.ts')
    ])
    const verdict = await judge(
      await ports(),
      { ...subject, statements },
      { signal, policy, timeout, beside: lookBeside({ cited }) }
    )
    noteUnpinned([verdict], context)
    return resultOf(verdict, policy, context)
  }
})

/** Watermarks that forget whoever they are asked about. */
const forgetting = (watermarks: Watermarks | undefined): Watermarks | undefined =>
  watermarks && {
    ...watermarks,
    async recall(publisher) {
      await watermarks.forget(publisher)
      return undefined
    }
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

function parseTimeout(text: string): number {
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text) * 1_000
  throw new UsageError(`'${text}' is no time`, 'a time is a number of seconds, e.g. --timeout 10')
}
