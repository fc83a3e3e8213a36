import { type Block, MAX_BLOCK_SIZE } from '../block/block.ts'
import { equals, join } from '../block/bytes.ts'
import { type Bytes32, fromDigest, isNamedBy, type TrendCid } from '../block/cid.ts'
import { decodeVarint, encodeVarint, LONGEST_VARINT } from '../block/varint.ts'
import { ArchiveError } from '../errors.ts'
import { keccak256, toBytes32 } from '../registry/keccak.ts'
import { looksLikeBundle, MAX_BUNDLE_SIZE } from './bundle-mark.ts'

/**
 * A proof that can be carried away: a document, a block's header, and what leads from that header's state root to all that
 * the chain says of the document there. A CARv1 whose form leaves no choice, so that one proof is one file
 * (docs/SPEC.md, section 9). It states nothing of its own: which slots matter is for the verifier to derive.
 */
export interface Bundle {
  /** The document that it is about. */
  readonly document: Block
  /** The block's header, as RLP, and its keccak-256: the block's hash. */
  readonly header: Uint8Array
  readonly block: Bytes32
  /** Every other document that was read, by digest. */
  readonly documents: Shelf
  /** Nodes of the state trie and of the registry's storage trie, by keccak-256. */
  readonly state: Shelf
  readonly storage: Shelf
}

export type Shelf = ReadonlyMap<Bytes32, Uint8Array<ArrayBuffer>>

/** How many blocks a file may have; none of them is larger than a document. */
export const MAX_BUNDLE_BLOCKS = 8192

/**
 * What stands before each digest: CIDv1, a codec and a hash function of the multicodec table, and 32. In the order of
 * their bytes documents come first, then the state trie, then the storage trie.
 */
const HEADS = {
  document: Uint8Array.of(0x01, 0x80, 0x04, 0x12, 0x20), // json, sha2-256
  header: Uint8Array.of(0x01, 0x90, 0x01, 0x1b, 0x20), // eth-block, keccak-256
  state: Uint8Array.of(0x01, 0x96, 0x01, 0x1b, 0x20), // eth-state-trie, keccak-256
  storage: Uint8Array.of(0x01, 0x98, 0x01, 0x1b, 0x20) // eth-storage-trie, keccak-256
} as const

type Kind = keyof typeof HEADS

const KINDS = Object.keys(HEADS) as readonly Kind[]
const HEAD_SIZE = 5
const DIGEST_SIZE = 32
const CID_SIZE: number = HEAD_SIZE + DIGEST_SIZE

/** DAG-CBOR of `{ roots: [document, header], version: 1 }`: all of it but the two digests is always the same. */
const BEFORE_DOCUMENT = concat([0x65, 0xa2, 0x65], ascii('roots'), [0x82, 0xd8, 0x2a, 0x58, 0x26, 0x00], HEADS.document)
const BEFORE_HEADER = concat([0xd8, 0x2a, 0x58, 0x26, 0x00], HEADS.header)
const AFTER_ROOTS = concat([0x67], ascii('version'), [0x01])

/** What a bundle is made of, in any order. */
export interface BundleParts {
  readonly document: Block
  readonly header: Uint8Array
  readonly documents: Iterable<Block>
  readonly state: Iterable<Uint8Array>
  readonly storage: Iterable<Uint8Array>
}

/** Writes a bundle: the same parts make the same bytes. @throws INVALID_BUNDLE when it would be larger than one may be */
export function writeBundle({ document, header, documents, state, storage }: BundleParts): Uint8Array<ArrayBuffer> {
  const first = toSection('document', document.cid.multihash.digest, document.bytes)
  const second = toSection('header', keccak256(header), header)
  const others = [
    ...Array.from(documents, ({ cid, bytes }) => toSection('document', cid.multihash.digest, bytes)),
    ...Array.from(state, (node) => toSection('state', keccak256(node), node)),
    ...Array.from(storage, (node) => toSection('storage', keccak256(node), node))
  ].sort((a, b) => compare(a.cid, b.cid))
  const each = others.filter(({ cid }, i) => !equals(cid, first.cid) && !(i > 0 && equals(cid, others[i - 1]!.cid)))
  const sections = [first, second, ...each]
  if (sections.length > MAX_BUNDLE_BLOCKS) throw invalidBundle(TOO_MANY)
  const bytes = join([
    startOf(first.cid.subarray(HEAD_SIZE), second.cid.subarray(HEAD_SIZE)),
    ...sections.flatMap(({ cid, content }) => [encodeVarint(CID_SIZE + content.byteLength), cid, content])
  ])
  if (bytes.byteLength > MAX_BUNDLE_SIZE) throw invalidBundle(TOO_LARGE)
  return bytes
}

interface Section {
  readonly cid: Uint8Array
  readonly content: Uint8Array<ArrayBuffer>
}

const toSection = (kind: Kind, digest: Uint8Array, content: Uint8Array): Section => ({
  cid: join([HEADS[kind], digest]),
  content: content as Uint8Array<ArrayBuffer>
})

/** The header of the file: 102 bytes, its length among them. */
const startOf = (document: Uint8Array, header: Uint8Array): Uint8Array =>
  join([BEFORE_DOCUMENT, document, BEFORE_HEADER, header, AFTER_ROOTS])

/**
 * Reads a bundle and holds every block to its CID. Whether the trie leads anywhere, and whether the header is one of the
 * chain's, is not looked at here.
 * @throws INVALID_BUNDLE when it differs in any way from what {@link writeBundle} would write
 */
export async function readBundle(bytes: Uint8Array<ArrayBuffer>): Promise<Bundle> {
  if (bytes.byteLength > MAX_BUNDLE_SIZE) throw invalidBundle(TOO_LARGE)
  if (!looksLikeBundle(bytes)) throw invalidBundle('the file does not start as one')
  const documentAt = BEFORE_DOCUMENT.byteLength
  const headerAt = documentAt + DIGEST_SIZE + BEFORE_HEADER.byteLength
  const roots = [documentAt, headerAt].map((at) => bytes.subarray(at, at + DIGEST_SIZE))
  const start = startOf(roots[0]!, roots[1]!)
  if (!equals(bytes.subarray(0, start.byteLength), start)) {
    throw invalidBundle('its roots are not a document and the header of a block')
  }
  const found: Record<Kind, Map<Bytes32, Uint8Array<ArrayBuffer>>> = {
    document: new Map(),
    header: new Map(),
    state: new Map(),
    storage: new Map()
  }
  let last: Uint8Array = new Uint8Array()
  let count = 0
  for (const { cid, content } of sectionsOf(bytes, start.byteLength)) {
    const kind = kindOf(cid)
    const digest = cid.subarray(HEAD_SIZE)
    if (kind === undefined) throw invalidBundle('a block is neither a document, a header nor a node of a trie')
    if (count === MAX_BUNDLE_BLOCKS) throw invalidBundle(TOO_MANY)
    if (count < roots.length) {
      const isRoot = kind === (count === 0 ? 'document' : 'header') && equals(digest, roots[count]!)
      if (!isRoot) throw invalidBundle('the blocks do not start with the two roots', cid)
    } else {
      const isRoot = kind === 'header' || (kind === 'document' && equals(digest, roots[0]!))
      if (isRoot || compare(last, cid) >= 0)
        throw invalidBundle('the blocks are not in the order of their CIDs, each once', cid)
      last = cid
    }
    if (!(await isNamed(kind, digest, content))) throw invalidBundle('the bytes of a block have another digest', cid)
    found[kind].set(toBytes32(digest), content)
    count++
  }
  if (count < roots.length) throw invalidBundle('the document or the header of the block is missing')
  const [document, block] = [fromDigest(roots[0]!), toBytes32(roots[1]!)]
  const content = found.document.get(toBytes32(roots[0]!))!
  found.document.delete(toBytes32(roots[0]!))
  return {
    document: { cid: document, bytes: content },
    header: found.header.get(block)!,
    block,
    documents: found.document,
    state: found.state,
    storage: found.storage
  }
}

const TOO_LARGE = `it has more than ${MAX_BUNDLE_SIZE} bytes`
const TOO_MANY = `it has more than ${MAX_BUNDLE_BLOCKS} blocks`

function* sectionsOf(bytes: Uint8Array<ArrayBuffer>, from: number): Generator<Section, void, undefined> {
  for (let at = from; at < bytes.byteLength; ) {
    const length = decodeVarint(bytes.subarray(at, at + LONGEST_VARINT))
    if ('rule' in length) throw invalidBundle(length.rule)
    const { value, size } = length
    if (value < CID_SIZE) throw invalidBundle('a section is shorter than a CID')
    if (value > CID_SIZE + MAX_BLOCK_SIZE) throw invalidBundle(`a block has more than ${MAX_BLOCK_SIZE} bytes`)
    const end = at + size + value
    if (end > bytes.byteLength) throw invalidBundle('the file ends in a section')
    const content = at + size + CID_SIZE
    yield { cid: bytes.subarray(at + size, content), content: bytes.subarray(content, end) }
    at = end
  }
}

const kindOf = (cid: Uint8Array): Kind | undefined =>
  KINDS.find((kind) => equals(cid.subarray(0, HEAD_SIZE), HEADS[kind]))

const isNamed = async (kind: Kind, digest: Uint8Array, content: Uint8Array): Promise<boolean> =>
  kind === 'document' ? await isNamedBy(fromDigest(digest), content) : equals(keccak256(content), digest)

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.byteLength, b.byteLength); i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.byteLength - b.byteLength
}

/** What is wrong with a bundle. */
export function invalidBundle(rule: string, cid?: Uint8Array | TrendCid): ArchiveError<'INVALID_BUNDLE'> {
  const hint = 'get the file again from where it came from, or make a new one with: trend-archive prove'
  const name = cid instanceof Uint8Array ? toBytes32(cid.subarray(HEAD_SIZE)) : cid?.toString()
  return new ArchiveError(
    'INVALID_BUNDLE',
    `not a proof bundle: ${rule}`,
    { rule, ...(name !== undefined && { cid: name }) },
    { hint }
  )
}

function ascii(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0))
}

function concat(...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  return join(parts.map((part) => Uint8Array.from(part)))
}
