import type { Block } from '../block/block.ts'
import { type Bytes32, cidOf, parseCid, toBytes32 } from '../block/cid.ts'
import { parseJson } from '../document/json.ts'
import { address, chain, checkMembers, isObject, type Rule, signatureOf, word } from '../document/members.ts'
import { readDocument } from '../document/parse.ts'
import { type Address, type Chain, toPublisher } from '../document/publisher.ts'
import { MAX_BYTES } from '../document/size.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import { NONE, type PublishMessage, type Signature } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { treeOf } from './key.ts'
import { refNaming } from './point.ts'

/**
 * What is handed to whoever pays for publishing: the message, the signature, and the bytes that the message is about.
 *
 *     { "format": "trend-archive/publish@1", "chain": "eip155:1", "registry": "0x…",
 *       "message": { "publisher", "editor", "ref", "digest", "parent", "tree": "0x…", "deadline": "1767268800" },
 *       "signature": "0x…", "documents": ["{…}"] }
 */
export interface Envelope {
  readonly chain: Chain
  readonly registry: Address
  readonly message: PublishMessage
  /** Absent while nobody has signed. */
  readonly signature?: Signature | undefined
  /** The document that the message names, and behind an edition those that it lists, in its order. */
  readonly documents: readonly Block[]
}

/** An envelope that was read, and the document that its message names. */
export interface OpenedEnvelope extends Envelope {
  readonly named: Named
}

const ENVELOPE_FORMAT = 'trend-archive/publish@1'

/** The largest envelope, in bytes. */
export const MAX_ENVELOPE: number = 32 * MAX_BYTES

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** An envelope as text. @throws INVALID_ENVELOPE when it is larger than one may be */
export function sealEnvelope({ chain, registry, message, signature, documents }: Envelope): string {
  const { publisher, editor, ref, digest, parent, tree, deadline } = message
  const value = {
    format: ENVELOPE_FORMAT,
    chain,
    registry,
    message: { publisher, editor, ref, digest, parent, tree, deadline: String(deadline) },
    signature,
    documents: documents.map(({ bytes }) => decoder.decode(bytes))
  }
  const text = `${JSON.stringify(value, undefined, 2)}\n`
  if (encoder.encode(text).byteLength <= MAX_ENVELOPE) return text
  throw invalid('$', `must be at most ${MAX_ENVELOPE} bytes`, 'sign fewer documents at once')
}

/**
 * Reads an envelope that may come from anyone: nothing in it is believed but that somebody wrote it. What comes out is
 * whole: every document is one, and the message is about these and no other. Who signed is another question.
 * @throws INVALID_ENVELOPE naming the path and the rule
 */
export async function openEnvelope(input: Uint8Array | string): Promise<OpenedEnvelope> {
  const { format: _, message, documents: texts, ...where } = shapeOf(parse(input))
  const { deadline, ...words } = message
  const [first, ...listed] = await Promise.all(texts.map(open))
  if (first === undefined) throw invalid('$.documents', 'must have at least 1 element')
  const envelope: OpenedEnvelope = {
    ...where,
    message: { ...words, deadline: BigInt(deadline) },
    documents: [first.block, ...listed.map(({ block }) => block)],
    named: first.named
  }
  checkMessage(envelope)
  checkListed(
    first.named,
    listed.map(({ named }) => named)
  )
  return envelope
}

/** An envelope with what a wallet elsewhere signed. @throws INVALID_ENVELOPE when that is no signature */
export function withSignature<Any extends Envelope>(envelope: Any, signature: string): Any {
  const [rule, holds] = signatureRule
  if (!holds(signature)) throw invalid('$.signature', `must be ${rule}`)
  return { ...envelope, signature: signature as Signature }
}

function parse(input: Uint8Array | string): unknown {
  try {
    return parseJson(input, MAX_ENVELOPE)
  } catch (cause) {
    if (!isArchiveError(cause, 'INVALID_DOCUMENT')) throw cause
    throw invalid(cause.details.path, cause.details.rule, undefined, cause)
  }
}

const SECONDS = /^(?:0|[1-9][0-9]{0,77})$/
const END_OF_TIME = 1n << 256n
const signatureRule = signatureOf(65_536)

const RULES = {
  format: [`"${ENVELOPE_FORMAT}"`, (value) => value === ENVELOPE_FORMAT],
  chain,
  registry: address,
  message: ['an object', isObject],
  signature: signatureRule,
  documents: ['a list of texts', (value) => Array.isArray(value) && value.every((one) => typeof one === 'string')]
} as const satisfies Readonly<Record<string, Rule>>

const MESSAGE_RULES = {
  publisher: address,
  editor: address,
  ref: word,
  digest: word,
  parent: word,
  tree: word,
  deadline: [
    'seconds since 1970 as decimal text, below 2^256',
    (value) => typeof value === 'string' && SECONDS.test(value) && BigInt(value) < END_OF_TIME
  ]
} as const satisfies Readonly<Record<keyof PublishMessage, Rule>>

interface Shape extends Omit<Envelope, 'message' | 'documents'> {
  readonly format: string
  readonly message: Omit<PublishMessage, 'deadline'> & { readonly deadline: string }
  readonly documents: readonly string[]
}

function shapeOf(value: unknown): Shape {
  checkMembers('$', value, RULES, ['signature'], invalid)
  checkMembers('$.message', (value as Shape).message, MESSAGE_RULES, [], invalid)
  return value as Shape
}

async function open(text: string, index: number): Promise<{ readonly block: Block; readonly named: Named }> {
  const path = `$.documents[${index}]`
  const bytes = encoder.encode(text)
  try {
    const document = readDocument(bytes)
    const cid = await cidOf(bytes)
    return { block: { cid, bytes }, named: { cid, document } }
  } catch (cause) {
    if (!isArchiveError(cause)) throw cause
    throw invalid(path, `must be a document in its canonical bytes: ${cause.message}`, undefined, cause)
  }
}

/** Holds a message to the document that it is to publish. */
function checkMessage({ chain, message, named: { cid, document } }: OpenedEnvelope): void {
  const { publisher, ref, digest, parent, tree } = message
  const wanted = toBytes32(cid)
  if (digest !== wanted) throw invalid('$.message.digest', `must be that of the first document, ${wanted}`)
  const author = toPublisher(chain, publisher)
  if (document.publisher !== author) {
    throw invalid('$.message.publisher', `must be the document's, ${document.publisher}, and is ${author}`)
  }
  const name = refNaming(document)
  if (ref !== name && ref !== NONE) throw invalid('$.message.ref', `must be that of ${document.slug}, ${name}`)
  const before = parentsOf(ref, document.previous)
  if (!before.includes(parent)) throw invalid('$.message.parent', `must be ${before.join(' or ')}`)
  const root = treeOf(document)
  if (tree !== root) throw invalid('$.message.tree', `must be ${root}, as the document says`)
}

/** What a ref may name until then: the version before, or nothing where an edition alone named that. */
const parentsOf = (ref: Bytes32, previous: string | undefined): readonly Bytes32[] =>
  ref === NONE || previous === undefined ? [NONE] : [toBytes32(parseCid(previous)), NONE]

/** Holds the further documents to the list of the edition; a document of another type comes alone. */
function checkListed({ document }: Named, listed: readonly Named[]): void {
  const entries = document.type === 'edition' ? document.entries : []
  if (listed.length !== entries.length) {
    throw invalid('$.documents', `must be ${entries.length + 1}: the first and the ${entries.length} that it lists`)
  }
  for (const [i, entry] of entries.entries()) {
    const { cid, document: member } = listed[i]!
    const { publisher, slug, version } = member
    const isListed = String(cid) === entry.cid && slug === entry.slug && version === entry.version
    if (isListed && publisher === document.publisher) continue
    throw invalid(
      `$.documents[${i + 1}]`,
      `must be ${entry.slug}@${entry.version}, ${entry.cid}, as the edition lists it`
    )
  }
}

function invalid(path: string, rule: string, hint?: string, cause?: unknown): ArchiveError<'INVALID_ENVELOPE'> {
  return new ArchiveError('INVALID_ENVELOPE', `${path} ${rule}`, { path, rule }, { cause, hint })
}
