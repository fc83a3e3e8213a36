import type { Bytes32 } from '../block/cid.ts'
import type { Chain } from '../document/publisher.ts'
import type { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { ADDRESS } from './bytecode.ts'
import { headerFromJson } from './json-header.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import { nodeOf } from './node.ts'
import { isQuantity, toQuantity } from './quantity.ts'
import type { BlockTag } from './registry.ts'
import type { Request } from './request.ts'
import type { StateReader } from './state.ts'

export interface RpcStateOptions {
  readonly chain: Chain
  readonly request: Request
  /** @default what `request` says of itself, else `rpc` */
  readonly trust?: string | undefined
}

/** What a node told of a block. */
interface Told {
  readonly hash: Bytes32
  readonly number: bigint
  readonly json: object
}

const WORD = /^0x[0-9a-f]{64}$/i
const BYTES = /^0x(?:[0-9a-f]{2})+$/i
/** A header or a node is far shorter; what is longer is not even looked at. */
const [LONGEST_HEADER, LONGEST_NODE] = [131_072, 4_096]
/** The way to a key takes a node for each of its digits at most, and one for what it leads to. */
const LONGEST_WAY = 65

/**
 * Headers and proofs of a node that has `eth_getProof`. The header is put together from the fields that the node tells, or
 * is asked for as it is (`debug_getRawHeader`) where fields are among them that nobody knows here.
 */
export function rpcState({ chain, request, trust = request.trust ?? 'rpc' }: RpcStateOptions): StateReader {
  const node = nodeOf({ chain, registry: ADDRESS, request, trust })
  const { unavailable, ask } = node

  const told = async (at: BlockTag | bigint | Bytes32, options: Abortable): Promise<Told> => {
    const [method, named] = isHash(at)
      ? ['eth_getBlockByHash', at]
      : ['eth_getBlockByNumber', typeof at === 'bigint' ? toQuantity(at) : at]
    const json = await ask(method, [named, false], options)
    if (json === null) throw unavailable('unknown block', `there is no block ${at}`)
    const { hash, number } = Object(json) as Readonly<Record<string, unknown>>
    if (typeof json !== 'object' || !isWord(hash) || !isQuantity(number)) {
      throw unavailable('malformed answer', `block ${at} has no number and hash`)
    }
    return { hash: hash.toLowerCase() as Bytes32, number: BigInt(number), json }
  }

  const rawHeader = async (hash: Bytes32, options: Abortable): Promise<Uint8Array> => {
    const answer = await ask('debug_getRawHeader', [hash], options).catch((error: unknown) => error)
    options.signal?.throwIfAborted()
    const bytes = bytesOf(answer, LONGEST_HEADER)
    if (bytes !== undefined && hashOf(bytes) === hash) return bytes
    const message = `what it tells of block ${hash} does not hash to that, nor does debug_getRawHeader help`
    throw unavailable('bad proof', message, answer instanceof Error ? answer : undefined, 'ask another node')
  }

  /** Some nodes prove at a height only. What they prove is held against the state root of the block all the same. */
  let byHeight = false

  const prove = async (params: readonly unknown[], block: Bytes32, options: Abortable): Promise<unknown> => {
    if (!byHeight) {
      const named = { blockHash: block, requireCanonical: true }
      const answer = await ask('eth_getProof', [...params, named], options).catch((error: ArchiveError) => error)
      if (!(answer instanceof Error)) return answer
      options.signal?.throwIfAborted()
      const height = await canonicalHeight(block, answer, options)
      const again = await ask('eth_getProof', [...params, toQuantity(height)], options).catch(() => undefined)
      options.signal?.throwIfAborted()
      if (again === undefined) throw answer
      byHeight = true
      return again
    }
    return await ask('eth_getProof', [...params, toQuantity(await canonicalHeight(block, undefined, options))], options)
  }

  /** The height of a block that is on the chain. @throws REGISTRY_UNAVAILABLE for one that is gone */
  const canonicalHeight = async (hash: Bytes32, cause: unknown, options: Abortable): Promise<bigint> => {
    const { number } = await told(hash, options)
    const canonical = await told(number, options)
    if (canonical.hash === hash) return number
    throw unavailable('unknown block', `block ${hash} is no longer canonical`, cause)
  }

  return {
    trust,
    async header(at, options = {}) {
      const { hash, json } = await told(at, options)
      // After each tag and height, as a wallet may turn to another chain; a hash is of the chain that its block is of.
      if (isHash(at)) await node.checkChainOnce(options)
      else await node.checkChain(options)
      const bytes = headerFromJson(json)
      return bytes !== undefined && hashOf(bytes) === hash ? bytes : await rawHeader(hash, options)
    },
    async nodes(account, slots, block, options = {}) {
      await node.checkChainOnce(options)
      const nodes = nodesIn(await prove([account, slots], block, options), slots.length)
      if (nodes === undefined) throw unavailable('malformed answer', 'eth_getProof answered with something else')
      return nodes
    }
  }
}

/**
 * The nodes of an account's proof and of those of its slots, each once. Nothing else that the answer claims is looked at.
 */
function nodesIn(answer: unknown, slots: number): readonly Uint8Array[] | undefined {
  const { accountProof, storageProof } = Object(answer) as Readonly<Record<string, unknown>>
  if (!Array.isArray(storageProof) || storageProof.length > slots) return undefined
  const proofs: readonly unknown[] = [accountProof, ...storageProof.map((one: unknown) => Object(one).proof)]
  if (!proofs.every(isWay)) return undefined
  const nodes = [...new Set(proofs.flat())].map((node) => bytesOf(node, LONGEST_NODE))
  return nodes.every((node) => node !== undefined) ? nodes : undefined
}

const isWay = (proof: unknown): proof is readonly unknown[] => Array.isArray(proof) && proof.length <= LONGEST_WAY

function bytesOf(value: unknown, longest: number): Uint8Array | undefined {
  return typeof value === 'string' && value.length <= longest && BYTES.test(value) ? fromHex(value) : undefined
}

const isHash = (at: BlockTag | bigint | Bytes32): at is Bytes32 => typeof at === 'string' && at.startsWith('0x')
const isWord = (value: unknown): value is Bytes32 => typeof value === 'string' && WORD.test(value)
const hashOf = (bytes: Uint8Array): Bytes32 => toBytes32(keccak256(bytes))
