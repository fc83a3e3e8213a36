import { join } from '../block/bytes.ts'
import type { Bytes32 } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import type { Address, Chain } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { provenAccount, provenWord } from './account-proof.ts'
import { CODE_DIGEST } from './bytecode.ts'
import { isNoCode } from './code.ts'
import { finalityAt } from './finality.ts'
import type { BlockChooser } from './given-block.ts'
import type { Header } from './header.ts'
import { fromHex, toBytes32 } from './keccak.ts'
import { proven, provenHeader, unprovable } from './proven-header.ts'
import {
  type BlockTag,
  type ChainBlock,
  FINALITY,
  type Registry,
  type RegistryRecord,
  type Survey
} from './registry.ts'
import { editorSlot, headSlot, recordSlot } from './slots.ts'
import type { StateReader } from './state.ts'
import { plainHasher } from './tree-hasher.ts'
import { nodesByHash } from './trie.ts'

export interface StateRegistryOptions {
  readonly chain: Chain
  readonly address: Address
  readonly state: StateReader
  /** @default what `state` says, which is then trusted for it */
  readonly blocks?: BlockChooser | undefined
}

/** How many slots are asked for at once; nodes refuse more than about a thousand. */
const CHUNK = 128
const AT_ONCE = 4
/** Headers of this many blocks are kept: a verdict reads two. */
const KEPT_HEADERS = 16

/**
 * Reads the registry from the state of the chain: every answer is proven from the state root in a block's header, and the
 * header by the block's hash. Whoever delivers the proofs can withhold, and not lie; a proof that does not lead is
 * REGISTRY_UNAVAILABLE with the reason `bad proof`, and never "not registered".
 *
 * What is proven is worth what the word for the block's hash is worth. With `blocks` that word is theirs, so the mode is
 * `state proof`; without, it is that of whoever delivers the proofs, and no better than the answer of a node: mode `rpc`.
 */
export function stateRegistry({ chain, address, state, blocks }: StateRegistryOptions): Registry {
  const place = { state, address }
  const unavailable = (reason: UnavailableReason, message: string): ArchiveError => unprovable(place, reason, message)

  const headers = new Map<Bytes32, Header>()
  const keep = (header: Header): Header => {
    headers.set(header.hash, header)
    for (const hash of headers.keys()) if (headers.size > KEPT_HEADERS) headers.delete(hash)
    return header
  }
  const headerOf = async (hash: Bytes32, options: Abortable): Promise<Header> =>
    headers.get(hash) ?? keep(await provenHeader(place, hash, options))

  const chosen = async (by: BlockChooser, at: BlockTag | bigint, options: Abortable): Promise<ChainBlock> => {
    const told = await by.block(at, options)
    const { hash, number, timestamp } = await headerOf(lower(told.hash), options)
    if (number === told.number && timestamp === told.timestamp)
      return { hash, number, timestamp, finality: told.finality }
    throw unavailable('bad proof', `${by.trust} says that ${hash} is block ${told.number}, and it is block ${number}`)
  }

  /** The words in some slots of the registry. */
  const wordsAt = async (slots: readonly Bytes32[], at: ChainBlock, options: Abortable): Promise<readonly bigint[]> => {
    options.signal?.throwIfAborted()
    const hash = lower(at.hash)
    const wanted = [...new Set(slots)]
    const words = new Map<Bytes32, bigint>()
    await inParallel(chunksOf(wanted), AT_ONCE, async (chunk) => {
      const [{ stateRoot }, nodes] = await Promise.all([
        headerOf(hash, options),
        state.nodes(address, chunk, hash, options)
      ])
      proven(place, () => {
        const lookup = nodesByHash(nodes)
        const account = provenAccount(stateRoot, address, lookup)
        if (account === undefined || isNoCode(account.codeHash)) {
          throw unavailable('no code', `there is no contract at ${address} on ${chain}`)
        }
        if (account.codeHash !== CODE_DIGEST) {
          const message = `${address} on ${chain} has other code than the registry's: its digest is ${account.codeHash}`
          throw unavailable('other code', message)
        }
        for (const slot of chunk) words.set(slot, provenWord(account.storageRoot, slot, lookup))
      })
    })
    return slots.map((slot) => words.get(slot)!)
  }

  const toRecord = (word: bigint): RegistryRecord => {
    if (word >> RECORD_BITS !== 0n) {
      throw unavailable('malformed answer', 'a record has bits where there are none: not this registry')
    }
    return {
      publishedAt: Number(word & TIME),
      retractedAt: Number((word >> TIME_BITS) & TIME),
      editor: `0x${(word >> (2n * TIME_BITS)).toString(16).padStart(40, '0')}`
    }
  }

  /** Records as `verify` folds them: what an editor published after its end counts as retracted. */
  const minded = async (
    publisher: Address,
    records: readonly RegistryRecord[],
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly RegistryRecord[]> => {
    const isDelegated = ({ publishedAt, retractedAt, editor }: RegistryRecord): boolean =>
      publishedAt !== 0 && retractedAt === 0 && editor !== lower(publisher)
    const delegated = records.filter(isDelegated)
    if (delegated.length === 0) return records
    const ends = await wordsAt(
      delegated.map(({ editor }) => editorSlot(publisher, editor)),
      at,
      options
    )
    const until = new Map(delegated.map(({ editor }, i) => [editor, ends[i]!]))
    return records.map((record) =>
      isDelegated(record) && BigInt(record.publishedAt) > until.get(record.editor)!
        ? { ...record, retractedAt: record.publishedAt }
        : record
    )
  }

  const head = async (publisher: Address, ref: Bytes32, at: ChainBlock, options: Abortable) => {
    const [digest = 0n] = await wordsAt([headSlot(publisher, ref)], at, options)
    return toDigest(digest)
  }

  return {
    chain,
    address,
    ...standingOf(state, blocks),
    async block(at, options = {}) {
      options.signal?.throwIfAborted()
      if (blocks !== undefined) return await chosen(blocks, at, options)
      const header = keep(await provenHeader(place, at, options))
      const { hash, number, timestamp } = header
      const newestUnder = async (tag: BlockTag) => await provenHeader(place, tag, options)
      const finality = typeof at === 'bigint' ? await finalityAt(header.number, newestUnder, options) : FINALITY[at]
      return { hash, number, timestamp, finality }
    },
    async record(publisher, digest, proof, at, options = {}) {
      const leaf = leafOf(digest)
      const slots = [foldProof(leaf, proof), leaf].map((key) => recordSlot(publisher, key))
      const [root, below] = (await wordsAt(slots, at, options)).map(toRecord)
      const { publishedAt, retractedAt, editor } = root!
      const folded = { publishedAt, retractedAt: retractedAt === 0 ? below!.retractedAt : retractedAt, editor }
      const [record] = await minded(publisher, [folded], at, options)
      return record!
    },
    async keyed(publisher, key, at, options = {}) {
      const [word = 0n] = await wordsAt([recordSlot(publisher, key)], at, options)
      return toRecord(word)
    },
    async head(publisher, ref, at, options = {}) {
      return await head(publisher, ref, at, options)
    },
    async notice(publisher, digest, at, options = {}) {
      return await head(publisher, leafOf(digest), at, options)
    },
    async survey(publisher, questions, at, options = {}) {
      const leaves = questions.map(({ digest }) => leafOf(digest))
      const slots = questions.flatMap(({ ref }, i) => [
        recordSlot(publisher, leaves[i]!),
        headSlot(publisher, ref),
        headSlot(publisher, leaves[i]!)
      ])
      const words = await wordsAt(slots, at, options)
      const stored = questions.map((_, i) => toRecord(words[3 * i]!))
      const records = await minded(publisher, stored, at, options)
      return records.map(
        (record, i): Survey => ({ record, head: toDigest(words[3 * i + 1]!), notice: toDigest(words[3 * i + 2]!) })
      )
    },
    async editorUntil(publisher, editor, at, options = {}) {
      const [until = 0n] = await wordsAt([editorSlot(publisher, editor)], at, options)
      return until
    }
  }
}

/** Whom the answers trust: whoever says which block is judged, as nobody else can lie. */
function standingOf(
  state: StateReader,
  blocks: BlockChooser | undefined
): Pick<Registry, 'trust' | 'mode' | 'readers' | 'given'> {
  const { trust = state.trust, mode = 'rpc', readers, given } = blocks ?? {}
  // The word of one node for the block of its own proofs is no better where it is asked for twice.
  if (trust === state.trust && mode === 'rpc') return { trust: `state proof, block hash from ${trust}`, mode }
  return { trust: `state proof, ${trust}`, mode: mode === 'light client' ? mode : 'state proof', readers, given }
}

/** A record's word, from its low end: `publishedAt`, `retractedAt`, `editor` (docs/SPEC.md 4.2). */
const TIME_BITS = 40n
const TIME = (1n << TIME_BITS) - 1n
const RECORD_BITS = 2n * TIME_BITS + 160n

const leafOf = (digest: Bytes32): Bytes32 => toBytes32(plainHasher.leavesOf(wordOf(digest)))

const foldProof = (leaf: Bytes32, proof: readonly Bytes32[]): Bytes32 =>
  toBytes32(proof.reduce((node, sibling) => plainHasher.nodesOf(join([node, wordOf(sibling)])), wordOf(leaf)))

const WORD = /^0x[0-9a-f]{64}$/i

function wordOf(word: Bytes32): Uint8Array {
  if (WORD.test(word)) return fromHex(word)
  const rule = 'a digest and a node are each 0x and 64 hex digits'
  throw new ArchiveError('INVALID_NAME', `${word}: ${rule}`, { name: word, rule })
}

const toDigest = (word: bigint): Bytes32 | undefined =>
  word === 0n ? undefined : `0x${word.toString(16).padStart(64, '0')}`

const chunksOf = (slots: readonly Bytes32[]): readonly (readonly Bytes32[])[] =>
  Array.from({ length: Math.ceil(slots.length / CHUNK) }, (_, i) => slots.slice(i * CHUNK, (i + 1) * CHUNK))

const lower = <Hex extends `0x${string}`>(hex: Hex): Hex => hex.toLowerCase() as Hex
