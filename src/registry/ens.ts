import { AbiCoder, dnsEncode, ensNormalize, Interface, namehash } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, chainIdOf, type Publisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { isQuantity, toQuantity } from './quantity.ts'
import type { Request } from './request.ts'

/** What a name of the Ethereum Name Service meant, where that was read, and whose word it is. */
export interface EnsNaming {
  /** As ENSIP-15 spells it, which may be another spelling than the one that was typed. */
  readonly name: string
  readonly publisher: Publisher
  /** The contract that the name's owner chose to answer for it. */
  readonly resolver: Address
  /** Which address of the name it is, by ENSIP-9 and ENSIP-11: 60 on chain 1. */
  readonly coinType: bigint
  /** The block of {@link ENS_CHAIN} that was read. */
  readonly block: { readonly number: bigint; readonly hash: Bytes32 }
  /** Whom the answer trusts: `rpc:<host>`. */
  readonly trust: string
}

/** The chain whose names are meant: test networks have registries of their own, where anybody takes any name. */
export const ENS_CHAIN: Chain = 'eip155:1'
const ENS: Address = '0x00000000000c2e074ec69a0dfb2997ba6c7d2e1e'

const LONGEST_NAME = 255
/** An answer of this many characters of hex is no address. */
const LONGEST_ANSWER = 2048
const RESOLVE_INTERFACE = '0x9061b923'
/** `OffchainLookup(address,string[],bytes,bytes4,bytes)` of ERC-3668. */
const OFFCHAIN_LOOKUP = '0x556f1830'
const ETHER = 60n
/** ENSIP-11: the coin type of an EVM chain is its id with this bit set. */
const EVM_BIT = 0x80000000n

const CALLS = new Interface([
  'function resolver(bytes32 node)',
  'function supportsInterface(bytes4 id)',
  'function resolve(bytes name, bytes data)',
  'function addr(bytes32 node)',
  'function addr(bytes32 node, uint256 coinType)'
])
const coder = AbiCoder.defaultAbiCoder()

/**
 * Whom a name of the Ethereum Name Service means on a chain, read at one final block of chain 1. An address that its
 * owner set for another chain is not taken: an account there may be somebody else's here. Wildcards (ENSIP-10) are
 * followed on the chain; what a gateway would answer off the chain (ERC-3668) is not.
 * @param request a node of chain 1
 * @throws INVALID_NAME when it is no name by ENSIP-15, or the chain can have no address of one
 * @throws NOT_FOUND when it means nobody
 * @throws REGISTRY_UNAVAILABLE when the node does not answer, or is of another chain
 */
export async function resolveEns(
  request: Request,
  typed: string,
  chain: Chain,
  options: Abortable = {}
): Promise<EnsNaming> {
  const name = normalized(typed)
  const coinType = coinTypeOf(chain, name)
  const node = nodeOf(request, options)
  await node.checkChain()
  const block = await node.finalBlock()
  const found = await resolverOf(node, name, block.hash)
  if (found === undefined) throw missing(name, 'has no resolver')
  const { resolver, isExact } = found
  const asked = coinType === ETHER ? 'addr(bytes32)' : 'addr(bytes32,uint256)'
  const question = CALLS.encodeFunctionData(asked, coinType === ETHER ? [namehash(name)] : [namehash(name), coinType])
  const isExtended = await node.supports(resolver, block.hash)
  if (!isExact && !isExtended) throw missing(name, 'has no resolver')
  const answer = isExtended
    ? inner(
        await node.call(resolver, CALLS.encodeFunctionData('resolve', [dnsEncode(name, 255), question]), block.hash)
      )
    : await node.call(resolver, question, block.hash)
  if (answer === 'off chain') {
    throw missing(name, 'is answered off the chain by a gateway (ERC-3668), which is not followed')
  }
  const address = answer === undefined ? undefined : addressIn(answer, coinType)
  if (address === undefined) throw missing(name, `has no address for ${chain} (coin type ${coinType})`)
  return { name, publisher: toPublisher(chain, address), resolver, coinType, block, trust: node.trust }
}

function normalized(typed: string): string {
  try {
    if (typed.length > LONGEST_NAME) throw new Error(`longer than ${LONGEST_NAME} characters`)
    const name = ensNormalize(typed)
    if (!name.includes('.') || namehash(name) === '') throw new Error('a name has at least two labels')
    return name
  } catch (cause) {
    const why = cause instanceof Error ? ((cause as { shortMessage?: string }).shortMessage ?? cause.message) : ''
    const rule = `is no name by ENSIP-15: ${why.slice(0, LONGEST_NAME)}`
    throw new ArchiveError('INVALID_NAME', `${typed.slice(0, LONGEST_NAME)} ${rule}`, { name: typed, rule }, { cause })
  }
}

function coinTypeOf(chain: Chain, name: string): bigint {
  if (chain === ENS_CHAIN) return ETHER
  const id = chainIdOf(chain)
  if (id > 0n && id < EVM_BIT) return EVM_BIT | id
  const rule = `names have no address for ${chain}: ENSIP-11 ends below chain ${EVM_BIT}`
  throw new ArchiveError('INVALID_NAME', `${name}: ${rule}`, { name, rule })
}

/** What a contract answered: hex, nothing where it reverted, or that the answer is elsewhere. */
type Answer = string | undefined | 'off chain'

interface EnsNode {
  readonly trust: string
  readonly checkChain: () => Promise<void>
  readonly finalBlock: () => Promise<EnsNaming['block']>
  readonly call: (to: Address, data: string, block: Bytes32) => Promise<Answer>
  readonly supports: (resolver: Address, block: Bytes32) => Promise<boolean>
}

function nodeOf(request: Request, options: Abortable): EnsNode {
  const trust = request.trust ?? 'rpc'
  const unavailable = (reason: UnavailableReason, message: string, cause?: unknown): ArchiveError =>
    new ArchiveError('REGISTRY_UNAVAILABLE', `${trust}: ${message}`, { registry: ENS, reason }, { cause })
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    options.signal?.throwIfAborted()
    return await request({ method, params }, options)
  }
  const insist = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    await ask(method, ...params).catch((cause: unknown) => {
      options.signal?.throwIfAborted()
      throw unavailable('no answer', `no answer to ${method}${wordsOf(cause)}`, cause)
    })
  const call = async (to: Address, data: string, blockHash: Bytes32): Promise<Answer> => {
    const at = { blockHash, requireCanonical: true }
    try {
      const answer = await ask('eth_call', { to, data }, at)
      if (typeof answer === 'string' && answer.length <= LONGEST_ANSWER && /^0x[0-9a-f]*$/i.test(answer)) return answer
    } catch (cause) {
      options.signal?.throwIfAborted()
      const reverted = revertOf(cause)
      if (reverted === undefined) throw unavailable('no answer', `no answer to eth_call${wordsOf(cause)}`, cause)
      return reverted.startsWith(OFFCHAIN_LOOKUP) ? 'off chain' : undefined
    }
    throw unavailable('malformed answer', 'what it answered is no answer of the name service')
  }
  return {
    trust,
    call,
    async checkChain() {
      const id = await insist('eth_chainId')
      if (id === toQuantity(chainIdOf(ENS_CHAIN))) return
      const serves = isQuantity(id) ? `serves eip155:${BigInt(id)}` : 'does not say which chain it serves'
      throw unavailable('wrong chain', `${serves}, and names are of ${ENS_CHAIN}`)
    },
    async finalBlock() {
      const { number, hash } = Object(await insist('eth_getBlockByNumber', 'finalized', false))
      if (isQuantity(number) && typeof hash === 'string' && /^0x[0-9a-f]{64}$/i.test(hash)) {
        return { number: BigInt(number), hash: hash.toLowerCase() as Bytes32 }
      }
      throw unavailable('malformed answer', 'the final block has no number and hash')
    },
    async supports(resolver, block) {
      const answer = await call(resolver, CALLS.encodeFunctionData('supportsInterface', [RESOLVE_INTERFACE]), block)
      return answer !== undefined && /^0x0{63}1$/.test(answer)
    }
  }
}

/** The resolver of a name, or of the nearest name above it that has one (ENSIP-10). */
async function resolverOf(
  node: EnsNode,
  name: string,
  block: Bytes32
): Promise<{ readonly resolver: Address; readonly isExact: boolean } | undefined> {
  const labels = name.split('.')
  for (const i of labels.keys()) {
    const data = CALLS.encodeFunctionData('resolver', [namehash(labels.slice(i).join('.'))])
    const resolver = wordAddress((await node.call(ENS, data, block)) ?? '')
    if (resolver !== undefined) return { resolver, isExact: i === 0 }
  }
  return undefined
}

/** What is inside of the bytes that `resolve` answers with. */
function inner(answer: Answer): Answer {
  return answer === 'off chain' || answer === undefined ? answer : bytesIn(answer)
}

const addressIn = (answer: string, coinType: bigint): Address | undefined =>
  coinType === ETHER ? wordAddress(answer) : wordAddress(padded(bytesIn(answer) ?? ''))

/** ENSIP-9 has an address of an EVM chain as its 20 bytes. */
const padded = (bytes: string): string =>
  /^0x[0-9a-f]{40}$/i.test(bytes) ? `0x${bytes.slice(2).padStart(64, '0')}` : ''

function bytesIn(answer: string): string | undefined {
  try {
    return String(coder.decode(['bytes'], answer)[0])
  } catch {
    return undefined
  }
}

/** The address in a word; none where there is none, or it is the zero address. */
function wordAddress(word: string): Address | undefined {
  const [, address] = /^0x0{24}([0-9a-f]{40})$/.exec(word.toLowerCase()) ?? []
  return address === undefined || /^0+$/.test(address) ? undefined : `0x${address}`
}

/** What a call reverted with; `undefined` where it is the node that failed. */
function revertOf(cause: unknown): string | undefined {
  const { code, message, data } = Object(cause)
  const given = typeof data === 'string' ? data : Object(data).data
  if (typeof given === 'string' && given.startsWith('0x')) return given
  return code === 3 || /revert/i.test(String(message)) ? '0x' : undefined
}

const wordsOf = (cause: unknown): string => (cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '')

function missing(name: string, why: string): ArchiveError<'NOT_FOUND'> {
  const hint = 'name the publisher by its account: eip155:1:0xab16…'
  return new ArchiveError('NOT_FOUND', `${name} ${why}`, { name }, { hint })
}
