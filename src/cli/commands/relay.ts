import { MAX_ENVELOPE, type OpenedEnvelope, openEnvelope, withSignature } from '../../archive/envelope.ts'
import { type Relayed, relay as relayEnvelopes } from '../../archive/relay.ts'
import { instantOf } from '../../document/instant.ts'
import { parsePublisher } from '../../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../../errors.ts'
import { type Command, command, flag, text } from '../command.ts'
import { readInput, titleOf } from '../files.ts'
import type { Host } from '../host.ts'
import { costLine, receiptLine, settledLines, tellProgress } from '../publication.ts'
import { SENDING, WAITING, waitingFor } from '../sending.ts'
import { UsageError } from '../usage.ts'

export const relay: Command = command({
  name: 'relay',
  arguments: '<envelope...>',
  summary: 'send what others signed, and pay for it',
  about:
    'Takes envelopes as sign wrote them. Each is checked before anything is done: its documents, its signature, whether ' +
    'the registry would take it. The documents are pinned here, and one transaction records them all in the names of ' +
    'their publishers. What is recorded already is left alone, so it can be run again at any time.',
  examples: [
    ['trend-archive relay report@1.trend-signed.json', 'pin it, send it, wait for it'],
    ['trend-archive relay --dry-run *.trend-signed.json', 'is it good, and what would it cost?'],
    ['trend-archive relay --signature 0x… report@1.trend-unsigned.json', 'with the signature of a wallet elsewhere']
  ],
  options: {
    ...SENDING,
    ...WAITING,
    signature: text('--signature <hex>', 'what a wallet elsewhere signed; for one envelope'),
    dryRun: flag('--dry-run', 'check everything, show gas and fee, and change nothing')
  },
  async run({ host, session, out, signal }, paths, { signature, dryRun, wait, waitTimeout, ...sending }) {
    const opened = await Promise.all(paths.map(async (path) => await readEnvelope(host, path)))
    const envelopes = signature === undefined ? opened : [onlyOne(opened, signature)]
    const { sinks, registry } = dryRun ? await session.estimating(sending) : await session.writing(sending)
    const ports = { sinks, registry, checkSignature: session.checkSignature }
    // Signing and sorting make new envelopes of the same message.
    const label = ({ message }: OpenedEnvelope): string =>
      titleOf(paths[envelopes.findIndex((one) => one.message === message)] ?? '')
    const options = { signal, dryRun, label, ...waitingFor({ wait, waitTimeout }), onProgress: tellProgress(out) }
    const { relayed, receipt, cost, settled } = await relayEnvelopes(ports, envelopes, options)
    const sent = relayed.filter(({ status }) => status === 'relayed').length
    return {
      json: {
        dryRun,
        relayed: dryRun ? 0 : sent,
        ...(dryRun && { wouldRelay: sent }),
        documents: relayed.map((one, i) => ({ file: paths[i], ...summaryOf(one, dryRun) })),
        receipt,
        settled,
        cost
      },
      lines: [
        ...relayed.flatMap((one) => linesOf(one, dryRun)),
        ...(receipt === undefined ? [] : [receiptLine(receipt)]),
        ...settledLines(settled),
        ...(cost === undefined ? [] : [costLine(cost)]),
        ...(dryRun ? ['dry run: nothing was pinned or sent'] : [])
      ]
    }
  }
})

const ASK_AGAIN = 'it is not as it was signed: get it once more from whoever signed it'

/** An envelope and every error of it under the name of its file. @throws INVALID_ENVELOPE */
async function readEnvelope(host: Host, path: string): Promise<OpenedEnvelope> {
  try {
    return await openEnvelope(await readInput(host, path, MAX_ENVELOPE))
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_ENVELOPE') && !isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    const { path: at, rule } = error.details
    const message = `${titleOf(path)}: ${at} ${rule}`
    throw new ArchiveError(
      'INVALID_ENVELOPE',
      message,
      { path: at, rule },
      { cause: error, hint: error.hint ?? ASK_AGAIN }
    )
  }
}

/** The one envelope that a signature is for. */
function onlyOne([envelope, ...more]: readonly OpenedEnvelope[], signature: string): OpenedEnvelope {
  if (envelope === undefined || more.length > 0) {
    throw new UsageError('a signature is for one envelope', 'relay the envelopes of wallets elsewhere one by one')
  }
  if (envelope.signature !== undefined) {
    throw new UsageError('the envelope is signed already', 'leave --signature out, or take the unsigned one')
  }
  return withSignature(envelope, signature)
}

type Status = Relayed['status'] | 'retracted'

/** The word for what became of an envelope; what was recorded before may have been taken back since. */
const statusOf = ({ status, record }: Relayed): Status =>
  status === 'recorded' && record.retractedAt !== 0 ? 'retracted' : status

const WORDS: Readonly<Record<Status, string>> = {
  relayed: 'relayed',
  recorded: 'recorded already',
  retracted: 'recorded already, and taken back since'
}

function summaryOf(one: Relayed, dryRun: boolean): Readonly<Record<string, unknown>> {
  const { envelope, record } = one
  const { cid, document } = envelope.named
  const { slug, version, publisher } = document
  return {
    slug,
    version,
    cid,
    publisher,
    editor: envelope.message.editor,
    status: dryRun && one.status === 'relayed' ? 'good' : statusOf(one),
    ...(record.publishedAt !== 0 && { record })
  }
}

function linesOf(one: Relayed, dryRun: boolean): readonly string[] {
  const { envelope, record, status } = one
  const { cid, document } = envelope.named
  const { slug, version, publisher } = document
  const word = dryRun && status === 'relayed' ? 'good' : WORDS[statusOf(one)]
  const { address } = parsePublisher(publisher)
  const editor = record.publishedAt === 0 ? envelope.message.editor : record.editor
  const by = editor === address ? '' : `, by editor ${editor}`
  const when = record.publishedAt === 0 ? 'would be recorded' : `recorded at ${instantOf(record.publishedAt)}`
  return [`${word}  ${slug}@${version}  ${cid}`, `  ${when} for ${publisher}${by}`]
}
