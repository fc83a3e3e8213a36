import type { Bytes32 } from '../block/cid.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Progress } from '../options.ts'
import {
  type ChainBlock,
  type Cost,
  NONE,
  type Receipt,
  type RegistryCall,
  type RegistryRecord,
  type Signature
} from '../registry/registry.ts'
import { rejected } from '../registry/rejection.ts'
import { keyOf } from '../registry/tree.ts'
import { publishDigest } from '../registry/typed-data.ts'
import { counter } from './advance.ts'
import { seeThrough } from './deed.ts'
import type { OpenedEnvelope } from './envelope.ts'
import { checkSinks, pinAll } from './pin-all.ts'
import type { RelayPorts } from './ports.ts'
import type { PublishEvent } from './publish.ts'
import type { Settled, WaitOptions } from './wait.ts'

export interface RelayOptions extends Omit<WaitOptions, 'onProgress'>, Progress<PublishEvent> {
  /** Only check and estimate: nothing is pinned or sent. */
  readonly dryRun?: boolean | undefined
  /** What an envelope is called in an error about it, such as its file. @default its document's slug and version */
  readonly label?: ((envelope: OpenedEnvelope) => string) | undefined
}

/** What became of one envelope. */
export interface Relayed {
  readonly envelope: OpenedEnvelope
  /** `recorded` where it was before: the message was relayed earlier, or the document published otherwise. */
  readonly status: 'relayed' | 'recorded'
  /** What the registry says now; nothing yet on a dry run. */
  readonly record: RegistryRecord
}

/** What relaying did: an answer an envelope, in their order, and the transaction – none where nothing was left to do. */
export interface Relaying {
  readonly relayed: readonly Relayed[]
  readonly receipt: Receipt | undefined
  /** What it would cost; on a dry run with something to relay only. */
  readonly cost: Cost | undefined
  /** How sure it is, where more than inclusion was waited for. */
  readonly settled?: Settled | undefined
}

/** With first versions some 10 million gas, under the 16.8 million that a transaction may ask for (EIP-7825). */
const MOST = 120

interface Signed extends OpenedEnvelope {
  readonly signature: Signature
}

/**
 * Sends what others signed, and pays for it: the documents are pinned, and then recorded in the names of their
 * publishers. Several go as one transaction, in the order of their versions: all of them are recorded or none.
 *
 * Everything is checked before anything is pinned for a stranger. What is recorded already is left alone, so that
 * relaying again, or two relayers at once, do no harm.
 * @throws INVALID_ENVELOPE when one is for another registry, or unsigned
 * @throws REGISTRY_REJECTED when a signature is none, expired or burnt, or a ref has moved since
 * @throws INVALID_OPTION, PIN_FAILED, REGISTRY_UNAVAILABLE, TRANSACTION_PENDING, FEE_TOO_HIGH, NOT_SETTLED
 */
export async function relay(
  ports: RelayPorts,
  envelopes: readonly OpenedEnvelope[],
  options: RelayOptions = {}
): Promise<Relaying> {
  const { registry } = ports
  for (const envelope of envelopes) checkHome(ports, envelope, options)
  if (options.dryRun) return await relayNow(ports, envelopes, options)
  await registry.settle(options)
  const { done, receipts, settled } = await seeThrough<Relaying>(
    registry,
    {
      async act(before) {
        const now = await relayNow(ports, envelopes, options)
        return before === undefined ? now : { ...now, relayed: now.relayed.map(amid(before.relayed)) }
      },
      receiptsOf: ({ receipt }) => (receipt === undefined ? [] : [receipt]),
      async isDoneAt(_, at) {
        const left = await missing(ports, envelopes, options, at)
        return left.length === 0
      }
    },
    options
  )
  return { ...done, receipt: receipts[0], settled }
}

/** What this call relayed stays relayed by it where it was found again. */
const amid =
  (before: readonly Relayed[]) =>
  (one: Relayed, i: number): Relayed => ({
    ...one,
    status: before[i]?.status === 'relayed' ? 'relayed' : one.status
  })

async function relayNow(
  ports: RelayPorts,
  envelopes: readonly OpenedEnvelope[],
  options: RelayOptions
): Promise<Relaying> {
  const left = await missing(ports, envelopes, options)
  if (left.length > MOST) throw tooMany(left.length)
  const signed = left.toSorted(byVersion).map((envelope) => insistSigned(envelope, options))
  const count = counter(options.onProgress, 'checking', signed.length)
  for (const envelope of signed) {
    await checkSignature(ports, envelope, options)
    count()
  }
  const calls = callsOf(signed)
  // The registry has the last word.
  const cost = calls.length === 0 ? undefined : await ports.registry.estimate(calls, options).catch(refuseToRelayer)
  if (options.dryRun) return { relayed: await answers(ports, envelopes, left, options), receipt: undefined, cost }
  const { sent, receipt } = signed.length === 0 ? NOTHING : await pinAndSend(ports, signed, options)
  return { relayed: await answers(ports, envelopes, sent, options), receipt, cost: undefined }
}

interface Sent {
  readonly sent: readonly OpenedEnvelope[]
  readonly receipt: Receipt | undefined
}

const NOTHING: Sent = { sent: [], receipt: undefined }

async function pinAndSend(ports: RelayPorts, envelopes: readonly Signed[], options: RelayOptions): Promise<Sent> {
  checkSinks(ports)
  // An edition comes after those that it lists, which an interrupt may separate from it.
  const blocks = envelopes.flatMap(({ documents: [own, ...members] }) => (own === undefined ? [] : [...members, own]))
  await pinAll(ports, blocks, options)
  return await send(ports, envelopes, options)
}

/** Sends; where somebody else was faster with one of them, the rest. */
async function send(ports: RelayPorts, envelopes: readonly Signed[], options: RelayOptions): Promise<Sent> {
  options.signal?.throwIfAborted()
  try {
    const receipt = await ports.registry.send(callsOf(envelopes), options)
    options.onProgress?.({ type: 'recorded', documents: envelopes.length, receipt })
    return { sent: envelopes, receipt }
  } catch (error) {
    if (!isArchiveError(error, 'REGISTRY_REJECTED') || error.details.reason !== 'AlreadyRecorded') {
      return refuseToRelayer(error)
    }
    const left = await missing(ports, envelopes, options)
    if (left.length === envelopes.length) throw error
    return left.length === 0 ? NOTHING : await send(ports, left, options)
  }
}

/** What only the signer can do something about. */
const TO_RELAYER: Readonly<Record<string, string>> = {
  StaleParent: 'its slug has moved since it was signed: have what follows now signed',
  NotEditor: 'whoever signed it is no editor any more: have the publisher sign it'
}

/** A relayer reads nothing again and makes nobody an editor. */
function refuseToRelayer(error: unknown): never {
  if (!isArchiveError(error, 'REGISTRY_REJECTED')) throw error
  const { reason, args, transaction } = error.details
  const hint = TO_RELAYER[reason]
  throw hint === undefined ? error : rejected(reason, args, { transaction, cause: error, hint })
}

const callsOf = (envelopes: readonly Signed[]): readonly RegistryCall[] =>
  envelopes.map(({ message, signature }): RegistryCall => ({ verb: 'publishFor', ...message, signature }))

const byVersion = ({ named: a }: OpenedEnvelope, { named: b }: OpenedEnvelope): number =>
  a.document.version - b.document.version

const nameOf = (envelope: OpenedEnvelope, { label }: RelayOptions): string => {
  const { slug, version } = envelope.named.document
  return label === undefined ? `${slug}@${version}` : `${slug}@${version} of ${label(envelope)}`
}

const nodeOf = ({ message: { digest, tree } }: OpenedEnvelope): Bytes32 => keyOf(digest, tree)

/** What is not recorded yet, each document once. @throws REGISTRY_REJECTED when one never can be, or no longer */
async function missing<Any extends OpenedEnvelope>(
  { registry }: RelayPorts,
  envelopes: readonly Any[],
  options: RelayOptions,
  block?: ChainBlock
): Promise<readonly Any[]> {
  const at = block ?? (await registry.block('latest', options))
  const keys = envelopes.map((envelope) => `${envelope.message.publisher} ${nodeOf(envelope)}`)
  const once = envelopes.filter((_, i) => keys.indexOf(keys[i]!) === i)
  const recorded = await Promise.all(
    once.map(async (envelope) => {
      const record = await registry.keyed(envelope.message.publisher, nodeOf(envelope), at, options)
      if (record.publishedAt === 0) refuseDead(envelope, record, at, options)
      return record.publishedAt !== 0
    })
  )
  return once.filter((_, i) => !recorded[i])
}

/** @throws REGISTRY_REJECTED as the registry would, when the publisher burnt the message or its time is over */
function refuseDead(
  envelope: OpenedEnvelope,
  { retractedAt }: RegistryRecord,
  { timestamp }: ChainBlock,
  options: RelayOptions
): void {
  const foreseen = nameOf(envelope, options)
  if (retractedAt !== 0) {
    const hint = 'its publisher took it back before it was sent, so it can never be recorded'
    throw rejected('AlreadyRecorded', { node: nodeOf(envelope) }, { foreseen, hint })
  }
  const { deadline } = envelope.message
  if (BigInt(timestamp) > deadline) throw rejected('Expired', { deadline: String(deadline) }, { foreseen })
}

/** @throws INVALID_ENVELOPE */
function checkHome({ registry }: RelayPorts, envelope: OpenedEnvelope, options: RelayOptions): void {
  const { chain, registry: address } = envelope
  const name = nameOf(envelope, options)
  if (chain !== registry.chain) {
    throw unfit(
      name,
      'chain',
      `must be ${registry.chain} to be relayed there, and is ${chain}`,
      `name its network: --network ${chain}`
    )
  }
  if (address !== registry.address.toLowerCase()) {
    const hint = 'what was signed for one registry counts on no other; have it signed again'
    throw unfit(name, 'registry', `must be ${registry.address.toLowerCase()}, and is ${address}`, hint)
  }
}

/** @throws INVALID_ENVELOPE */
function insistSigned(envelope: OpenedEnvelope, options: RelayOptions): Signed {
  const { signature } = envelope
  if (signature !== undefined) return { ...envelope, signature }
  const hint = 'where a wallet signed it elsewhere, hand its signature over: --signature 0x…'
  throw unfit(nameOf(envelope, options), 'signature', 'must be there: nobody has signed it yet', hint)
}

/** @throws REGISTRY_REJECTED as the registry would, when the editor did not sign this */
async function checkSignature(ports: RelayPorts, envelope: Signed, options: RelayOptions): Promise<void> {
  const { registry, checkSignature } = ports
  const { message, signature } = envelope
  const { editor } = message
  const isSigned = await checkSignature?.(editor, publishDigest(registry, message), signature, options)
  if (isSigned === false) throw rejected('BadSignature', { editor }, { foreseen: nameOf(envelope, options) })
}

/** What the registry says now of each. Envelopes that were opened anew for sending are known by their message. */
async function answers(
  { registry }: RelayPorts,
  envelopes: readonly OpenedEnvelope[],
  sent: readonly OpenedEnvelope[],
  options: Abortable
): Promise<readonly Relayed[]> {
  const at = await registry.block('latest', options)
  return await Promise.all(
    envelopes.map(async (envelope): Promise<Relayed> => {
      const { message } = envelope
      const { publisher, digest, tree } = message
      const record = await registry.record(publisher, digest, tree === NONE ? [] : [tree], at, options)
      return { envelope, status: sent.some((one) => one.message === message) ? 'relayed' : 'recorded', record }
    })
  )
}

function tooMany(count: number): ArchiveError<'INVALID_OPTION'> {
  const rule = `at most ${MOST} are relayed in one transaction, and these are ${count}`
  return new ArchiveError('INVALID_OPTION', rule, { option: 'envelopes', rule }, { hint: 'relay them in parts' })
}

function unfit(name: string, member: string, rule: string, hint: string): ArchiveError<'INVALID_ENVELOPE'> {
  const path = `$.${member}`
  return new ArchiveError('INVALID_ENVELOPE', `${name}: ${path} ${rule}`, { path, rule }, { hint })
}
